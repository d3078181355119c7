import numpy as np
import pytest

from edgewise.select.cascade.weights import log_odds_weights, weighted_mean


def test_a_mean_is_summed_in_the_order_given() -> None:
    rows = [np.float32([0.1, 0.9]), np.float32([0.6, 0.4]), np.float32([0.3, 0.7])]
    mean = weighted_mean(rows, [0.5, 0.25, 0.25])
    assert mean.dtype == np.float32
    assert mean == pytest.approx([0.275, 0.725])
    assert rows[0].tolist() == np.float32([0.1, 0.9]).tolist(), "the parts are left alone"


def test_the_likelier_right_counts_more() -> None:
    own = [np.array([0.5, 0.7]), np.array([0.7, 0.9]), np.array([0.9, 0.9])]
    odds = np.log([0.6 / 0.4, 0.8 / 0.2, 0.9 / 0.1])
    assert log_odds_weights(own) == pytest.approx(odds / odds.sum())


def test_a_model_under_even_odds_counts_little_and_never_against() -> None:
    poor, good = log_odds_weights([np.array([0.1]), np.array([0.9])])
    assert 0 < poor < 0.03
    assert poor + good == pytest.approx(1)
    assert log_odds_weights([np.array([0.0]), np.array([0.0])]) == (0.5, 0.5)


def test_a_model_that_is_always_right_does_not_count_for_all() -> None:
    sure, good = log_odds_weights([np.ones(5), np.full(5, 0.9)])
    assert np.isfinite(sure)
    assert good > 0.1
