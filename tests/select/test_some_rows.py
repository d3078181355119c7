import numpy as np
import pytest

from edgewise.select.some_rows import SomeRows, some_rows


@pytest.mark.parametrize("rows", [np.array([4, 0, 4]), np.arange(6) % 2 == 0, np.zeros(0, int)])
def test_reads_as_the_rows_themselves(rows: np.ndarray) -> None:
    array = np.arange(24, dtype=np.float16).reshape(6, 4)
    some, true = some_rows(array, rows), array[rows]
    assert some.shape == true.shape
    assert some.dtype == true.dtype
    assert len(some) == len(true)
    assert (np.asarray(some) == true).all()
    assert np.asarray(some, np.float32).dtype == np.float32
    for key in (slice(0, 2), slice(None), np.arange(len(true))[::-1]):
        assert (some[key] == true[key]).all()
        assert (some[key, 1:3] == true[key, 1:3]).all()


def test_rows_of_rows_copy_nothing() -> None:
    class Counting(np.ndarray):
        reads = 0

        def __getitem__(self, key):
            Counting.reads += 1
            return super().__getitem__(key)

    array = np.arange(20.0).reshape(10, 2).view(Counting)
    some = some_rows(some_rows(array, np.arange(10) > 3), np.array([1, 2]))
    assert isinstance(some, SomeRows)
    assert Counting.reads == 0
    assert np.asarray(some).tolist() == [[10.0, 11.0], [12.0, 13.0]]
    assert some[1].tolist() == [12.0, 13.0]
