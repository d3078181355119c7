import json
from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from edgewise.errors import UsageError
from edgewise.personal.ranks import RankTest


def _drawn(kind: str, rng: np.random.Generator, count: int) -> np.ndarray:
    """Scores as they come: continuous, heavy-tailed, in few steps, and nearly all the same."""
    return {
        "normal": lambda: rng.normal(size=count),
        "heavy": lambda: rng.standard_cauchy(count),
        "steps": lambda: rng.geometric(0.4, count).astype(float),
        "two": lambda: (rng.random(count) < 0.03).astype(float),
    }[kind]()


def _after(test: RankTest, scores: np.ndarray) -> RankTest:
    for score in scores.tolist():
        test = test.update(score)
    return test


def _ever(test: RankTest, scores: np.ndarray, money: float, *, growing: bool = True) -> bool:
    """Whether it ever had so much; without growing each score is held against the calibration scores alone."""
    gaps = test.gaps
    for score in scores.tolist():
        test = test.update(score)
        if not growing:
            test = replace(test, gaps=gaps)
        if test.money.money >= money:
            return True
    return False


def _share_of_alarms(kind: str, streams: int, inputs: int, alpha: float, *, known: int = 150, **how: bool) -> float:
    rng = np.random.default_rng(1)
    found = 0
    for seed in range(streams):
        scores = _drawn(kind, rng, known + inputs)
        found += _ever(RankTest.begin(scores[:known], seed), scores[known:], 1 / alpha, **how)
    return found / streams


@given(st.lists(st.integers(-40, 40), max_size=60), st.integers(50, 300))
def test_every_bet_is_fair_whatever_came_before(scores: list[int], known: int) -> None:
    """The mean money after one more score, over the gaps that it may fall into, is the money before it."""
    spread = np.linspace(-30, 30, known)
    test = _after(RankTest.begin(spread), np.array(scores, float) + 0.123)
    ends = [-100.0, *(score for score, _ in test.edges), 100.0]
    inside = [(low + high) / 2 for low, high in pairwise(ends)][::-1]
    after = [test.update(score).money.money for score in inside]
    shares = np.array(test.gaps) / sum(test.gaps)
    assert (shares * after).sum() == pytest.approx(shares.sum() * test.money.money)


def test_groups_are_narrow_where_scores_are_foreign() -> None:
    assert RankTest.begin(np.arange(150.0)).gaps == (1, 1, 2, 4, 8, 16, 32, 87)
    assert sum(RankTest.begin(np.arange(50.0)).gaps) == 51
    above_all = RankTest.begin(np.arange(150.0)).update(149.5)
    assert above_all.gaps == (2, 1, 2, 4, 8, 16, 32, 87)
    assert above_all.update(148.5).update(-7.0).gaps == (2, 2, 2, 4, 8, 16, 32, 88)


@pytest.mark.parametrize("kind", ["steps", "two"])
def test_a_lot_puts_equals_in_order_as_ranks_need_it(kind: str) -> None:
    """The first two scores' groups, over calibrations and lots, are those of Polya's urn."""
    rng, draws = np.random.default_rng(2), 2500
    gaps = np.array(RankTest.begin(np.arange(60.0)).gaps)
    first, twice_first = np.zeros(len(gaps)), 0
    for seed in range(draws):
        scores = _drawn(kind, rng, 62)
        begun = RankTest.begin(scores[:60], seed)
        once = begun.update(scores[60])
        grown = np.array(once.gaps) - begun.gaps
        first += grown
        twice_first += bool(grown[-1]) and once.update(scores[61]).gaps[-1] == once.gaps[-1] + 1
    expected = draws * gaps / gaps.sum()
    assert ((first - expected) ** 2 / expected).sum() < 23  # chi-square of 7, at 0.002
    both = gaps[-1] * (gaps[-1] + 1) / (gaps.sum() * (gaps.sum() + 1))
    assert twice_first / draws == pytest.approx(both, abs=4 * 0.5 / draws**0.5)


@pytest.mark.parametrize("kind", ["normal", "steps", "two"])
def test_alarms_without_a_change_are_as_rare_as_promised(kind: str) -> None:
    assert _share_of_alarms(kind, 30, 1200, alpha=0.25) <= 0.25


def test_a_set_that_does_not_grow_would_raise_false_alarms() -> None:
    """Why the set grows: against the same 50 scores for ever, money grows wherever these happen to lie low."""
    assert _share_of_alarms("normal", 20, 1200, alpha=0.05, known=50, growing=False) > 0.2


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["heavy", "steps"])
def test_alarms_without_a_change_are_rare_in_long_streams(kind: str) -> None:
    """60 streams of 10,000 at alpha 10%: two standard errors of the share are 8 points."""
    assert _share_of_alarms(kind, 60, 10_000, alpha=0.1) <= 0.1 + 0.08


@pytest.mark.slow
def test_a_set_that_does_not_grow_raises_false_alarms_in_long_streams() -> None:
    assert _share_of_alarms("normal", 20, 20_000, alpha=0.1, growing=False) > 0.3


@pytest.mark.parametrize(("shift", "share", "median"), [(2.0, 1.0, 12), (3.0, 0.5, 20), (2.0, 0.3, 60)])
def test_a_late_change_is_noticed_soon(shift: float, share: float, median: float) -> None:
    rng = np.random.default_rng(4)
    begun = _after(RankTest.begin(rng.normal(size=150)), rng.normal(size=5000))
    delays = []
    for _ in range(15):
        test, delay = begun, 0
        while test.money.money < 40:
            test, delay = test.update(rng.normal() + shift * (rng.random() < share)), delay + 1
        delays.append(delay)
    assert np.median(delays) <= median


@pytest.mark.slow
def test_a_slow_change_is_noticed_late() -> None:
    """The mean rises by one standard deviation in 40,000 inputs: the median alarm is at a sixth to a third of it."""
    rng = np.random.default_rng(8)
    alarms = []
    for _ in range(10):
        test = _after(RankTest.begin(rng.normal(size=150)), rng.normal(size=1000))
        place = 0
        while test.money.money < 40:
            test, place = test.update(rng.normal() + place / 40_000), place + 1
        alarms.append(place)
    assert 40_000 / 6 <= np.median(alarms) <= 40_000 / 3


def test_scores_that_fall_are_no_alarm() -> None:
    rng = np.random.default_rng(5)
    assert not _ever(RankTest.begin(rng.normal(size=150)), rng.normal(size=1500) - 2, 20)


def test_the_unit_of_scores_changes_nothing() -> None:
    rng = np.random.default_rng(6)
    known, more = rng.normal(size=100), rng.normal(size=200) + 1
    plain, scaled = _after(RankTest.begin(known), more), _after(RankTest.begin(np.exp(known)), np.exp(more))
    assert plain.money == scaled.money


def test_the_stored_goes_on_as_it_would_have() -> None:
    rng = np.random.default_rng(7)
    test = _after(RankTest.begin(_drawn("steps", rng, 120), 9), _drawn("steps", rng, 300))
    stored = RankTest.from_values(json.loads(json.dumps(test.to_values())))
    assert stored == test
    more = _drawn("steps", rng, 100)
    assert _after(stored, more) == _after(test, more)


@pytest.mark.parametrize("score", [float("nan"), float("inf"), -float("inf")])
def test_scores_that_are_no_numbers(score: float) -> None:
    with pytest.raises(UsageError, match="must be a finite number"):
        RankTest.begin(np.arange(50.0)).update(score)
    with pytest.raises(UsageError, match="not all finite"):
        RankTest.begin(np.append(np.arange(50.0), score))


def test_too_few_scores() -> None:
    with pytest.raises(UsageError, match="49 calibration scores; at least 50") as error:
        RankTest.begin(np.arange(49.0))
    assert "Hold out more" in error.value.hint
