"""The classic detector of a change, to hold others against: cumulative sums."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Literal, Self, get_args

import numpy as np

from edgewise.errors import StoreError, UsageError

Of = Literal["rejections", "scores"]

_REJECTED, _REJECTED_AFTER = 0.05, 0.3  # shares of inputs, before a change and after the one that it is best for
_HALF_SHIFT = 0.5  # of the change it is best for, in standard deviations
_LEAST_SCORES = 50
_LEAST_APART, _MOST_APART = 100, 1_000_000
_STEPS, _ALARMS = 2000, 40  # of each simulated stream, and in all of them


@dataclass(frozen=True)
class Cusum:
    """Sums up how much more foreign inputs are than is usual, never under 0; too high a sum is an alarm.

    Source: Page 1954, "Continuous inspection schemes". No test with as long a time between false alarms is quicker,
    in the worst case, for the change that it was made for (Moustakides 1986), if scores before and after are known.
    "rejections": the sum is of log-likelihood ratios of what 95% of calibration scores are under, for 30% of inputs
    rejected instead of 5%. "scores": of standardised scores less 0.5, for a shift of one standard deviation.

    It promises a mean time between false alarms, not that there is none: a life that is long enough has one. Even that
    mean is only as true as the calibration scores: 150 of them leave it unknown by a factor of ten and more (Jensen et
    al. 2006, "Effects of parameter estimation on control chart properties").
    """

    of: Of
    middle: float
    unit: float
    limit: float
    height: float
    inputs: int
    alarm_at: int | None

    @classmethod
    def begin(cls, scores: np.ndarray, apart: int = 20_000, of: Of = "scores", seed: int = 0) -> Self:
        """False alarms are `apart` inputs from each other on average, were the user's scores all like `scores`.

        `scores`: float [n], of the user's own held-out inputs. The limit is found by drawing from them anew: streams
        of 2,000 inputs, so many that 40 of them reach it (the times to an alarm are taken to be exponential).
        Raises `UsageError` for fewer than 50 scores, scores that are not finite or all the same, another kind, and an
        `apart` that is not from 100 to a million.
        """
        known = np.asarray(scores, np.float64).ravel()
        if of not in get_args(Of):
            raise UsageError(f"It sums {of!r}; it must be one of {', '.join(get_args(Of))}.")
        if not _LEAST_APART <= apart <= _MOST_APART:
            raise UsageError(f"False alarms are {apart} inputs apart; it must be {_LEAST_APART} to {_MOST_APART:,}.")
        if len(known) < _LEAST_SCORES:
            raise UsageError(f"There are {len(known)} calibration scores; at least {_LEAST_SCORES} are needed.")
        if not np.isfinite(known).all() or known.min() == known.max():
            raise UsageError("Calibration scores are not all finite numbers, or all the same.")
        if of == "scores":
            middle, unit = float(known.mean()), float(known.std(ddof=1))
        else:
            middle, unit = float(np.quantile(known, 1 - _REJECTED, method="higher")), 1.0
        begun = cls(of, middle, unit, float("inf"), 0.0, 0, None)
        return replace(begun, limit=_limit(begun.steps(known), apart, np.random.default_rng(seed)))

    def steps(self, scores: np.ndarray) -> np.ndarray:
        """float64, as many as scores: what each adds to the sum."""
        units = (np.asarray(scores, np.float64) - self.middle) / self.unit
        if self.of == "scores":
            return units - _HALF_SHIFT
        rejected = np.log(_REJECTED_AFTER / _REJECTED)
        return np.where(units > 0, rejected, np.log((1 - _REJECTED_AFTER) / (1 - _REJECTED)))

    def update(self, score: float) -> Self:
        """With one more input; after an alarm nothing changes. Raises `UsageError` for a score that is not finite."""
        if not -float("inf") < score < float("inf"):
            raise UsageError(f"The score is {score}; it must be a finite number.")
        if self.alarm_at is not None:
            return self
        height, inputs = max(0.0, self.height + float(self.steps(np.array(score)))), self.inputs + 1
        return replace(self, height=height, inputs=inputs, alarm_at=inputs if height >= self.limit else None)

    def to_values(self) -> dict[str, Any]:
        """JSON values."""
        return {name: getattr(self, name) for name in self.__dataclass_fields__}

    @classmethod
    def from_values(cls, values: Mapping[str, Any]) -> Self:
        """The inverse of `to_values`. Raises `StoreError` for other values."""
        try:
            found = cls(**values)
            known = found.of in get_args(Of) and found.unit > 0 and found.limit > 0 and found.height >= 0
        except TypeError as error:
            raise StoreError(f"A stored CUSUM cannot be read: {error}", "Calibrate it anew.") from error
        if not known:
            raise StoreError(f"A stored CUSUM cannot be of {values}.", "Calibrate it anew.")
        return found


def _limit(steps: np.ndarray, apart: int, rng: np.random.Generator) -> float:
    """The height that the wanted share of simulated streams reach: with exponential times, 1 - exp(-length / apart)."""
    length = min(_STEPS, apart)
    share = 1 - np.exp(-length / apart)
    streams = int(np.ceil(_ALARMS / share))
    height = highest = np.zeros(streams)
    for _ in range(length):
        height = np.maximum(0.0, height + rng.choice(steps, streams))
        highest = np.maximum(highest, height)
    return float(np.sort(highest)[-_ALARMS])
