"""Nearest neighbours as an estimate: a model is worth here what it was worth on the images most like this one."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from itertools import product
from typing import Any, Self

import numpy as np

from edgewise.errors import UsageError
from edgewise.select.router.cells import Cells
from edgewise.select.router.estimate import Estimator, Learned, unexplained

_NEIGHBORS = (10, 25, 50, 100, 200)
_PRIORS = (0.0, 10.0)


@dataclass(frozen=True, eq=False)
class Neighbours:
    """The mean over the K nearest, drawn to the mean over all by as many images as `prior`.

    Source: Ding et al. 2025, "OCCAM" (nearest neighbours in a learned embedding estimate each model's accuracy).
    Reading: neighbours count alike. Weighting them by distance changes no accuracy at equal time by more than 0.2
    points on drawn images.
    """

    cells: Cells
    worth: np.ndarray  # float32 [N, m]: what each model's answer was worth on the image at each place
    n_neighbors: int
    prior: float

    @property
    def kind(self) -> Estimator:
        return "knn"

    def expect(self, points: np.ndarray) -> np.ndarray:
        """float64 [n, m]."""
        expected = np.empty((len(points), self.worth.shape[1]))
        for row, point in enumerate(points):
            near, _ = self.cells.nearest(point, self.n_neighbors)
            total = self.worth[np.sort(near)].sum(axis=0, dtype=np.float64)
            expected[row] = (total + self.prior * self._base) / (len(near) + self.prior)
        return expected

    @cached_property
    def _base(self) -> np.ndarray:
        return self.worth.mean(axis=0, dtype=np.float64)

    def state(self) -> tuple[dict[str, Any], dict[str, np.ndarray]]:
        values, arrays = self.cells.state()
        values |= {"kind": self.kind, "n_neighbors": self.n_neighbors, "prior": self.prior}
        return values, {**arrays, "worth": self.worth}

    @classmethod
    def from_state(cls, values: Mapping[str, Any], arrays: Mapping[str, np.ndarray]) -> Self:
        """The inverse of `state`. Raises `KeyError` or `TypeError` when the two do not fit."""
        cells = Cells.from_state(values, arrays)
        return cls(cells, arrays["worth"], int(values["n_neighbors"]), float(values["prior"]))


@dataclass(frozen=True, eq=False)
class NeighbourLesson:
    """What nearest neighbours learn of the embeddings alone, before it is known what is to be estimated."""

    cells: Cells
    order: np.ndarray  # int64 [N]: the training row at each place
    sample: np.ndarray  # int64 [s]: training rows on which settings are compared
    near: np.ndarray  # int64 [s, k]: the places of the nearest others of each of them, nearest first
    sizes: tuple[int, ...]  # candidates for K, rising

    @classmethod
    def of(cls, points: np.ndarray, sample: np.ndarray, n_neighbors: int | None = None, seed: int = 0) -> Self:
        """Over `points` float64 [N, d], N >= 2; K is `n_neighbors`, or chosen. Raises `UsageError` for K < 1."""
        if n_neighbors is not None and n_neighbors < 1:
            raise UsageError(f"n_neighbors is {n_neighbors}; at least one neighbour must be near.")
        if len(points) < 2:
            raise UsageError(f"A router learns from two images at least; there are {len(points)}.")
        wanted = (n_neighbors,) if n_neighbors else tuple(k for k in _NEIGHBORS if k <= len(points) // 3)
        sizes = tuple(dict.fromkeys(min(k, len(points) - 1) for k in wanted or _NEIGHBORS[:1]))
        cells, order = Cells.of(points, seed)
        place_of = np.empty(len(order), np.int64)
        place_of[order] = np.arange(len(order))
        near = np.empty((len(sample), max(sizes)), np.int64)
        for position, row in enumerate(sample):
            places, distances = cells.nearest(points[row], near.shape[1] + 1)
            others = places != place_of[row]
            near[position] = places[others][np.argsort(distances[others], kind="stable")][: near.shape[1]]
        return cls(cells, order, sample, near, sizes)

    def learn(self, worth: np.ndarray) -> Learned:
        """From float [N, m], with that K and that prior of a small grid which miss least on the sample.

        Each image of it is estimated by all others; of equally near ones, those at the first places count.
        """
        own = np.ascontiguousarray(worth, np.float32)[self.order]
        base, truth = own.mean(axis=0, dtype=np.float64), np.asarray(worth, np.float64)[self.sample]
        between = np.add.reduceat(own[self.near], [0, *self.sizes[:-1]], axis=1, dtype=np.float64)
        totals = np.cumsum(between, axis=1)
        expected = {
            (k, prior): (totals[:, place] + prior * base) / (k + prior)
            for (place, k), prior in product(enumerate(self.sizes), _PRIORS)
        }
        k, prior = min(expected, key=lambda setting: unexplained(expected[setting], truth))
        return Learned(Neighbours(self.cells, own, k, prior), expected[k, prior])
