"""What the estimators of a router have in common: from embeddings to what each answer is expected to be worth."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal, Protocol

import numpy as np

Estimator = Literal["knn", "ridge"]


class Estimate(Protocol):
    """Fitted: needs NumPy alone."""

    @property
    def kind(self) -> Estimator: ...

    def expect(self, points: np.ndarray) -> np.ndarray:
        """float64 [n, m] for embeddings [n, d]: a row gets the same alone and among others."""
        ...

    def state(self) -> tuple[dict[str, Any], dict[str, np.ndarray]]: ...


@dataclass(frozen=True, eq=False)
class Learned:
    """An estimate, and what it expects of training images when each is left out."""

    estimate: Estimate
    left_out: np.ndarray  # float64 [s, m]


class Teacher(Protocol):
    """Knows the embeddings of the training images; tells what anything is worth on them."""

    def learn(self, worth: np.ndarray) -> Learned:
        """From float [N, m], what each choice was worth on each training image."""
        ...


def unexplained(expected: np.ndarray, worth: np.ndarray) -> float:
    """The mean square by which the differences between the models are missed; [s, m] each.

    A choice asks which model is better here, not how hard the image is for all of them.
    """
    missed = expected - worth
    return float(((missed - missed.mean(axis=1, keepdims=True)) ** 2).mean())


def teacher(
    estimator: Estimator, points: np.ndarray, sample: np.ndarray, n_neighbors: int | None = None, seed: int = 0
) -> Teacher:
    """The one for an estimator by name, over `points` float64 [N, d]; settings are compared on the rows `sample`."""
    from edgewise.select.router.neighbours import NeighbourLesson
    from edgewise.select.router.ridge import RidgeLesson

    if estimator == "knn":
        return NeighbourLesson.of(points, sample, n_neighbors, seed)
    return RidgeLesson.of(points, sample)


def restored(values: Mapping[str, Any], arrays: Mapping[str, np.ndarray]) -> Estimate:
    """The estimate of a stored state, which names its kind. Raises `KeyError` when the state is none."""
    from edgewise.select.router.neighbours import Neighbours
    from edgewise.select.router.ridge import Ridge

    kinds = {"knn": Neighbours.from_state, "ridge": Ridge.from_state}
    return kinds[values["kind"]](values, arrays)


def evenly(images: int, most: int) -> np.ndarray:
    """int64: as many rows as there are, or `most` of them, evenly spread."""
    return np.linspace(0, images - 1, min(images, most)).astype(np.int64)
