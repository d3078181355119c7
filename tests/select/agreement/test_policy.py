from itertools import combinations, product

import numpy as np
import pytest

from edgewise.select.agreement.cells import Cells
from edgewise.select.agreement.policy import ANSWER, Standing, best_policy, joined

SETS = [members for size in (1, 2) for members in combinations(range(2), size)]


def _standings(seed: int, images: int = 60) -> dict[tuple[int, ...], Standing]:
    rng = np.random.default_rng(seed)
    return {members: Standing.cut(rng.random(images) < 0.6, rng.random((images, 2)), 1) for members in SETS}


def _worth(first: int, actions: dict, standings, times, price: float) -> float:
    """Following a policy image by image."""
    total = 0.0
    for image in range(len(standings[0,].worth)):
        members, paid = (first,), times[first]
        while (action := actions[members][standings[members].cell[image]]) != ANSWER:
            members, paid = joined(members, action), paid + times[action]
        total += standings[members].worth[image] - price * paid
    return total


@pytest.mark.parametrize("seed", range(8))
@pytest.mark.parametrize("price", [0.0, 0.1, 1.0])
def test_no_other_policy_is_worth_more(seed: int, price: float) -> None:
    standings, times = _standings(seed), [1.0, 1.5]
    policy = best_policy(standings, times, price, neighbours=0)
    found = _worth(policy.first, dict(policy.actions), standings, times, price)
    every = [
        _worth(first, {(0,): low, (1,): high, (0, 1): (ANSWER, ANSWER)}, standings, times, price)
        for first, low, high in product((0, 1), product((ANSWER, 1), repeat=2), product((ANSWER, 0), repeat=2))
    ]
    assert found == pytest.approx(max(every), abs=1e-4)


def test_only_what_can_come_up_is_kept() -> None:
    policy = best_policy(_standings(0), [1.0, 1.5], 50.0)
    assert policy.first == 0
    assert policy.actions == (((0,), (ANSWER, ANSWER)),)


def test_neighbours_settle_what_a_few_images_cannot() -> None:
    """Three bins of which the middle one, of two images, alone would run the second model."""
    sure = np.zeros((102, 2))
    sure[:, 0] = np.repeat([0.2, 0.5, 0.8], [50, 2, 50])
    cells = Cells(np.float32([0.4, 0.6]), np.full(3, 0.5, np.float32))
    right = np.ones(102)
    alone = Standing(np.where(sure[:, 0] == 0.5, 0, right).astype(np.float32), cells, cells.of(sure))
    whole = Standing(right.astype(np.float32), cells, cells.of(sure))
    standings = {(0,): alone, (1,): whole, (0, 1): whole}
    found = [dict(best_policy(standings, [1.0, 3.0], 0.1, weight).actions)[0,] for weight in (0.0, 0.5)]
    assert found[0] == (ANSWER, ANSWER, 1, ANSWER, ANSWER, ANSWER)
    assert set(found[1]) == {ANSWER}
