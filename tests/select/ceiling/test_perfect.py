from itertools import product

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from edgewise.select.ceiling.perfect import levels, resampled_least_ms
from edgewise.select.judge.bootstrap import resampled_weights

TIMES = np.array([1.0, 4.0, 4.0, 10.0])
TABLES = st.lists(st.tuples(*[st.booleans()] * 4), min_size=1, max_size=5)


def _least(right: np.ndarray, wanted: int, *, cheapest_first: bool) -> float:
    """Every way to give each image a model, tried."""
    best = np.inf
    for chosen in product(range(4), repeat=len(right)):
        if sum(right[image, model] for image, model in enumerate(chosen)) >= wanted:
            runs = [TIMES[model] + (1.0 if cheapest_first and model else 0.0) for model in chosen]
            best = min(best, 0.5 + float(np.mean(runs)))
    return best


@given(TABLES, st.booleans())
def test_no_choice_is_faster_at_any_accuracy(rows: list[tuple[bool, ...]], cheapest_first: bool) -> None:
    right = np.array(rows)
    way = levels(right, TIMES, 0.5, np.ones(len(right)), cheapest_first=cheapest_first)
    for wanted in range(int(right.any(axis=1).sum()) + 1):
        found = way.least_ms(np.array([wanted / len(right)]), way.counts())
        assert found[0] == pytest.approx(_least(right, wanted, cheapest_first=cheapest_first))


def test_between_two_images_it_is_a_coin_and_beyond_all_models_the_end() -> None:
    right = np.array([[True, True], [False, True], [False, True], [False, False]])
    way = levels(right, np.array([1.0, 9.0]), 0.0, np.ones(4), cheapest_first=False)
    found = way.least_ms(np.array([0.25, 0.375, 0.5, 0.75, 1.0]), np.repeat(way.counts(), 5, axis=0))
    assert found.tolist() == [1.0, 2.0, 3.0, 5.0, 5.0]


def test_images_that_are_worth_more_come_first() -> None:
    right = np.array([[False, True], [False, True]])
    way = levels(right, np.array([1.0, 5.0]), 0.0, np.array([0.5, 1.5]), cheapest_first=False)
    # 0.75 is half the worth of all: the second image alone has it, at half of 4 ms more.
    assert way.least_ms(np.array([0.75, 1.0]), np.repeat(way.counts(), 2, axis=0)).tolist() == [3.0, 5.0]


def test_a_resample_has_the_least_time_of_the_images_that_are_in_it() -> None:
    rng = np.random.default_rng(0)
    right = rng.random((40, 4)) < np.array([0.4, 0.5, 0.6, 0.7])
    worth = np.ones(40)
    way = levels(right, TIMES, 0.5, worth, cheapest_first=True)
    (found,) = resampled_least_ms((way,), worth * right[:, 2], 6, seed=3)
    (weights,) = resampled_weights(40, 6, 3)
    for resample, times in enumerate(weights.astype(int)):
        drawn = right[np.repeat(np.arange(40), times)]
        own = levels(drawn, TIMES, 0.5, worth, cheapest_first=True)
        assert found[resample] == pytest.approx(own.least_ms(drawn[:, 2].mean(keepdims=True), own.counts())[0])
