"""Isotonic regression: a rising map from a signal of confidence to the probability of a right answer."""

from dataclasses import dataclass

import numpy as np

from edgewise.errors import UsageError


@dataclass(frozen=True, eq=False)
class IsotonicMap:
    """Straight lines between knots, level outside them. NumPy alone."""

    signals: np.ndarray  # float64 [k], rising
    probabilities: np.ndarray  # float64 [k], never falling, 0..1

    def __post_init__(self) -> None:
        if self.signals.ndim != 1 or self.signals.shape != self.probabilities.shape or len(self.signals) == 0:
            raise UsageError(
                f"An isotonic map has as many signals as probabilities, one at least; it has "
                f"{list(self.signals.shape)} and {list(self.probabilities.shape)}."
            )
        if np.any(np.diff(self.signals) <= 0) or np.any(np.diff(self.probabilities) < 0):
            raise UsageError("The signals of an isotonic map rise, and its probabilities never fall; these do not.")

    def __call__(self, signal: np.ndarray) -> np.ndarray:
        """float32 like `signal`: the probability that the answer is right."""
        return np.interp(signal, self.signals, self.probabilities).astype(np.float32)


def fit_isotonic(signal: np.ndarray, right: np.ndarray, weights: np.ndarray | None = None) -> IsotonicMap:
    """The rising map of `signal` float [n] that is nearest in squares to `right` bool [n].

    Raises `UsageError` when there are no rows. Imports SciPy.
    Source: Zadrozny and Elkan 2002, "Transforming Classifier Scores into Accurate Multiclass Probability Estimates".
    Reading: equal signals are one, of their mean; of a level stretch its ends alone are kept.
    """
    if len(signal) == 0:
        raise UsageError("An isotonic map needs at least one answer.")
    from scipy.optimize import isotonic_regression

    weights = np.ones(len(signal)) if weights is None else np.asarray(weights, np.float64)
    knots, place = np.unique(np.asarray(signal, np.float64), return_inverse=True)
    mass, sums = np.bincount(place, weights), np.bincount(place, weights * right)
    held = mass > 0
    fitted = np.clip(isotonic_regression(sums[held] / mass[held], weights=mass[held]).x, 0.0, 1.0)
    ends = np.ones(len(fitted), bool)
    ends[1:-1] = (fitted[1:-1] != fitted[:-2]) | (fitted[1:-1] != fitted[2:])
    return IsotonicMap(knots[held][ends], fitted[ends])
