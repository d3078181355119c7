import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from edgewise.select.agreement.cascade import AgreementCascade
from edgewise.select.agreement.search import Found, Patterns, best_at, every_cascade, front


@given(models=st.integers(1, 3), classes=st.integers(2, 4), seed=st.integers(0, 2**31))
def test_counting_by_pattern_is_what_the_selector_does(models: int, classes: int, seed: int) -> None:
    rng = np.random.default_rng(seed)
    labels, named = rng.integers(0, classes, 40), rng.integers(0, classes, (40, models))
    right, times = named == labels[:, None], np.sort(rng.random(models))
    trust = list(right.mean(axis=0))
    found = list(every_cascade(Patterns.count(named, right, np.ones(40)), trust, times, 4))
    for one in [found[int(place)] for place in rng.integers(0, len(found), 10)]:
        stages = list(one.stages)
        selector = AgreementCascade(tuple(map(str, stages)), one.quorums, tuple(trust[s] for s in stages), one.last)
        ended, answered = selector.settled(named[:, stages])
        assert one.worth == pytest.approx((answered == labels).mean())
        assert one.mean_ms == pytest.approx(np.cumsum(times[stages])[ended].mean())


def test_every_cascade_is_there_once() -> None:
    rng = np.random.default_rng(0)
    named = rng.integers(0, 3, (500, 3))
    patterns = Patterns.count(named, named == 0, np.ones(500))
    found = [(one.stages, one.quorums, one.last) for one in every_cascade(patterns, [0.3] * 3, [1.0, 2.0, 3.0], 3)]
    # 3 singles; 3 pairs, and each with the third model behind quorum 2 or 3; two last words each
    assert len(found) == len(set(found)) == 3 + 3 * (1 + 2) * 2


def test_weights_count() -> None:
    named, right = np.array([[0], [1]]), np.array([[True], [False]])
    (alone,) = every_cascade(Patterns.count(named, right, np.array([1.5, 0.5])), [0.5], [2.0], 1)
    assert alone.worth == 0.75


def test_a_high_price_takes_the_cheapest_and_none_the_most_accurate() -> None:
    found = [Found((0,), (), "own", 0.5, 1.0), Found((0, 1), (), "own", 0.9, 3.0), Found((1,), (), "own", 0.9, 3.0)]
    assert best_at(found, [0.0, 0.1, 1.0]) == [found[2], found[2], found[0]]


def test_models_near_the_mixing_line_are_combined() -> None:
    # Accuracies 0.4, 0.45, 0.7, 0.72, 0.8 at 1, 2, 3, 4, 5 ms: the second falls far short, the fourth little.
    right = np.arange(100)[:, None] < np.array([40, 45, 70, 72, 80])
    times = np.arange(1.0, 6.0)
    assert front(right, times, 5) == [0, 1, 2, 3, 4]
    assert front(right, times, 4) == [0, 2, 3, 4]
    assert front(right, times, 3) == [0, 2, 4]
    assert front(right, times, 2) == [0, 4]
    assert front(right, times, 1) == [0]
