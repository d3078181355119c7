"""Some rows of an array that is read when it is looked at, and not before."""

from typing import Any, cast

import numpy as np


class SomeRows:
    """Rows of a large, maybe memory-mapped array, copied only where they are indexed.

    Folds take the same embeddings over and over, and most selectors look at none of them.
    """

    def __init__(self, array: np.ndarray, rows: np.ndarray) -> None:
        self._array = array
        self._rows = np.flatnonzero(rows) if rows.dtype == bool else np.asarray(rows, np.int64)

    @property
    def shape(self) -> tuple[int, ...]:
        return (len(self._rows), *self._array.shape[1:])

    @property
    def dtype(self) -> np.dtype[Any]:
        return self._array.dtype

    def __len__(self) -> int:
        return len(self._rows)

    def __getitem__(self, key: Any) -> Any:
        first, rest = (key[0], key[1:]) if isinstance(key, tuple) else (key, ())
        found = self._array[self._rows[first]]
        return found[(slice(None), *rest)] if rest else found

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> np.ndarray:
        return np.asarray(self._array[self._rows], dtype)

    def take(self, rows: np.ndarray) -> "SomeRows":
        """Rows of these rows; nothing is copied."""
        return SomeRows(self._array, self._rows[rows])


def some_rows(array: "np.ndarray | SomeRows", rows: np.ndarray) -> np.ndarray:
    """`rows`, indices [k] or a mask [n], of an array or of what was taken of one: it is indexed as an array is."""
    return cast("np.ndarray", array.take(rows) if isinstance(array, SomeRows) else SomeRows(array, rows))
