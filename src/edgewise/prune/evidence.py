"""What was seen of a smaller network before it was let in, or was not."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Literal

from edgewise.errors import GuardRefused
from edgewise.prune.confidence import ConfidenceSequence
from edgewise.prune.posterior import Posterior
from edgewise.restore import restore

Verdict = Literal["passes", "refused", "undecided"]
Undecided = Literal["refuse", "estimate"]


@dataclass(frozen=True)
class Evidence:
    """The expected drop in accuracy of a student, with its bounds and what they suppose.

    `low_points` and `high_points` each fail, at any look, with a probability of at most `alpha`.
    """

    max_drop_points: float
    alpha: float  # of this network alone
    when_undecided: Undecided
    posterior: Posterior
    agreed: int  # inputs that teacher and student answered alike
    sequence: ConfidenceSequence  # of the drops of single inputs, as probabilities
    jointly: bool = False  # the posterior is of what several networks believe, and not of the generic one alone

    @property
    def inputs(self) -> int:
        """How many were seen."""
        return self.sequence.count

    @property
    def drop_points(self) -> float:
        """The estimate."""
        return 100 * self.sequence.mean

    @property
    def low_points(self) -> float:
        return 100 * self.sequence.low

    @property
    def high_points(self) -> float:
        return 100 * self.sequence.high

    @property
    def agreement_percent(self) -> float:
        """For comparison: it decides nothing."""
        return 100 * self.agreed / self.inputs

    @property
    def verdict(self) -> Verdict:
        """Once "passes" or "refused", more inputs change it only where they contradict those before: then "refused"."""
        if self.sequence.contradicted or self.low_points > self.max_drop_points:
            return "refused"
        return "passes" if self.high_points <= self.max_drop_points else "undecided"

    @property
    def accepted(self) -> bool:
        """Whether the student may serve: it passes, or it is undecided and the guard goes by estimates then."""
        if self.verdict == "undecided":
            return self.when_undecided == "estimate" and self.drop_points <= self.max_drop_points
        return self.verdict == "passes"

    @property
    def inputs_needed(self) -> int | None:
        """How many in all would let it pass, did they go on alike; None where they never would. A forecast."""
        if self.verdict != "undecided":
            return self.inputs if self.verdict == "passes" else None
        return self.sequence.needed_below(self.max_drop_points / 100)

    @property
    def assumes(self) -> tuple[str, ...]:
        """What the bounds suppose; each sentence by itself."""
        of = self.posterior
        whose = "The joint posterior of all networks of the device" if self.jointly else "The generic model's posterior"
        said = [
            f"{whose} (temperature {of.temperature:.3g}) is calibrated on these inputs.",
            "Inputs are exchangeable, independent of each other, and were not used to make the network.",
            "Beyond the posterior, the network's answer says nothing about the truth.",
        ]
        if not of.other:
            said.append(f"Every input is of one of the user's {len(of.classes)} classes.")
        if of.prior is not None:
            said.append("The stream's classes are as frequent as the prior says.")
        return tuple(said)

    def __str__(self) -> str:
        """All of it in one or two sentences."""
        said = (
            f"{self.verdict}: an expected drop of {self.drop_points:.2f} points, {max(self.low_points, 0.0):.2f} to "
            f"{self.high_points:.2f} with {1 - self.alpha:.4g} on each side, where {self.max_drop_points:g} may be; "
            f"{self.inputs} inputs, {self.agreement_percent:.1f}% answered alike."
        )
        if self.sequence.contradicted:
            return f"{said} Later inputs contradict earlier ones: the stream has changed."
        if self.verdict == "undecided":
            needed = self.inputs_needed
            more = "No number of inputs like these" if needed is None else f"About {needed} inputs like these"
            return f"{said} {more} would let it pass."
        return said

    def require(self, what: str = "The smaller network") -> None:
        """Raises `GuardRefused` where the student, `what` in the message, is not accepted."""
        if self.accepted:
            return
        hint = "The generic model stays; prune less."
        if self.verdict == "undecided" and self.inputs_needed is not None:
            hint = "The generic model stays; judge again with more fresh inputs, or prune less."
        raise GuardRefused(f"{what} is {self}", hint)

    def to_values(self) -> dict[str, Any]:
        """JSON values; figures to read stand under "found"."""
        found = {
            "verdict": self.verdict,
            "accepted": self.accepted,
            "inputs": self.inputs,
            "drop_points": self.drop_points,
            "low_points": self.low_points,
            "high_points": self.high_points,
            "agreement_percent": self.agreement_percent,
            "inputs_needed": self.inputs_needed,
            "assumes": list(self.assumes),
        }
        return {**_listed(asdict(self)), "found": found}

    @classmethod
    def from_values(cls, values: Mapping[str, Any], origin: Path) -> "Evidence":
        """The inverse of `to_values`, out of the file `origin`; "found" is found anew.

        Raises `StoreError`, or `UsageError` for values that cannot be.
        """
        return restore(cls, {key: value for key, value in values.items() if key != "found"}, origin)


def _listed(value: Any) -> Any:
    """Tuples as lists, as JSON gives them back."""
    if isinstance(value, dict):
        return {key: _listed(one) for key, one in value.items()}
    return [_listed(one) for one in value] if isinstance(value, list | tuple) else value
