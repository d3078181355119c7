"""An inductive conformal predictor over the optimal model of an image: how strange each choice is. NumPy alone."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

import numpy as np

from edgewise.errors import UsageError
from edgewise.select.premodel.min_max import MinMax
from edgewise.select.premodel.neighbours import squared_distances

_CHUNK_VALUES = 130_000


@dataclass(frozen=True, eq=False)
class Conformal:
    """Known images with their class, and how strange the true classes of others, set apart, have looked.

    An image is the stranger to a class, the farther its K nearest images of that class lie against the K nearest of
    all others: the nonconformity is the ratio of the two mean distances. Its p-value is the share of the images set
    apart whose own class looked at least as strange. Where images are exchangeable, the p-value of the true class is
    at most epsilon with a probability of at most epsilon.
    Source: Sanz Marco et al. 2019, 7.5, which names no measure; this one is that of Vovk, Gammerman and Shafer 2005,
    "Algorithmic Learning in a Random World", 3.1. The p-values are of all classes together, not class by class.
    Reading: of a class with fewer than K images all count; of none, nothing is stranger.
    """

    scaling: MinMax
    points: np.ndarray  # float64 [d, N], scaled; a row per feature; those of a class together
    counts: np.ndarray  # int64 [classes]: points of each class
    strangeness: np.ndarray  # float64 [C], rising: of the images set apart
    n_neighbors: int

    @classmethod
    def fit(
        cls, features: np.ndarray, labels: np.ndarray, classes: int, n_neighbors: int, set_apart: float, seed: int
    ) -> Self:
        """Remember some rows of `features` float [n, d] with `labels` int [n] in 0..classes-1, and rank the others.

        `set_apart`: the share of the rows, drawn by `seed`, that calibrate and are not remembered.
        Raises `UsageError` when that leaves no rows for one of the two, for K < 1, and for features not finite.
        """
        if n_neighbors < 1:
            raise UsageError(f"n_neighbors is {n_neighbors}; at least one neighbour must be near.")
        held = round(len(labels) * set_apart) if 0 < set_apart < 1 else 0
        if not 0 < held < len(labels):
            raise UsageError(
                f"Setting apart a share of {set_apart} of {len(labels)} rows leaves none on one side.",
                "Use a share such as 0.25, and some rows.",
            )
        shuffled = np.random.default_rng(seed).permutation(len(labels))
        apart, kept = shuffled[:held], np.sort(shuffled[held:])
        kept = kept[np.argsort(labels[kept], kind="stable")]
        scaling = MinMax.fit(features[kept])
        points = np.ascontiguousarray(scaling.apply(features[kept]).T)
        counts = np.bincount(labels[kept], minlength=classes).astype(np.int64)
        known = cls(scaling, points, counts, np.zeros(0), n_neighbors)
        own = known.nonconformity(features[apart])[np.arange(held), labels[apart]]
        return cls(scaling, points, counts, np.sort(own), n_neighbors)

    def nonconformity(self, features: np.ndarray) -> np.ndarray:
        """float64 [n, classes], 0 or more, infinite at most: how strange each class looks for `features` [n, d]."""
        scaled = self.scaling.apply(features)
        found = np.empty((len(scaled), len(self.counts)))
        chunk = max(1, _CHUNK_VALUES // self.points.shape[1])
        for start in range(0, len(scaled), chunk):
            part = slice(start, start + chunk)
            with np.errstate(over="ignore"):
                distances = np.sqrt(squared_distances(self.points, scaled[part]))
            nearest = self._nearest(distances)
            for code in range(len(self.counts)):
                others = np.sort(np.delete(nearest, code, axis=1).reshape(len(nearest), -1), axis=1)
                found[part, code] = _ratio(_mean(nearest[:, code]), _mean(others[:, : self.n_neighbors]))
        return found

    def p_values(self, features: np.ndarray) -> np.ndarray:
        """float64 [n, classes] in (0, 1]: how often a true class looks at least as strange, for `features` [n, d]."""
        stranger = len(self.strangeness) - np.searchsorted(self.strangeness, self.nonconformity(features), side="left")
        return (stranger + 1) / (len(self.strangeness) + 1)

    def _nearest(self, distances: np.ndarray) -> np.ndarray:
        """float64 [q, classes, K]: the smallest distances to each class, rising; infinite where there are no more."""
        nearest = np.full((len(distances), len(self.counts), self.n_neighbors), np.inf)
        ends = np.cumsum(self.counts)
        for code, (end, count) in enumerate(zip(ends, self.counts, strict=True)):
            k = min(self.n_neighbors, int(count))
            if k:
                own = distances[:, end - count : end]
                nearest[:, code, :k] = np.sort(np.partition(own, k - 1, axis=1)[:, :k], axis=1)
        return nearest

    def state(self) -> tuple[dict[str, Any], dict[str, np.ndarray]]:
        arrays = {
            "minimum": self.scaling.minimum,
            "maximum": self.scaling.maximum,
            "points": self.points,
            "counts": self.counts,
            "strangeness": self.strangeness,
        }
        return {"n_neighbors": self.n_neighbors}, arrays

    @classmethod
    def from_state(cls, values: Mapping[str, Any], arrays: Mapping[str, np.ndarray]) -> Self:
        """The inverse of `state`. Raises `KeyError` or `TypeError` when the two do not fit."""
        scaling = MinMax(arrays["minimum"], arrays["maximum"])
        return cls(scaling, arrays["points"], arrays["counts"], arrays["strangeness"], int(values["n_neighbors"]))


def _mean(distances: np.ndarray) -> np.ndarray:
    """[q]: the mean of the finite values of each row [q, K]; infinite where there is none."""
    there = np.isfinite(distances)
    count = there.sum(axis=1)
    total = np.where(there, distances, 0.0).sum(axis=1)
    return np.where(count > 0, total / np.maximum(count, 1), np.inf)


def _ratio(own: np.ndarray, others: np.ndarray) -> np.ndarray:
    """Own over others: 1 where both are 0 or both infinite, so equally near is equally strange."""
    alike = own == others
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(alike, 1.0, own / others)
