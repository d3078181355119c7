"""How to choose among tails is fitted to what they make of inputs."""

from dataclasses import replace

import numpy as np
import pytest

from edgewise.personal.costs import Costs
from edgewise.personal.shadow import Shadow, fitted

INPUTS = 2000
GENERIC_MS = 10.0


def _shadow(wrong: tuple[float, ...], seed: int = 0) -> Shadow:
    """Tails that are wrong so often, always where they are most in doubt; nothing is foreign."""
    random = np.random.default_rng(seed)
    doubt = random.random((INPUTS, len(wrong)))
    drops = (doubt > 1 - np.array(wrong)).astype(float)
    return Shadow(doubt, np.zeros_like(doubt), drops)


def _told(shadow: Shadow, chooser, costs: Costs) -> tuple[float, float, float]:
    """Mean ms, own share and drop, input by input."""
    spent, own, lost = 0.0, 0, 0.0
    for doubts, foreign, drops in zip(shadow.doubt, shadow.foreign, shadow.drops, strict=True):
        member = chooser.member_for(doubts, foreign)
        ran = chooser.members[:1] if foreign[chooser.members[0]] > chooser.most_foreign else chooser.members
        last = ran.index(member) + 1 if member is not None else len(ran)
        spent += sum(costs.members[one] for one in ran[:last])
        spent += costs.generic if member is None else 0
        spent += costs.enter if member is None or any(costs.need_entering[one] for one in ran[:last]) else 0
        own += member is not None
        lost += 0 if member is None else drops[member]
    return spent / INPUTS, own / INPUTS, lost / INPUTS


def _costs(ms: tuple[float, ...], enter: float = 0.0, behind: tuple[bool, ...] | None = None) -> Costs:
    return Costs(enter, GENERIC_MS, ms, behind or (True,) * len(ms))


@pytest.mark.parametrize("wrong", [(0.0,), (0.05,), (0.2, 0.02), (0.5, 0.1)])
@pytest.mark.parametrize("behind", [(True, True), (False, False), (False, True), (True, False)])
def test_what_is_foretold_is_what_comes(wrong: tuple[float, ...], behind: tuple[bool, ...]) -> None:
    shadow, costs = _shadow(wrong), _costs((2.0, 6.0)[: len(wrong)], 4.0, behind[: len(wrong)])
    shadow = replace(shadow, foreign=np.random.default_rng(1).random(shadow.doubt.shape))
    chooser = fitted(shadow, costs, 0.005)
    assert chooser is not None
    mean_ms, own, lost = _told(shadow, chooser, costs)
    assert chooser.own_scores == tuple(shadow.foreign[-512:, chooser.members[0]]), "of the latest inputs"
    assert chooser.mean_ms == pytest.approx(mean_ms)
    assert chooser.own_share == pytest.approx(own)
    assert lost <= 0.005


def test_one_that_is_never_wrong_answers_all() -> None:
    chooser = fitted(_shadow((0.0, 0.0)), _costs((4.0, 6.0)), 0.005)
    assert chooser is not None
    assert (chooser.members, chooser.mean_ms, chooser.own_share) == ((0,), 4.0, 1.0)


def test_the_second_answers_what_the_first_doubts() -> None:
    """The quick one is right on half of the inputs, the other on all: 3 + 0.5 * 5 beside 5 alone and 3 + 0.5 * 10."""
    shadow = _shadow((0.5, 0.0))
    chooser = fitted(shadow, _costs((3.0, 5.5)), 0.001)
    assert chooser is not None
    assert chooser.members == (1,)
    chooser = fitted(shadow, _costs((1.0, 5.5)), 0.001)
    assert chooser is not None
    assert chooser.members == (0, 1)
    assert chooser.mean_ms == pytest.approx(1 + 0.5 * 5.5, rel=0.1)


def test_nothing_is_chosen_where_nothing_is_gained() -> None:
    assert fitted(_shadow((1.0,)), _costs((4.0,)), 0.005) is None
    assert fitted(_shadow((0.0,)), _costs((9.9,)), 0.005) is None


def test_the_more_may_be_lost_the_quicker() -> None:
    shadow = _shadow((0.3, 0.05))
    ms = [fitted(shadow, _costs((4.0, 6.0)), most) for most in (0.002, 0.01, 0.05, 0.4)]
    found = [one.mean_ms for one in ms if one]
    assert len(found) == 4
    assert found == sorted(found, reverse=True)
    assert found[0] > found[-1]


def test_a_smaller_network_comes_before_a_tail_that_takes_as_long_by_itself() -> None:
    """Right on half of the inputs it is asked first all the same: a tail needs the shared part as well."""
    costs = _costs((2.0, 2.0), 8.0, (True, False))
    chooser = fitted(_shadow((0.0, 0.5)), costs, 0.001)
    assert chooser is not None
    assert chooser.members == (1, 0)
    assert chooser.mean_ms == pytest.approx(2 + 0.5 * (8 + 2), rel=0.1)


@pytest.mark.parametrize("scores", [np.arange(120.0), np.arange(53.0), np.repeat([1.0, 2.0], 60), np.zeros(60)])
def test_at_most_one_in_twenty_of_the_users_own_is_turned_away(scores: np.ndarray) -> None:
    column = scores[:, None]
    away = int((scores > Shadow(column, column, column).most_foreign[0]).sum())
    assert away <= 0.05 * len(scores)
    if len(set(scores)) == len(scores):
        assert away >= 0.05 * len(scores) - 1.5, "and no fewer than it may"
