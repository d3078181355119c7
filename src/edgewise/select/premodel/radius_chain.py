"""KNN levels that ask every known image within a radius, and so know how sure they are."""

from dataclasses import dataclass
from typing import Self

import numpy as np

from edgewise.errors import UsageError
from edgewise.select.premodel.min_max import MinMax
from edgewise.select.premodel.neighbours import squared_distances

_CHUNK_VALUES = 130_000


@dataclass(frozen=True, eq=False)
class RadiusChain:
    """N remembered points, all of which vote that lie within a radius of an image, level by level.

    The share of the votes and the number of voters say how sure a choice is: a lone image draws few voters or none.
    Source: Sanz Marco et al. 2019, 7.5.
    Reading: distances are Euclidean after min-max scaling, as for K neighbours; a point exactly at the radius votes; an
    even vote is a no, and so is the vote of nobody.
    """

    scaling: MinMax
    points: np.ndarray  # float64 [d, N], scaled to [0, 1]; a row per feature
    yes: np.ndarray  # bool [N, levels]: what a point says at each level
    radius: float

    @classmethod
    def remember(cls, scaling: MinMax, scaled: np.ndarray, yes: np.ndarray, radius: float) -> Self:
        """From rows that are scaled already, [n, d], with a column of `yes` per level. Raises `UsageError`."""
        if not 0 <= radius < np.inf:
            raise UsageError(f"The radius is {radius}; it must be 0 or more.", "Features are scaled to [0, 1].")
        return cls(scaling, np.ascontiguousarray(scaled.T), yes, radius)

    def poll(self, scaled: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Yes votes int64 [n, levels] and voters int64 [n], for features that are scaled already."""
        counted = np.column_stack([self.yes, np.ones(len(self.yes), bool)]).astype(np.float64)
        votes = np.empty((len(scaled), counted.shape[1]), np.int64)
        chunk = max(1, _CHUNK_VALUES // self.points.shape[1])
        for start in range(0, len(scaled), chunk):
            part = slice(start, start + chunk)
            inside = squared_distances(self.points, scaled[part]) <= self.radius**2
            votes[part] = inside.astype(np.float64) @ counted  # whole numbers, so the sum is exact in any order
        return votes[:, :-1], votes[:, -1]
