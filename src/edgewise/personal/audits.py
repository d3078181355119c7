"""Does the generic network see other classes than the user's? A test on the few inputs that both networks answer."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Self

import numpy as np

from edgewise.errors import UsageError
from edgewise.personal.restarts import Restarts
from edgewise.prune.confidence import ConfidenceSequence

LEAST_AUDITS = 50
_STAKES = (0.1, 0.3, 0.6, 0.9)  # of what could lose all
_PACE = 50.0


@dataclass(frozen=True)
class AuditTest:
    """An e-process on audited inputs: it tests that the mean mass outside of the user's classes is at most `bound`.

    The probability that `money` ever reaches 1 / alpha is at most alpha as long as the mean of each audit, given all
    before it, is at most `bound`: audits must be picked by lot, and not by what the input shows.

    Source: Waudby-Smith and Ramdas 2024, "Estimating means of bounded random variables by betting": an audit of x
    multiplies a stake by 1 + stake * (x - bound). Four stakes with a quarter of the money each, begun anew at every
    audit (`Restarts`), since `ConfidenceSequence` bets on the mean from the start on, which thousands of audits
    before a change would hold down.

    A level is tested and not a change: however slowly inputs turn foreign, they pass the bound at last.
    """

    bound: float
    money: Restarts

    def __post_init__(self) -> None:
        if not 0 < self.bound <= 1:
            raise UsageError(f"The bound is {self.bound:g}; a mean of masses must be above 0 and at most 1.")

    @classmethod
    def begin(cls, bound: float) -> Self:
        """Raises `UsageError` for a bound that is not above 0 and at most 1."""
        return cls(bound, Restarts.begin(len(_STAKES), _PACE))

    def update(self, outside: float) -> Self:
        """With the mass that one more audit leaves outside. Raises `UsageError` where it is not in 0..1."""
        _check(outside)
        edge = (outside - self.bound) / self.bound
        return replace(self, money=self.money.after([1 + stake * edge for stake in _STAKES]))

    def to_values(self) -> dict[str, Any]:
        """JSON values."""
        return {"bound": self.bound, "money": self.money.to_values()}

    @classmethod
    def from_values(cls, values: Mapping[str, Any]) -> Self:
        """The inverse of `to_values`. Raises `KeyError`, `TypeError` or `UsageError` for other values."""
        return cls(values["bound"], Restarts.from_values(values["money"]))


def bound_on_mean(outside: np.ndarray, alpha: float) -> float:
    """What the mean of such masses is at most, but for a probability of alpha.

    `outside`: float [n] in 0..1, of the generic network on the user's own inputs when the user network was made.
    Raises `UsageError` for fewer than 50, values outside 0..1, and an alpha outside 0..1/2.
    """
    known = np.asarray(outside, np.float64).ravel()
    if len(known) < LEAST_AUDITS:
        raise UsageError(
            f"There are {len(known)} calibration audits; at least {LEAST_AUDITS} are needed.",
            "Let the generic network answer more of the user's held-out inputs.",
        )
    if not 0 < alpha < 0.5:
        raise UsageError(f"Alpha is {alpha:g}; it must be above 0 and under 1/2.")
    _check(float(known.min()), float(known.max()))
    return ConfidenceSequence.begin(2 * alpha, least=0.0).update(known).high  # half of its alpha is above


def _check(*masses: float) -> None:
    if not all(0 <= mass <= 1 for mass in masses):
        raise UsageError(f"A mass outside of the user's classes is {masses[-1]}; it must be from 0 to 1.")
