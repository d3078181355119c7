import json
from itertools import product

import pytest

from edgewise.errors import UsageError
from edgewise.personal.restarts import Restarts


def _by_definition(steps: list[list[float]], pace: float) -> float:
    """The money of every restart on its own, from the first step it stakes on; what is staked later is still there."""
    share = [(1 + j / pace) ** -0.5 - (1 + (j + 1) / pace) ** -0.5 for j in range(len(steps))]
    total = 1 - sum(share)
    for bet in range(len(steps[0])):
        for start, weight in enumerate(share):
            money = weight / len(steps[0])
            for step in steps[start:]:
                money *= step[bet]
            total += money
    return total


def test_one_sum_for_each_bet_is_as_good_as_every_restart_on_its_own() -> None:
    steps = [[0.5, 1.0], [2.0, 0.9], [0.0, 1.1], [3.0, 1.2], [0.7, 1.6]]
    restarts = Restarts.begin(2, 10.0)
    for place, step in enumerate(steps, 1):
        restarts = restarts.after(step)
        assert restarts.money == pytest.approx(_by_definition(steps[:place], 10.0))


def test_fair_bets_keep_the_mean_of_the_money() -> None:
    """All 2^8 ways in which a coin can fall, one bet doubling on heads and the other on tails."""
    total = 0.0
    for coins in product([0, 1], repeat=8):
        restarts = Restarts.begin(2, 3.0)
        for coin in coins:
            restarts = restarts.after([2.0 * coin, 1.5 - coin])
        total += restarts.money / 2**8
    assert total == pytest.approx(1)


@pytest.mark.parametrize(("losses", "needed"), [(0, 8), (5000, 10), (50_000, 14)])
def test_what_a_late_change_costs(losses: int, needed: int) -> None:
    """Bets that lose until the change, however long, and that then multiply by e at each step."""
    restarts = Restarts.begin(1, 1000.0)
    for _ in range(losses):
        restarts = restarts.after([0.5])
    assert restarts.money <= 1
    steps = 0
    while sum(restarts.staked) < 1:
        restarts, steps = restarts.after([2.71828]), steps + 1
    assert steps == pytest.approx(needed, abs=1)


def test_the_stored_goes_on_as_it_would_have() -> None:
    restarts = Restarts.begin(2, 10.0).after([0.1, 1.7]).after([1 / 3, 0.3])
    stored = Restarts.from_values(json.loads(json.dumps(restarts.to_values())))
    assert stored == restarts
    assert stored.after([0.7, 0.7]) == restarts.after([0.7, 0.7])


@pytest.mark.parametrize(
    "wrong",
    [{"staked": []}, {"staked": [-1.0]}, {"staked": [float("nan")]}, {"steps": -1}, {"pace": 0.0}],
)
def test_what_cannot_have_been_stored(wrong: dict) -> None:
    with pytest.raises(UsageError):
        Restarts.from_values(Restarts.begin(2, 10.0).to_values() | wrong)
