import numpy as np
import pytest

from edgewise.select.budget.coin import Coin
from edgewise.select.budget.points import cross_points
from edgewise.select.budget.singles import Singles
from edgewise.select.judge.evaluate import evaluate
from edgewise.select.single import SingleModel


def _singles(trials):
    return cross_points("one model", Singles(), trials, np.zeros(len(trials), int), (), "top1")


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
    (point,) = cross_points("two", two_stages, trials, np.arange(600) % 2, (0.0,), "top1")

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
