"""What is promised of a selector, and on what evidence."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from edgewise.errors import UsageError


@dataclass(frozen=True)
class Certificate:
    """A promise in words with the figures behind it, all of the calibration images; it is stored with the selector.

    With `delta`: true of all but that share of calibration splits (Learn then Test). With `alpha`: true on average
    over calibration splits and images (conformal risk control). Either way of images like those calibrated on.
    """

    claim: str
    rule: str
    target: float
    delta: float | None
    alpha: float | None
    n_calibration: int
    empirical: float  # the figure that the target is about
    share_escalated: float  # images whose answer took more than the cheapest of its models; of one model: see `Tried`
    share_refused: float
    mean_ms: float  # models run and features; without decoding
    most_ms: float  # the same of the most capable single model: what is saved

    def __post_init__(self) -> None:
        if (self.delta is None) == (self.alpha is None):
            raise UsageError("A certificate has a delta or an alpha, and not both.")

    def __str__(self) -> str:
        """All of it in two sentences."""
        refused = f", {self.share_refused:.1%} refused" if self.share_refused else ""
        return (
            f"{self.claim} ({self.rule}). On {self.n_calibration} calibration images it is {self.empirical:.2%}; "
            f"{self.share_escalated:.1%} took more than its cheapest model{refused}; "
            f"{self.mean_ms:.3g} ms, against {self.most_ms:.3g} ms of the most accurate single model."
        )

    def to_values(self) -> dict[str, Any]:
        """JSON values."""
        return asdict(self)

    @classmethod
    def from_values(cls, values: Mapping[str, Any]) -> "Certificate":
        """The inverse of `to_values`. Raises `TypeError` or `UsageError` for values that are no certificate."""
        return cls(**values)
