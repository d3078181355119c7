import numpy as np
import pytest

from edgewise.select.budget.charges import Charges
from edgewise.select.budget.coin import Coin, share_around
from edgewise.select.budget.points import cross_points
from edgewise.select.budget.singles import Singles
from edgewise.select.judge.evaluate import evaluate
from edgewise.select.single import SingleModel

FREE = Charges(decide_ms=0.0)  # what is timed here differs from run to run


def _singles(trials, charges=FREE):
    return cross_points("one model", Singles(), trials, np.zeros(len(trials), int), (), "top1", charges=charges)


def test_single_models_on_the_line_gain_nothing(make_trials) -> None:
    trials = make_trials(reach=(0.5, 0.7, 0.9))
    singles = _singles(trials)
    coin = Coin.of(singles, trials.decode_ms)
    for time, score in coin.corners[1:]:
        (point,) = [p for p in singles if p.mean_ms == time and p.score == score]
        assert coin.gain(point).value == pytest.approx(0, abs=1e-9)
        assert coin.gain(point).high == pytest.approx(0, abs=1e-6)


def test_the_gain_and_its_interval_are_close_to_the_bootstrap(make_trials, two_stages) -> None:
    trials = make_trials(images=600)
    coin = Coin.of(_singles(trials), trials.decode_ms)
    selector = two_stages.fit_path(trials, (0.0,))[0]
    (point,) = cross_points("two", two_stages, trials, np.arange(600) % 2, (0.0,), "top1", charges=FREE)

    class Fixed:
        def fit(self, trials):
            return selector

    row = next(r for r in evaluate(trials, {"two": Fixed()}, folds=2, decide_ms=0.0).table.rows if r.name == "two")
    gain = coin.gain(point)
    assert row.gain is not None
    assert gain.value == pytest.approx(row.gain.value, abs=1e-6)
    assert gain.low == pytest.approx(row.gain.low, abs=0.01)
    assert gain.high == pytest.approx(row.gain.high, abs=0.01)


def test_beyond_the_line_the_best_model_counts(make_trials) -> None:
    trials = make_trials(reach=(0.9, 0.7, 0.5))
    singles = _singles(trials)
    coin = Coin.of(singles, trials.decode_ms)
    assert coin.gain(singles[2]).value == pytest.approx(singles[2].score - singles[0].score)


def test_an_only_model_at_no_time_is_a_line_too(make_trials) -> None:
    trials = make_trials(reach=(0.8,))
    points = _singles(trials)
    assert Coin.of(points, trials.decode_ms).gain(points[0]).value == pytest.approx(0)
    assert SingleModel("net0").route(trials).right(trials.labels).mean() == points[0].score


def test_the_coin_pays_nothing_for_choosing(make_trials) -> None:
    trials = make_trials(reach=(0.5, 0.7, 0.9))
    dear = _singles(trials, Charges(decide_ms=2.0, check_ms=1.0))
    assert [point.choose_ms for point in dear] == [5.0] * 3
    assert Coin.of(dear, trials.decode_ms).corners == Coin.of(_singles(trials), trials.decode_ms).corners
    assert Coin.of(dear, trials.decode_ms).gain(dear[0]).value < 0


@pytest.mark.parametrize(("right", "images"), [(20, 20), (0, 20), (19, 20), (61, 100)])
def test_a_share_has_wilson_s_interval(right: int, images: int) -> None:
    from scipy.stats import binomtest

    worth = (np.arange(images) < right).astype(np.float32)
    found = share_around(right / images, worth, 1.959964)
    expected = binomtest(right, images).proportion_ci(method="wilson")
    assert (found.low, found.high) == pytest.approx((expected.low, expected.high), abs=1e-6)
    assert share_around(right / images, worth, 0.0).low == pytest.approx(right / images)


def test_answers_of_unequal_worth_count_as_fewer_images() -> None:
    even, uneven = np.ones(100, np.float32), np.repeat(np.float32([0.2, 1.8]), 50)
    assert share_around(1.0, uneven).low < share_around(1.0, even).low < 1
