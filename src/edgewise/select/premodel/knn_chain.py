"""The premodel's core: binary KNN levels that share one neighbour search."""

from dataclasses import dataclass
from functools import cached_property
from typing import Self

import numpy as np

from edgewise.errors import UsageError
from edgewise.select.premodel.min_max import MinMax
from edgewise.select.premodel.point_index import PointIndex


@dataclass(frozen=True, eq=False)
class KnnChain:
    """N remembered points and how their neighbours vote, level by level.

    Level i asks "is i the model?" of the K nearest points, each of which says yes when its label is i; the first level
    where more than half say yes wins, and after the last no the choice is `levels`: none of them.
    Source: Taylor et al. 2018, 3.1-3.3 (K = 5, Euclidean, majority, min-max scaling by the training set).
    Reading: an even vote is a no; equally near points are taken in training order; with fewer than K points all vote.
    """

    scaling: MinMax
    points: np.ndarray  # float64 [d, N], scaled to [0, 1]; a row per feature
    yes: np.ndarray  # bool [N, levels]: what a point says at each level
    n_neighbors: int

    @classmethod
    def fit(cls, features: np.ndarray, labels: np.ndarray, n_neighbors: int, levels: int) -> Self:
        """Remember all rows. `features`: float [n, d], finite; `labels`: int [n] in 0..levels.

        Raises `UsageError` when there are no rows, the features are not finite, or K is below 1.
        """
        scaling = MinMax.fit(features)
        return cls.remember(scaling, scaling.apply(features), labels[:, None] == np.arange(levels), n_neighbors)

    @classmethod
    def remember(cls, scaling: MinMax, scaled: np.ndarray, yes: np.ndarray, n_neighbors: int) -> Self:
        """From rows that are scaled already, [n, d], a column of `yes` per level. Raises `UsageError` for K < 1."""
        if n_neighbors < 1:
            raise UsageError(f"n_neighbors is {n_neighbors}; at least one neighbour must vote.", "The paper uses 5.")
        return cls(scaling, np.ascontiguousarray(scaled.T), yes, n_neighbors)

    @cached_property
    def _index(self) -> PointIndex:
        return PointIndex.of(self.points)

    @property
    def voters(self) -> int:
        """K, or the number of points where there are fewer."""
        return min(self.n_neighbors, self.points.shape[1])

    def votes(self, features: np.ndarray) -> np.ndarray:
        """Yes votes of each level, int64 [n, levels], for `features` [n, d]; out of `voters` each.

        Raises `UsageError` when the number of features is another one, or a value is not finite.
        """
        return self.poll(self.scaling.apply(features))[0]

    def poll(self, scaled: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Yes votes int64 [n, levels] and voters int64 [n], for features that are scaled already."""
        nearest = self._index.nearest(scaled, self.voters)
        return self.yes[nearest].sum(axis=1, dtype=np.int64), np.full(len(scaled), self.voters, np.int64)

    def choose(self, votes: np.ndarray) -> np.ndarray:
        """int64 [n] in 0..levels: the first level with more than half of the votes [n, levels], else `levels`."""
        return first_yes(2 * votes > self.voters)


def first_yes(yes: np.ndarray) -> np.ndarray:
    """int64 [n]: the first level of bool [n, levels] that says yes; `levels` where none does."""
    levels = yes.shape[1]
    if levels == 0:
        return np.zeros(len(yes), np.int64)
    return np.where(yes.any(axis=1), yes.argmax(axis=1), levels).astype(np.int64)
