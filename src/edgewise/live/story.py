"""What came out of a play: frozen figures, no computing here. Inputs are counted from 0, over the whole play."""

from dataclasses import dataclass
from typing import Any, Literal

from edgewise.live.stream import Who
from edgewise.machine import Machine
from edgewise.select.judge.fair_table import Interval

Phase = Literal["observe", "prune", "verify", "watch"]


@dataclass(frozen=True)
class PlayedPart:
    """A part of the stream, as it was played."""

    who: Who
    classes: tuple[str, ...]
    first: int  # input
    inputs: int
    images: int  # different ones
    unlearned: str  # why no network of the user's served at its end; empty where one did


@dataclass(frozen=True)
class Inputs:
    """All inputs, a column each. Classes are the generic network's, by number."""

    phase: tuple[Phase, ...]
    model: tuple[str, ...]  # that answered
    ms: tuple[float, ...]  # of the networks that the answer waited for
    truth: tuple[int, ...]
    answer: tuple[int, ...]
    generic: tuple[int, ...]  # what the generic network answers
    audited: tuple[bool, ...] | None  # None: not all of it is remembered


@dataclass(frozen=True)
class Stretch:
    """Inputs of one part and one phase, one after the other. Shares are of 1; intervals are Wilson's, 95%."""

    part: int
    phase: Phase
    first: int
    inputs: int
    serving: str | None  # the user's network that served; None: the generic one did
    foreign: bool  # that was made for another part's user
    accuracy: Interval  # against the labels
    generic_accuracy: Interval  # of the generic network on the same inputs
    agreement: Interval  # with the generic network
    median_ms: float
    p90_ms: float
    own: float  # answered by the user's network
    turned_away: float  # by it, and answered by the generic one
    audited: float | None


@dataclass(frozen=True)
class Change:
    """A part began while a network served that was made for another user."""

    part: int
    network: str
    delay: int | None  # inputs until the alarm; None: none came in this part
    by: str  # the test that raised it
    inputs: int  # until the alarm, or the part's end
    wrong: int  # of those
    generic_wrong: int  # that the generic network gets wrong too, or alone


@dataclass(frozen=True)
class Way:
    """A way to answer the inputs of a network's own user, measured after the play, by turns with the others."""

    name: str
    ms: float  # of an input
    right: Interval  # against the labels


@dataclass(frozen=True)
class Attempt:
    """A user that was learned, and what became of the network made for it. Times of an input are in ms."""

    network: str  # empty: none was made
    part: int
    learned_at: int
    classes: tuple[str, ...]  # that were found
    missed: tuple[str, ...]  # of the user's
    beyond: tuple[str, ...]  # that are not the user's
    made_at: int | None
    swapped_at: int | None
    turned_down: str  # why; empty where it was not
    seconds: float | None  # from learned to made
    steps_seconds: float | None  # of them, in which it was worked on
    peak_bytes: int | None  # memory of the process
    kept_bytes: int | None  # of what inference left behind
    disk_bytes: int | None
    verdict: str  # of the guard
    served: int  # inputs of its own user while it served
    generic_ms: float | None  # measured after the play, by turns with
    own_ms: float | None  # the user's network; what that turns away and audits counted in
    break_even: int | None  # inputs; None: never, or not known
    ways: tuple[Way, ...]  # the generic network alone first, as the device answers last; none where it did not serve


@dataclass(frozen=True)
class Happened:
    """An event, after `at` inputs."""

    at: int
    s: float  # since the first answer
    kind: str
    text: str


@dataclass(frozen=True)
class Story:
    """The whole play."""

    model: str
    source: str
    data: str
    settings: dict[str, Any]
    machine: Machine
    edgewise: str
    created: str
    seconds: float
    parts: tuple[PlayedPart, ...]
    stretches: tuple[Stretch, ...]
    attempts: tuple[Attempt, ...]
    changes: tuple[Change, ...]
    events: tuple[Happened, ...]
    skipped: tuple[tuple[str, str], ...]
    inputs: Inputs
