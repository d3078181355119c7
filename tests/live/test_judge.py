"""A play is cut into stretches, and judged against labels and against the generic network, apart from each other."""

import pytest

from edgewise.live.attempts import Serving, tried
from edgewise.live.judge import stretches_of
from edgewise.live.play import Event
from edgewise.live.story import Inputs
from edgewise.live.stream import Part
from edgewise.live.wilson import wilson

PARTS = (Part("first", ("car", "key"), 6), Part("then", ("fish", "lamp"), 4))


def event(at: int, kind: str, **values: object) -> Event:
    return Event(at, 100.0 + at, kind, kind, values)


EVENTS = (
    event(2, "learned", classes=[1, 4]),
    event(2, "made", network="network-1", seconds=1.0),
    event(4, "swapped", network="network-1", verdict="passes"),
    event(8, "alarm", network="network-1", by="scores"),
)
INPUTS = Inputs(
    phase=("observe", "observe", "verify", "verify", "watch", "watch", "watch", "watch", "observe", "observe"),
    model=("net", "net", "net", "net", "network-1", "net", "network-1", "network-1", "net", "net"),
    ms=(4.0, 4.0, 4.0, 4.0, 2.0, 5.0, 2.0, 2.0, 4.0, 4.0),
    truth=(1, 4, 1, 4, 1, 4, 2, 7, 2, 7),
    answer=(1, 4, 1, 1, 1, 4, 1, 4, 2, 7),
    generic=(1, 4, 1, 1, 4, 4, 2, 7, 2, 7),
    audited=(False, False, False, False, True, False, False, False, False, False),
)
PART_OF = (0,) * 6 + (1,) * 4


def test_a_stretch_begins_where_part_or_phase_change() -> None:
    found = stretches_of(INPUTS, PARTS, PART_OF, Serving.of(EVENTS, tried(EVENTS, PART_OF)))
    assert [(one.part, one.phase, one.first, one.inputs, one.serving, one.foreign) for one in found] == [
        (0, "observe", 0, 2, None, False),
        (0, "verify", 2, 2, None, False),
        (0, "watch", 4, 2, "network-1", False),
        (1, "watch", 6, 2, "network-1", True),
        (1, "observe", 8, 2, None, False),
    ]


def test_right_and_alike_are_different_figures() -> None:
    found = stretches_of(INPUTS, PARTS, PART_OF, Serving.of(EVENTS, tried(EVENTS, PART_OF)))
    own, foreign = found[2], found[3]
    assert (own.accuracy.value, own.generic_accuracy.value, own.agreement.value) == (1.0, 0.5, 0.5)
    assert (foreign.accuracy.value, foreign.generic_accuracy.value, foreign.agreement.value) == (0.0, 1.0, 0.0)
    assert (own.own, own.turned_away, own.audited, own.median_ms) == (0.5, 0.5, 0.5, 3.5)
    assert found[0].turned_away == 0.0


def test_attempts_follow_from_events() -> None:
    turned_down = (*EVENTS[:2], event(3, "turned down"), event(5, "learned", classes=[1, 4]))
    first, second = tried(turned_down, PART_OF)
    assert (first.network, first.part, first.swapped) == ("network-1", 0, None)
    assert first.turned_down is not None
    assert (second.network, second.made) == ("", None)


@pytest.mark.parametrize(
    ("hits", "of", "low", "high"),
    [(0, 10, 0.0, 0.2775), (10, 10, 0.7225, 1.0), (81, 263, 0.2553, 0.3662)],  # the last: Newcombe 1998, table I
)
def test_the_interval_is_wilsons(hits: int, of: int, low: float, high: float) -> None:
    found = wilson(hits, of)
    assert found.value == hits / of
    assert (found.low, found.high) == (pytest.approx(low, abs=1e-4), pytest.approx(high, abs=1e-4))
