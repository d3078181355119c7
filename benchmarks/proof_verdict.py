"""Who wins, by how much, and whether that is sure: the words of the page of proof, out of the figures alone."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

Outcome = Literal["wins", "loses", "undecided", "even"]
_AS_FAST = 1.03  # what timing cannot tell apart
_AS_MUCH = 1.1  # costs are measured once: what differs by less than a tenth is called even


@dataclass(frozen=True)
class Verdict:
    """Of edgewise against one rival in one thing."""

    outcome: Outcome
    by: str

    def __str__(self) -> str:
        return f"**{self.outcome}**: {self.by}" if self.outcome in ("wins", "loses") else f"{self.outcome}: {self.by}"


def of_points(value: float, low: float, high: float) -> Verdict:
    """What edgewise is right more often, a share with its interval: sure where the interval leaves out 0."""
    outcome: Outcome = "wins" if low > 0 else "loses" if high < 0 else "even" if low == high == 0 else "undecided"
    return Verdict(outcome, f"{_signed(100 * value)} points ({_signed(100 * low)} to {_signed(100 * high)})")


def of_speed(value: float, low: float, high: float) -> Verdict:
    """How many times as fast edgewise is, with an interval: sure where that leaves out all that is about as fast."""
    outcome: Outcome = "undecided"
    if low > _AS_FAST:
        outcome = "wins"
    elif high < 1 / _AS_FAST:
        outcome = "loses"
    elif low > 1 / _AS_FAST and high < _AS_FAST:
        outcome = "even"
    return Verdict(outcome, f"{_number(value)} times as fast ({_number(low)} to {_number(high)})")


def of_cost(own: float, other: float, unit: str, digits: int = 0) -> Verdict:
    """What both cost, measured once: the less, the better."""
    said = f"{own:,.{digits}f} against {other:,.{digits}f} {unit}"
    if max(own, other) <= _AS_MUCH * min(own, other):
        return Verdict("even", said)
    return Verdict("wins" if own < other else "loses", said)


def of_count(own: int, other: int, unit: str) -> Verdict:
    """What is counted and not measured: the less, the better."""
    said = f"{own} against {other} {unit}"
    return Verdict("even" if own == other else "wins" if own < other else "loses", said)


def of_having(own: bool, other: bool, said: str) -> Verdict:
    """What one has and the other has not."""
    return Verdict("even" if own == other else "wins" if own else "loses", said)


def tally(verdicts: Sequence[Verdict]) -> str:
    """How often each outcome comes, losses never left out."""
    of = [one.outcome for one in verdicts]
    return (
        f"wins {of.count('wins')}, loses {of.count('loses')}, undecided {of.count('undecided')}, "
        f"even {of.count('even')}"
    )


def _signed(points: float) -> str:
    return f"{points + 0.0:+.1f}"


def _number(ratio: float) -> str:
    """Three figures that count: 0.42, 5.31, 34.2, 1,280."""
    return f"{ratio:.2f}" if ratio < 10 else f"{ratio:.1f}" if ratio < 100 else f"{ratio:,.0f}"
