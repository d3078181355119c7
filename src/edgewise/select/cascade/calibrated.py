"""A zoo whose logits have become probabilities that mean what they say."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from edgewise.errors import UsageError
from edgewise.select.calibration import VectorScaling, fit_temperature, fit_vector_scaling, softmax

Calibration = Literal["temperature", "vector", "isotonic"]


@dataclass(frozen=True, eq=False)
class CalibratedZoo:
    """m models' logits on n images, and how each is calibrated."""

    logits: Sequence[np.ndarray]  # m arrays, float [n, classes]; may be memory-mapped
    temperatures: tuple[float, ...]  # m
    scalings: tuple[VectorScaling, ...] = ()  # m, or none

    def __len__(self) -> int:
        return len(self.logits)

    @property
    def images(self) -> int:
        return len(self.logits[0])

    @property
    def classes(self) -> int:
        return self.logits[0].shape[1]

    def probabilities(self, model: int, rows: slice) -> np.ndarray:
        """float32 [k, classes] of some of the images."""
        logits = self.logits[model][rows]
        return softmax(self.scalings[model](logits) if self.scalings else logits, self.temperatures[model])


def calibrate(
    logits: Sequence[np.ndarray], labels: np.ndarray, weights: np.ndarray, calibration: Calibration
) -> CalibratedZoo:
    """Fit the calibration of each model on all images, which count by `weights` float [n], of mean 1, for the biases.

    Raises `UsageError` for an unknown calibration.

    What each can change: a cascade has a threshold for each stage, so a map of its signal that never falls escalates no
    image that another threshold would not escalate as well. An isotonic map is nothing else. It makes thresholds and
    confidences readable as the probability of a right answer, and joins signals between which the data see no
    difference; probabilities under it are scaled by temperatures. A temperature is nearly such a map where a model
    answers alone, but it sets how loud the model is in an average. Vector scaling changes the answers themselves.
    """
    if calibration == "vector":
        scalings = tuple(fit_vector_scaling(array, labels, weights) for array in logits)
        return CalibratedZoo(logits, (1.0,) * len(logits), scalings)
    if calibration not in ("temperature", "isotonic"):
        raise UsageError(f"The calibration is {calibration!r}; it must be 'temperature', 'vector' or 'isotonic'.")
    return CalibratedZoo(logits, tuple(fit_temperature(array, labels) for array in logits))
