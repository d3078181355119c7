"""How far an image lies from those a selector was fitted on, seen through the vector that its first model gives.

NumPy alone.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal, Self, get_args

import numpy as np

from edgewise.errors import UsageError

Measure = Literal["neighbours", "mahalanobis"]
Source = Literal["embedding", "log-probabilities"]

_MOST_AXES = 64
_MOST_POINTS = 1000
_FIT_ROWS = 10_000  # the axes are settled long before that
_CHUNK_VALUES = 500_000
_LEAST_LOG_PROBABILITY = -30.0  # what is less likely is as good as impossible
_LEAST_SPREAD = 1e-6  # of the widest axis: one along which nothing varies would blow up rounding errors


@dataclass(frozen=True, eq=False)
class Watch:
    """Known vectors of one model, and how far another vector lies from them.

    "neighbours": the distance between directions, to the k-th nearest of up to 1,000 known ones (Sun et al. 2022,
    "Out-of-Distribution Detection with Deep Nearest Neighbors"). "mahalanobis": the distance to the nearest class
    mean, in units of the spread within classes (Lee et al. 2018, "A Simple Unified Framework for Detecting
    Out-of-Distribution Samples").
    Reading: both are measured on the 64 axes along which known vectors vary most, or on all where there are fewer.
    """

    model: str
    source: Source
    measure: Measure
    mean: np.ndarray  # float64 [width]; of directions none is taken away
    axes: np.ndarray  # float64 [a, width]
    points: np.ndarray  # float64 [p, a]: known directions, or the classes' means
    k: int

    def __post_init__(self) -> None:
        if self.measure not in get_args(Measure):
            raise UsageError(f"The measure is {self.measure!r}; it must be one of {', '.join(get_args(Measure))}.")
        if not 1 <= self.k <= len(self.points):
            raise UsageError(f"The {self.k}-th nearest of {len(self.points)} points is none of them.")

    @classmethod
    def fit(
        cls, model: str, source: Source, vectors: np.ndarray, labels: np.ndarray, measure: Measure, k: int, seed: int
    ) -> Self:
        """Remember `vectors` float [n, width], those of a class of `labels` int [n] together.

        `vectors` are what `vectors_of` gives. Raises `UsageError` for an unknown measure, fewer than k images, and
        vectors that are not finite or do not vary.
        """
        if not np.isfinite(vectors).all():
            raise UsageError(f"Vectors of {model} are not finite.", "Leave out the images that they are of.")
        known = np.asarray(vectors, np.float64)
        if measure == "mahalanobis":
            return cls(model, source, measure, *_class_means(known, labels), 1)
        known = _directions(known)
        axes = _widest(known)
        kept = np.sort(np.random.default_rng(seed).permutation(len(known))[:_MOST_POINTS])
        return cls(model, source, measure, np.zeros(known.shape[1]), axes, known[kept] @ axes.T, k)

    def strangeness(self, vectors: np.ndarray) -> np.ndarray:
        """float64 [n], 0 or more: how far each of `vectors` [n, width] lies; the same alone and among others."""
        found = np.empty(len(vectors))
        direction = self.measure == "neighbours"
        squares = np.ones(len(self.points)) if direction else (self.points**2).sum(axis=1)
        chunk = max(1, _CHUNK_VALUES // len(self.points))
        for start in range(0, len(vectors), chunk):
            part = slice(start, start + chunk)
            own = np.asarray(vectors[part], np.float64)
            own = (_directions(own) if direction else own) - self.mean
            # One matrix times one vector at a time: a product of whole matrices would sum in another order.
            placed = np.matmul(self.axes, own[:, :, None])
            distances = squares - 2 * np.matmul(self.points, placed)[:, :, 0]
            own_square = 1.0 if direction else (placed[:, :, 0] ** 2).sum(axis=1)
            found[part] = np.partition(distances, self.k - 1, axis=1)[:, self.k - 1] + own_square
        return np.sqrt(np.maximum(found, 0.0))

    def state(self) -> tuple[dict[str, Any], dict[str, np.ndarray]]:
        values = {"model": self.model, "source": self.source, "measure": self.measure, "k": self.k}
        return values, {"mean": self.mean, "axes": self.axes, "points": self.points}

    @classmethod
    def from_state(cls, values: Mapping[str, Any], arrays: Mapping[str, np.ndarray]) -> Self:
        """The inverse of `state`. Raises `KeyError` or `UsageError` when the two do not fit."""
        return cls(
            model=values["model"],
            source=values["source"],
            measure=values["measure"],
            mean=arrays["mean"],
            axes=arrays["axes"],
            points=arrays["points"],
            k=int(values["k"]),
        )


def log_probabilities(logits: np.ndarray) -> np.ndarray:
    """float32 [n, classes], -30 at least: what is watched where a model gives no penultimate vector."""
    scores = np.ascontiguousarray(logits, np.float32)
    scores = scores - scores.max(axis=-1, keepdims=True)
    return np.maximum(scores - np.log(np.exp(scores).sum(axis=-1, keepdims=True)), np.float32(_LEAST_LOG_PROBABILITY))


def _directions(vectors: np.ndarray) -> np.ndarray:
    """Each of `vectors` [n, width] at length 1; nothing has no direction, and stays nothing."""
    lengths = np.sqrt((vectors**2).sum(axis=1, keepdims=True))
    return vectors / np.where(lengths > 0, lengths, 1.0)


def _class_means(known: np.ndarray, labels: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """The mean of all, the axes that give classes unit variance along each, and the classes' means along these."""
    mean = known.mean(axis=0)
    widest = _widest(known - mean)
    placed = (known - mean) @ widest.T
    classes, place = np.unique(labels, return_inverse=True)
    means = np.zeros((len(classes), len(widest)))
    np.add.at(means, place, placed)
    means /= np.bincount(place)[:, None]
    within = _widest(placed - means[place])
    spreads = np.sqrt((((placed - means[place]) @ within.T) ** 2).mean(axis=0))
    whitening = within / spreads[:, None]
    return mean, whitening @ widest, means @ whitening.T


def _widest(vectors: np.ndarray) -> np.ndarray:
    """float64 [a, width]: the orthogonal axes, 64 at most, along which `vectors` [n, width] are largest on average.

    Raises `UsageError` where there is none.
    """
    rows = np.linspace(0, len(vectors) - 1, min(len(vectors), _FIT_ROWS)).astype(np.int64)
    squares, axes = np.linalg.eigh(vectors[rows].T @ vectors[rows] / len(rows))
    kept = np.argsort(-squares, kind="stable")[:_MOST_AXES]
    kept = kept[squares[kept] > _LEAST_SPREAD**2 * max(float(squares.max()), 1e-12)]
    if len(kept) == 0:
        raise UsageError("All known vectors are the same, so nothing is far from them.")
    return np.ascontiguousarray(axes[:, kept].T)
