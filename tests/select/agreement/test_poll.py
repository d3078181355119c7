import numpy as np
import pytest

from edgewise.select.agreement.poll import poll, poll_one


@pytest.mark.parametrize(
    ("named", "trust", "winner", "votes"),
    [
        ([4, 7, 7], [0.9, 0.5, 0.6], 2, 2),  # the majority, through its most trusted member
        ([4, 7, 9], [0.5, 0.9, 0.6], 1, 1),  # nobody agrees: the most trusted
        ([4, 7, 7, 4], [0.5, 0.6, 0.7, 0.65], 2, 2),  # two against two: the most trusted member
        ([4, 7], [0.5, 0.5], 0, 1),  # equally trusted: the first
        ([3], [0.0], 0, 1),
        ([1, 1, 2], [1.0, 0.0, 1.0], 0, 2),
    ],
)
def test_who_wins(named: list[int], trust: list[float], winner: int, votes: int) -> None:
    found, count = poll(np.array([named]), trust)
    assert (int(found[0]), int(count[0])) == (winner, votes)
    assert poll_one(named, trust) == (winner, votes)
