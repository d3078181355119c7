"""Min-max scaling by the training set, as every premodel scales its features."""

from dataclasses import dataclass
from typing import Self

import numpy as np

from edgewise.errors import UsageError


@dataclass(frozen=True, eq=False)
class MinMax:
    """Maps the training range of each feature to [0, 1].

    Source: Taylor et al. 2018, 3.3.
    Reading: values outside the training range are scaled beyond [0, 1], not clipped; a feature that is constant in
    training scales to 0 everywhere, since it is equally far from every point and cannot rank them.
    """

    minimum: np.ndarray  # float64 [d]
    maximum: np.ndarray  # float64 [d]

    @classmethod
    def fit(cls, features: np.ndarray) -> Self:
        """The range of `features`, float [n, d]. Raises `UsageError` when there are none, or one is not finite."""
        features = np.asarray(features, np.float64)
        if features.ndim != 2 or 0 in features.shape or not np.isfinite(features).all():
            raise UsageError(f"A premodel needs finite features [rows, features]; the shape is {features.shape}.")
        return cls(features.min(axis=0), features.max(axis=0))

    def apply(self, features: np.ndarray) -> np.ndarray:
        """`features` [n, d] scaled, float64. Raises `UsageError` for another number of them, or one not finite."""
        features = np.asarray(features, np.float64)
        if features.ndim != 2 or features.shape[1] != len(self.minimum):
            raise UsageError(f"Features must be [rows, {len(self.minimum)}]; their shape is {features.shape}.")
        if not np.isfinite(features).all():
            raise UsageError("A feature is NaN or infinite.", "Features of a decoded image never are: check the input.")
        span = self.maximum - self.minimum
        constant = span == 0
        with np.errstate(over="ignore"):
            return np.where(constant, 0.0, (features - self.minimum) / np.where(constant, 1.0, span))
