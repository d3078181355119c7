"""The nearest of many points by a coarse look at all and an exact look at the few that it leaves.

The coarse look is in float32 and wrong by a known margin; whatever lies within it is measured again exactly as
`nearest_rows` measures, so the two agree to the last bit, ties included. For one query among 50,000 points of seven
features that takes about a fifth of the time.
"""

from dataclasses import dataclass
from typing import Self

import numpy as np

from edgewise.select.neighbours import nearest_rows

_CHUNK_VALUES = 260_000  # coarse distances held at once: 1 MB stays in the cache
_BLOCKS = 256
_FEWEST_POINTS = 16 * _BLOCKS  # of fewer, all are as quickly measured exactly
_FARTHEST = 1e15  # beyond it float32 may overflow


@dataclass(frozen=True, eq=False)
class PointIndex:
    """Points to search, and what makes it quick."""

    points: np.ndarray  # float64 [d, N], finite
    coarse: np.ndarray  # float32 [d + 1, N]: -2 p and |p|^2, so that (q, 1) times it is |q - p|^2 - |q|^2
    reach: float  # the largest |p|

    @classmethod
    def of(cls, points: np.ndarray) -> Self:
        """Index float64 [d, N], finite, a row per feature."""
        with np.errstate(over="ignore"):
            squares = (points * points).sum(axis=0)
            coarse = np.concatenate([-2 * points, squares[None]]).astype(np.float32)
        return cls(points, coarse, float(np.sqrt(squares.max())))

    def nearest(self, queries: np.ndarray, k: int) -> np.ndarray:
        """int64 [q, k], what `nearest_rows` gives for `queries` float64 [q, d], no NaN; 1 <= k <= N."""
        count = self.points.shape[1]
        within = max(self.reach, np.abs(queries).max(initial=0)) < _FARTHEST
        if count < _FEWEST_POINTS or 4 * k > _BLOCKS or not within:
            return nearest_rows(self.points, queries, k)
        nearest = np.empty((len(queries), k), np.int64)
        chunk = max(1, _CHUNK_VALUES // count)
        for start in range(0, len(queries), chunk):
            part = slice(start, start + chunk)
            nearest[part] = self._nearest_of_chunk(queries[part], k)
        return nearest

    def _nearest_of_chunk(self, queries: np.ndarray, k: int) -> np.ndarray:
        ones = np.ones((len(queries), 1))
        # einsum, not a matrix product: that would wake the threads of the linear algebra library for 50 us of work.
        coarse = np.einsum("qj,jn->qn", np.concatenate([queries, ones], axis=1).astype(np.float32), self.coarse)
        rows, columns = np.divmod(np.flatnonzero(coarse <= self._limit(coarse, queries, k)), coarse.shape[1])
        distances = np.zeros(len(rows))
        for feature, values in enumerate(self.points):  # in feature order, as everywhere: sums round alike
            difference = values[columns] - queries[rows, feature]
            distances += difference * difference
        order = np.lexsort((columns, distances, rows))
        starts = np.searchsorted(rows, np.arange(len(queries)))
        return columns[order[starts[:, None] + np.arange(k)]]

    def _limit(self, coarse: np.ndarray, queries: np.ndarray, k: int) -> np.ndarray:
        """float32 [q, 1]: no coarse distance of the k nearest is above it.

        k blocks have a minimum at most the k-th smallest, so the k-th nearest point is at most that far, and the
        margin, farther; its own coarse distance may exceed it by a margin more. The margin bounds the rounding of d + 1
        products and their sum in float32, of the squares in float64, and what float32 cannot tell from 0.
        """
        count = coarse.shape[1]
        minima = np.minimum.reduceat(coarse, np.arange(0, count, count // _BLOCKS), axis=1)
        bound = np.partition(minima, k - 1, axis=1)[:, k - 1 : k].astype(np.float64)
        length = np.sqrt((queries * queries).sum(axis=1, keepdims=True))
        terms = len(self.coarse) + 4
        margin = terms * 2.0**-23 * self.reach * (self.reach + 2 * length)
        margin += terms * 2.0**-50 * (self.reach + length) ** 2 + 1e-36
        return np.nextafter((bound + 2 * margin).astype(np.float32), np.float32(np.inf))
