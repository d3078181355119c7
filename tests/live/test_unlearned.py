"""Why no network of the user's serves, in one sentence."""

import re
from typing import Any

import pytest

from edgewise.live.play import Event
from edgewise.live.unlearned import why_not

OBSERVING: dict[str, Any] = {
    "phase": "observe",
    "seen": 500,
    "outside_at_most": 1.0,
    "wait": 0,
    "progress": None,
    "verdict": "",
}


@pytest.mark.parametrize(
    ("end", "says"),
    [
        ({"phase": "watch"}, "^$"),
        ({"phase": "prune", "progress": {"what": "cutting", "done": 1, "total": 2}}, r"being made \(cutting, 1 of 2\)"),
        ({"phase": "prune"}, "still being made.$"),
        ({"phase": "verify", "verdict": "undecided: 90 inputs"}, "undecided: 90 inputs"),
        ({"seen": 100}, "seen 100 inputs of the user; it looks for classes from 256 on"),
        ({}, "no two classes stood out"),
        ({"outside_at_most": 0.31}, "up to 31% may be of other classes than those found; 20% may be"),
        ({"outside_at_most": 0.12}, "became clear, but a network is made of 300"),
        ({"wait": 128}, "128 more inputs were to pass first"),
    ],
)
def test_of_where_the_device_was(end: dict[str, Any], says: str) -> None:
    assert re.search(says, why_not(OBSERVING | end, ()))


def test_a_network_that_was_turned_down_says_why_itself() -> None:
    down = Event(400, 0.0, "turned down", "network-1 is not let in: refused.", {})
    assert why_not(OBSERVING | {"wait": 128}, (down,)) == (
        "network-1 is not let in: refused. Learning goes on after 128 more inputs."
    )
