"""The premodel's core: a chain of binary KNN classifiers that share one neighbour search."""

from dataclasses import dataclass

import numpy as np

from edgewise.errors import UsageError
from edgewise.select.neighbours import nearest_rows


@dataclass(frozen=True, eq=False)
class KnnChain:
    """N remembered points and how their neighbours vote, level by level.

    Level i asks "is i the class?" of the K nearest points, each of which says yes when its label is i; the first level
    where more than half say yes wins, and after the last no the class is `levels`: none of them.
    Source: Taylor et al. 2018, 3.1-3.3 (K = 5, Euclidean, majority, min-max scaling by the training set).
    Reading: an even vote is a no; equally near points are taken in training order; with fewer than K points all vote;
    values outside the training range are scaled beyond [0, 1], not clipped; a feature that is constant in training
    scales to 0 everywhere, since it is equally far from every point and cannot rank them.
    """

    points: np.ndarray  # float64 [d, N], scaled to [0, 1]; a row per feature
    labels: np.ndarray  # int64 [N] in 0..levels
    minimum: np.ndarray  # float64 [d], of the training set
    maximum: np.ndarray  # float64 [d]
    n_neighbors: int
    levels: int

    @classmethod
    def fit(cls, features: np.ndarray, labels: np.ndarray, n_neighbors: int, levels: int) -> "KnnChain":
        """Remember all rows. `features`: float [n, d], finite; `labels`: int [n] in 0..levels.

        Raises `UsageError` when there are no rows, the features are not finite, or K is below 1.
        """
        if n_neighbors < 1:
            raise UsageError(f"n_neighbors is {n_neighbors}; at least one neighbour must vote.", "The paper uses 5.")
        features = np.asarray(features, np.float64)
        if features.ndim != 2 or 0 in features.shape or not np.isfinite(features).all():
            raise UsageError(f"The chain needs finite features [rows, features]; the shape is {features.shape}.")
        minimum, maximum = features.min(axis=0), features.max(axis=0)
        points = np.ascontiguousarray(_scaled(features, minimum, maximum).T)
        return cls(points, np.asarray(labels, np.int64), minimum, maximum, n_neighbors, levels)

    def votes(self, features: np.ndarray) -> np.ndarray:
        """Yes votes of each level, int64 [n, levels], for `features` [n, d]; out of `voters` each.

        Raises `UsageError` when the number of features is another one, or a value is not finite.
        """
        features = np.asarray(features, np.float64)
        if features.ndim != 2 or features.shape[1] != len(self.minimum):
            raise UsageError(f"Features must be [rows, {len(self.minimum)}]; their shape is {features.shape}.")
        if not np.isfinite(features).all():
            raise UsageError("A feature is NaN or infinite.", "Features of a decoded image never are: check the input.")
        scaled = _scaled(features, self.minimum, self.maximum)
        labels = self.labels[nearest_rows(self.points, scaled, self.voters)]
        return (labels[:, :, None] == np.arange(self.levels)).sum(axis=1)

    @property
    def voters(self) -> int:
        """K, or the number of points where there are fewer."""
        return min(self.n_neighbors, self.points.shape[1])

    def choose(self, votes: np.ndarray) -> np.ndarray:
        """int64 [n] in 0..levels: the first level with more than half of the votes [n, levels], else `levels`."""
        yes = 2 * votes > self.voters
        if self.levels == 0:
            return np.zeros(len(votes), np.int64)
        return np.where(yes.any(axis=1), yes.argmax(axis=1), self.levels).astype(np.int64)


def _scaled(features: np.ndarray, minimum: np.ndarray, maximum: np.ndarray) -> np.ndarray:
    span = maximum - minimum
    constant = span == 0
    with np.errstate(over="ignore"):
        return np.where(constant, 0.0, (features - minimum) / np.where(constant, 1.0, span))
