"""Has the user changed? Two tests watch a user network serve: one all inputs, one those that are audited."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Literal, Self

import numpy as np

from edgewise.errors import StoreError, UsageError
from edgewise.personal.audits import AuditTest, bound_on_mean
from edgewise.personal.ranks import RankTest

By = Literal["scores", "audits"]


@dataclass(frozen=True)
class Alarm:
    """Which test noticed that the user changed, and at which input, counted from 1."""

    by: By
    at_input: int

    def __post_init__(self) -> None:
        if self.by not in ("scores", "audits") or self.at_input < 1:
            raise UsageError(f"An alarm by {self.by!r} at input {self.at_input} cannot be.")


@dataclass(frozen=True)
class ChangeDetector:
    """Watches how foreign each input is to the user network, and what audits by the generic network say.

    While the user stays as at the calibration, the probability of any alarm in the whole life of the network is at
    most `alpha`: alpha / 2 for all scores (`RankTest`), alpha / 4 for all audits (`AuditTest`), and alpha / 4 for the
    bound that audits are held to, which is learned from the calibration. The first is quick, and sees inputs that score
    high; the second takes some fifteen audits, and sees what the user network is wrongly sure of. An alarm stays: what
    comes after it changes nothing more.

    "As at the calibration": scores are exchangeable, and so are audits. Light that changes, or a new camera, breaks
    that within the user's own classes, and raises an alarm that is right about the inputs and wrong about the user. So
    do frames of one scene, or days of one class, where calibration inputs were drawn from many: there alpha is no
    promise for scores (docs/change_detection.md has the figures). A slow change is seen late.

    An update takes some ten microseconds, and the state is under 2 kB of JSON.
    """

    alpha: float
    scores: RankTest
    audits: AuditTest
    inputs: int
    alarm: Alarm | None

    def __post_init__(self) -> None:
        if not 0 < self.alpha < 1:
            raise UsageError(f"Alpha is {self.alpha:g}; it must be above 0 and under 1.")

    @classmethod
    def begin(cls, scores: np.ndarray, outside: np.ndarray, alpha: float = 0.05, seed: int = 0) -> Self:
        """From the user's own held-out inputs when the user network is made.

        `scores`: float [n], how foreign each is to the user network, the higher the more: "energy" of
        `foreign_scores`, as all later scores. `outside`: float [m] in 0..1, the mass that the generic network gives to
        classes that are not the user's, of such inputs too.
        Raises `UsageError` for an alpha outside 0..1, fewer than 50 of either, and values that are not finite or
        outside 0..1.
        """
        if not 0 < alpha < 1:
            raise UsageError(f"Alpha is {alpha:g}; it must be above 0 and under 1.")
        audits = AuditTest.begin(bound_on_mean(outside, alpha / 4))
        return cls(alpha, RankTest.begin(scores, seed), audits, 0, None)

    def update(self, score: float, audited_outside: float | None = None) -> Self:
        """With one more input, and what its audit left outside, if it had one.

        Raises `UsageError` for a score that is not finite and for a mass outside 0..1.
        """
        scores = self.scores.update(score)
        audits = self.audits if audited_outside is None else self.audits.update(audited_outside)
        if self.alarm:
            return self
        inputs, alarm = self.inputs + 1, None
        if scores.money.money >= 2 / self.alpha:
            alarm = Alarm("scores", inputs)
        elif audits.money.money >= 4 / self.alpha:
            alarm = Alarm("audits", inputs)
        return type(self)(self.alpha, scores, audits, inputs, alarm)

    def to_values(self) -> dict[str, Any]:
        """JSON values."""
        return {
            "alpha": self.alpha,
            "scores": self.scores.to_values(),
            "audits": self.audits.to_values(),
            "inputs": self.inputs,
            "alarm": asdict(self.alarm) if self.alarm else None,
        }

    @classmethod
    def from_values(cls, values: Mapping[str, Any]) -> Self:
        """The inverse of `to_values`: it goes on as the stored one would have. Raises `StoreError` for other values."""
        try:
            alarm = Alarm(**values["alarm"]) if values["alarm"] else None
            scores, audits = RankTest.from_values(values["scores"]), AuditTest.from_values(values["audits"])
            if values["inputs"] < 0:
                raise UsageError(f"There were {values['inputs']} inputs.")
            return cls(values["alpha"], scores, audits, values["inputs"], alarm)
        except (KeyError, TypeError, ValueError, UsageError) as error:
            raise StoreError(
                f"The stored change detector cannot be read: {error}", "Calibrate it anew; its alarms begin anew too."
            ) from error
