"""What the families of classifiers have in common once they are fitted."""

from typing import Literal, Protocol

import numpy as np

Family = Literal["knn", "tree", "svm", "nb"]


class Frozen(Protocol):
    """A fitted classifier of scaled features, evaluated by NumPy alone.

    All its fields are arrays, so they are its stored state. `codes` are the classes seen in training, rising; they need
    not be all that there are.
    """

    @property
    def codes(self) -> np.ndarray:
        """int64 [c]."""
        ...

    def read(self, scaled: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """What speaks for each code, float64 [n, c], and the code that is named, int64 [n]; for `scaled` [n, d].

        The code is what scikit-learn's `predict` gives. A row gets the same answer alone and among others.
        """
        ...
