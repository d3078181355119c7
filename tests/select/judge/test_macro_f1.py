import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from edgewise.select.criterion import score
from edgewise.select.judge import bootstrap
from edgewise.select.judge.bootstrap import resampled_weights
from edgewise.select.judge.macro_f1 import Coins, Confusions, resampled_f1

TIMES = np.array([0.5, 1.5, 4.5, 20.5])  # refusing, and three models


def _answers(images: int, classes: int, seed: int) -> tuple[np.ndarray, list[np.ndarray]]:
    """Labels, and three models that get better; some answers are refusals, some of a class that no label has."""
    rng = np.random.default_rng(seed)
    labels = rng.integers(0, classes, images)
    return labels, [
        np.where(rng.random(images) < right, labels, rng.integers(-1, classes + 1, images)) for right in (0.4, 0.6, 0.8)
    ]


@given(images=st.integers(1, 60), classes=st.integers(1, 6), seed=st.integers(0, 999))
def test_each_resample_has_the_score_of_the_images_that_are_in_it(images: int, classes: int, seed: int) -> None:
    labels, named = _answers(images, classes, seed)
    confusions = Confusions(labels, named)
    assert confusions.f1() == pytest.approx([score(labels, one[:, None], "macro-f1") for one in named])
    coins = Coins(confusions, range(3), TIMES)
    alone = [coins.best(time) for time in TIMES[1:]]
    time_ms = np.tile(TIMES[1:], (images, 1))
    found, _ = resampled_f1(confusions, coins, alone, time_ms, 5, seed)
    (weights,) = resampled_weights(images, 5, seed)
    for resample, times in enumerate(weights.astype(int)):
        drawn = np.repeat(np.arange(images), times)
        expected = [score(labels[drawn], one[drawn, None], "macro-f1") for one in named]
        assert found[resample] == pytest.approx(expected)


def test_a_coin_has_the_score_of_very_many_tosses() -> None:
    labels, named = _answers(200, 4, seed=1)
    coins = Coins(Confusions(labels, named), range(3), TIMES)
    pair = coins.best(12.0)
    assert pair.left < pair.right
    share = coins.share(pair.left, pair.right, np.array([12.0]))[0]
    sides = [np.full(200, -1), *named]
    tossed = np.random.default_rng(0).random((4000, 200)) < share
    answers = np.where(tossed, sides[pair.right], sides[pair.left])
    assert pair.score == pytest.approx(score(np.tile(labels, 4000), answers.reshape(-1, 1), "macro-f1"), abs=2e-3)
    assert TIMES[pair.left] + share * (TIMES[pair.right] - TIMES[pair.left]) == pytest.approx(12.0)


def test_no_coin_between_two_points_does_better() -> None:
    labels, named = _answers(300, 5, seed=2)
    coins = Coins(Confusions(labels, named), range(3), TIMES)
    true, wrong = coins.counts(np.ones((300, 1)))
    best = coins.best(10.0).score
    for left, right in ((0, 3), (1, 3), (2, 3)):
        share = (10.0 - TIMES[left]) / (TIMES[right] - TIMES[left])
        missed, false = (1 - share) * wrong[left, :, :, 0] + share * wrong[right, :, :, 0]
        f1 = 2 * (true[:, 0] - missed) / (2 * true[:, 0] - missed + false)
        assert f1.mean() <= best + 1e-12


def test_the_line_begins_with_refusing_and_reaches_the_best_model() -> None:
    labels, named = _answers(300, 5, seed=3)
    confusions = Confusions(labels, named)
    line = Coins(confusions, range(3), TIMES).line()
    times, scores = np.array(line).T
    assert line[0] == (0.5, 0.0)
    assert (np.diff(times) > 0).all()
    assert (np.diff(scores) > 0).all()
    assert line[-1] == (20.5, pytest.approx(confusions.f1()[2]))
    for time, f1 in zip(TIMES[1:], confusions.f1(), strict=True):
        assert np.interp(time, times, scores) >= f1 - 1e-9, "no model lies above the line"


def test_models_of_one_time_and_rows_beyond_the_line() -> None:
    labels, named = _answers(100, 3, seed=4)
    coins = Coins(Confusions(labels, named), range(3), np.array([0.5, 2.0, 2.0, 2.0]))
    best = max(score(labels, one[:, None], "macro-f1") for one in named)
    assert coins.best(2.0).score == pytest.approx(best)
    assert coins.best(99.0).score == pytest.approx(best)
    assert coins.best(0.1).score == 0


def test_chunks_do_not_show(monkeypatch: pytest.MonkeyPatch) -> None:
    labels, named = _answers(50, 3, seed=5)
    confusions = Confusions(labels, named)
    coins = Coins(confusions, range(3), TIMES)
    rng = np.random.default_rng(0)
    time_ms = np.column_stack([np.full(50, 1.5), np.full(50, 4.5), rng.choice([1.5, 20.5], 50)])
    pairs = [coins.best(float(time)) for time in time_ms.mean(axis=0)]
    whole = resampled_f1(confusions, coins, pairs, time_ms, 20, 0)
    monkeypatch.setattr(bootstrap, "_CHUNK_VALUES", 150)
    for chunked, at_once in zip(resampled_f1(confusions, coins, pairs, time_ms, 20, 0), whole, strict=True):
        assert chunked == pytest.approx(at_once)
