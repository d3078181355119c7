"""Play a stream through the service, and note all that it says."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from time import monotonic, sleep, time
from typing import Any, Protocol

from edgewise.errors import DataError, ImageError
from edgewise.images.items import Item
from edgewise.live.service import Answer, Service
from edgewise.live.stream import Deck, Stream

MAKING = "prune"  # the phase in which a process beside the service makes a network
_LOOK_S = 0.5  # between two looks at what happened
_MOST_UNUSABLE = 0.5  # of the inputs; beyond, the data set is not what it should be
_FEW = 20


@dataclass(frozen=True)
class Given:
    """One image, and the answer to it."""

    part: int
    item: Item
    answer: Answer
    unix_s: float  # when the answer came


@dataclass(frozen=True)
class Event:
    """Something that happened on the device, after `at` inputs."""

    at: int
    unix_s: float
    kind: str
    text: str
    values: Mapping[str, Any]


@dataclass
class Played:
    """What went through the service, and what it said."""

    given: list[Given] = field(default_factory=list)
    events: list[Event] = field(default_factory=list)
    ends: list[Mapping[str, Any]] = field(default_factory=list)  # where the device was at the end of each part
    skipped: list[tuple[str, str]] = field(default_factory=list)  # image, reason


class Watcher(Protocol):
    """Sees a play go on."""

    def answered(self, done: int, total: int, answer: Answer) -> None:
        """So many of all inputs have passed."""
        ...

    def happened(self, event: Event) -> None: ...


def play(service: Service, stream: Stream, *, seed: int, making_rate: float, watcher: Watcher) -> Played:
    """Have every input answered, one after the other.

    While a network is made, `making_rate` inputs a second come at most, beside those that a part has: how long that
    takes is the machine's. Else the next one comes when the last is answered. Raises `DataError` where the service
    fails, or cannot use half of the images.
    """
    played, deck = Played(), Deck(stream, seed)
    phase, seq, looked_s, due_s, left = "", 0, 0.0, 0.0, stream.inputs
    for number, part in enumerate(stream.parts):
        counted = 0
        while counted < part.inputs:
            if phase == MAKING:
                sleep(max(0.0, due_s - monotonic()))
            due_s = monotonic() + 1 / making_rate
            answer = _answer(service, deck.next(part.classes), number, played)
            if answer is None or answer.phase != MAKING:
                counted, left = counted + 1, left - 1
            if answer is None:
                continue
            watcher.answered(len(played.given), len(played.given) + left, answer)
            if answer.phase != phase or monotonic() - looked_s >= _LOOK_S:
                seq, phase, looked_s = _look(service, played, seq, watcher), answer.phase, monotonic()
        played.ends.append(service.user())
        seq = _look(service, played, seq, watcher)
    return played


def _answer(service: Service, item: Item, part: int, played: Played) -> Answer | None:
    """None for an image that the service cannot use, which is noted."""
    try:
        answer = service.predict(item.read(), item.name)
    except ImageError as error:
        played.skipped.append((item.name, error.reason))
        _see_that_most_are_usable(played)
        return None
    played.given.append(Given(part, item, answer, time()))
    return answer


def _look(service: Service, played: Played, seq: int, watcher: Watcher) -> int:
    """Note what happened since the event `seq`; the newest one's number."""
    while found := service.events(seq):
        for one in found:
            seq = one["seq"]
            at = sum(given.unix_s <= one["unix_s"] for given in played.given)
            event = Event(at, one["unix_s"], one["kind"], one["text"], one["values"])
            played.events.append(event)
            watcher.happened(event)
    return seq


def _see_that_most_are_usable(played: Played) -> None:
    done = len(played.given) + len(played.skipped)
    if done >= _FEW and len(played.skipped) > _MOST_UNUSABLE * done:
        name, reason = played.skipped[-1]
        raise DataError(
            f"Of the first {done} images {len(played.skipped)} cannot be used; {name} {reason}.",
            "Look at the data set; `edgewise profile` lists what it cannot use.",
        )
