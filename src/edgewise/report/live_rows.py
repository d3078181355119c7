"""A play's figures as texts: its stretches, what was tried, what happened."""

from dataclasses import dataclass
from typing import Final

from edgewise.live.story import Attempt, Story, Stretch
from edgewise.live.stream import Who
from edgewise.report.fair_rows import NONE
from edgewise.report.figures import count, digits_ms, listed, milliseconds, percent, percent_range, rough_percent

USERS: Final[dict[Who, str]] = {"first": "the user", "then": "another user", "back": "the user again"}
SHORT: Final[dict[Who, str]] = {"first": "user", "then": "other", "back": "user"}
PHASES: Final = {
    "observe": "the classes are learned",
    "prune": "a network is made",
    "verify": "it is tried",
    "watch": "the user's own network serves",
}
_FEW: Final = 100  # inputs that ways are judged by, about
FOREIGN: Final = "another user's network serves"


@dataclass(frozen=True)
class StretchRow:
    """One line of the table of stretches."""

    user: str
    phase: str
    inputs: str
    accuracy: str
    accuracy_range: str
    generic_accuracy: str
    agreement: str
    agreement_range: str
    median_ms: str
    p90_ms: str
    own: str
    turned_away: str
    audited: str

    @property
    def name(self) -> str:
        return f"{self.user}: {self.phase}"


def stretch_rows(story: Story) -> tuple[StretchRow, ...]:
    """In the order of the play."""
    digits = digits_ms([one.p90_ms for one in story.stretches])
    return tuple(_stretch(one, story, digits) for one in story.stretches)


def _stretch(one: Stretch, story: Story, digits: int) -> StretchRow:
    watched = one.phase == "watch"
    return StretchRow(
        user=USERS[story.parts[one.part].who],
        phase=FOREIGN if one.foreign else PHASES[one.phase],
        inputs=f"{one.inputs:,}",
        accuracy=percent(one.accuracy.value, one.inputs),
        accuracy_range=percent_range(one.accuracy, one.inputs),
        generic_accuracy=percent(one.generic_accuracy.value, one.inputs),
        agreement=percent(one.agreement.value, one.inputs) if watched else NONE,
        agreement_range=percent_range(one.agreement, one.inputs) if watched else "",
        median_ms=f"{one.median_ms:.{digits}f}",
        p90_ms=f"{one.p90_ms:.{digits}f}",
        own=rough_percent(one.own) if watched else NONE,
        turned_away=rough_percent(one.turned_away) if watched else NONE,
        audited=NONE if one.audited is None or not watched else f"{100 * one.audited:.1f}%",
    )


def attempt_facts(one: Attempt) -> tuple[tuple[str, str], ...]:
    """What is known of one network, as (name, value)."""
    facts = [
        ("Classes found", listed(one.classes)),
        ("Learned, made, let in", ", ".join(NONE if at is None else f"{at:,}" for at in _steps(one)) + " (inputs)"),
        (
            "Making it",
            "" if one.seconds is None else f"{one.seconds:.1f} s, {one.steps_seconds or 0:.1f} s of them work",
        ),
        ("Memory of the process", _size(one.peak_bytes)),
        ("Kept of inference for it", _size(one.kept_bytes)),
        ("On the disk", _size(one.disk_bytes)),
        ("An input, generic", _time(one.generic_ms)),
        ("An input, its own", _time(one.own_ms)),
        ("Break-even", "" if one.break_even is None else count(one.break_even, "input")),
        ("Served its user for", count(one.served, "input") if one.served else ""),
        ("The guard", one.verdict or one.turned_down),
    ]
    return tuple((name, value) for name, value in facts if value)


def way_rows(one: Attempt) -> tuple[tuple[str, str, str, str, str], ...]:
    """Each way to answer its user, as (name, ms, times as fast as the first, right answers, their interval)."""
    digits = digits_ms([way.ms for way in one.ways])
    return tuple(
        (
            way.name,
            f"{way.ms:.{digits}f}",
            f"{one.ways[0].ms / way.ms:.2f}x",
            percent(way.right.value, _FEW),
            percent_range(way.right, _FEW),
        )
        for way in one.ways
    )


def _steps(one: Attempt) -> tuple[int | None, ...]:
    return one.learned_at, one.made_at, one.swapped_at


def _time(ms: float | None) -> str:
    return "" if ms is None else f"{milliseconds(ms)} ms"


def _size(held: int | None) -> str:
    """In MB, as the budget of memory is given."""
    if held is None:
        return ""
    return f"{held / 1e6:,.0f} MB" if held >= 10e6 else f"{held / 1e6:.1f} MB"
