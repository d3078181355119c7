"""What the next candidate lacks is said truly, to the digits that are printed."""

from dataclasses import replace

import pytest

from edgewise.select.budget.budget import Budget
from edgewise.select.budget.choice import Candidate
from edgewise.select.budget.why import lack, why
from edgewise.select.judge.fair_table import Interval

NOTHING = Interval(0.0, 0.0, 0.0)
CHOSEN = Candidate(
    "cascade",
    3,
    ("small", "large"),
    Interval(0.96, 0.94, 0.98),
    1.25,
    2.0,
    None,
    0.0,
    NOTHING,
    NOTHING,
    keeps_limits=True,
    accurate=True,
    beats_coin=True,
)


def other(accuracy: float, mean_ms: float) -> Candidate:
    return replace(CHOSEN, method="hybrid", accuracy=Interval(accuracy, 0.9, 0.99), mean_ms=mean_ms)


@pytest.mark.parametrize(
    ("accuracy", "mean_ms", "says"),
    [
        (0.96, 1.25, "the same figures"),
        (0.96004, 1.2504, "the same figures"),
        (0.96, 1.5, "slower"),
        (0.97, 1.5, "slower"),
        (0.95, 1.0, "less accurate"),
        (0.95, 1.5, "slower and less accurate"),
        (0.97, 1.0, "not what was asked for"),
    ],
)
def test_what_a_candidate_lacks(accuracy: float, mean_ms: float, says: str) -> None:
    candidate = other(accuracy, mean_ms)
    assert lack(candidate, CHOSEN) == says
    said = why(CHOSEN, (candidate,), CHOSEN, Budget())
    assert said.endswith(f"Next: hybrid, {100 * accuracy:.1f}% in {mean_ms:.3g} ms; {says}.")


def test_what_disqualifies_comes_before_equal_figures() -> None:
    same = other(0.96, 1.25)
    assert lack(replace(same, keeps_limits=False), CHOSEN) == "over the budget"
    assert lack(replace(same, accurate=False), CHOSEN) == "not accurate enough by the margin"
    assert lack(replace(same, beats_coin=False), CHOSEN).startswith("does not surely beat a coin")
