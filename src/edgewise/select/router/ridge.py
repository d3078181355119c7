"""Ridge regression as an estimate: what a model is worth is linear in the embedding."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

import numpy as np

from edgewise.select.router.estimate import Estimator, Learned, unexplained

_PENALTIES = (1.0, 10.0, 100.0, 1000.0)


@dataclass(frozen=True, eq=False)
class Ridge:
    """A product with a small matrix, and never more than the most that an answer can be worth."""

    weights: np.ndarray  # float64 [d + 1, m]; the last row is the intercept
    most: float

    @property
    def kind(self) -> Estimator:
        return "ridge"

    def expect(self, points: np.ndarray) -> np.ndarray:
        """float64 [n, m]: one product for each row, so a row gets the same alone and among others."""
        product = (points[:, None, :] @ self.weights[:-1])[:, 0]
        return np.minimum(product + self.weights[-1], self.most)

    def state(self) -> tuple[dict[str, Any], dict[str, np.ndarray]]:
        return {"kind": self.kind, "most": self.most}, {"weights": self.weights}

    @classmethod
    def from_state(cls, values: Mapping[str, Any], arrays: Mapping[str, np.ndarray]) -> Self:
        """The inverse of `state`. Raises `KeyError` when the two do not fit."""
        return cls(arrays["weights"], float(values["most"]))


@dataclass(frozen=True, eq=False)
class RidgeLesson:
    """What ridge regression learns of the embeddings alone, before it is known what is to be estimated."""

    centre: np.ndarray  # float64 [d]
    units: np.ndarray  # float64 [d]: the standard deviation of each dimension
    eigenvalues: np.ndarray  # float64 [d], of the scaled points
    directions: np.ndarray  # float64 [d, d]
    turned: np.ndarray  # float64 [N, d]: the scaled points along the directions
    sample: np.ndarray  # int64 [s]: training rows on which penalties are compared

    @classmethod
    def of(cls, points: np.ndarray, sample: np.ndarray) -> Self:
        """Over `points` float64 [N, d], N >= 1. Dimensions are penalised alike, the intercept is not."""
        centre, deviations = points.mean(axis=0), points.std(axis=0)
        units = np.where(deviations > 0, deviations, 1.0)
        scaled = (points - centre) / units
        eigenvalues, directions = np.linalg.eigh(scaled.T @ scaled)
        return cls(centre, units, np.maximum(eigenvalues, 0), directions, scaled @ directions, sample)

    def learn(self, worth: np.ndarray) -> Learned:
        """From float [N, m], with that penalty of four which misses least on the sample.

        Each image of it is estimated as if it had been left out, which ridge regression gives in closed form.
        Source: Hoerl and Kennard 1970; the left-out residual is that of Allen 1974 ("PRESS").
        """
        table = np.asarray(worth, np.float64)
        base, most = table.mean(axis=0), float(table.max())
        truth, turned = table[self.sample], self.turned[self.sample]
        pull = self.turned.T @ (table - base)
        left_out: dict[float, np.ndarray] = {}
        for penalty in _PENALTIES:
            shrunk = 1 / (self.eigenvalues + penalty)
            missed = truth - turned @ (shrunk[:, None] * pull) - base
            leverage = (turned * turned) @ shrunk + 1 / len(table)
            left_out[penalty] = np.minimum(truth - missed / np.maximum(1 - leverage, 1e-6)[:, None], most)
        penalty = min(left_out, key=lambda one: unexplained(left_out[one], truth))
        slopes = self.directions @ (pull / (self.eigenvalues + penalty)[:, None]) / self.units[:, None]
        return Learned(Ridge(np.vstack([slopes, base - self.centre @ slopes]), most), left_out[penalty])
