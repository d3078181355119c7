import numpy as np
import pytest

from edgewise.errors import UsageError
from edgewise.select.calibration import IsotonicMap, fit_isotonic


def test_the_probability_of_being_right_is_found() -> None:
    rng = np.random.default_rng(0)
    signal = rng.random(20_000).astype(np.float32)
    right = rng.random(20_000) < signal**2
    found = fit_isotonic(signal, right)
    points = np.linspace(0.05, 0.95, 10)
    assert found(points) == pytest.approx(points**2, abs=0.05)


def test_it_never_falls_and_stays_in_range() -> None:
    rng = np.random.default_rng(1)
    found = fit_isotonic(rng.random(60), rng.random(60) < 0.5)
    values = found(np.linspace(-1, 2, 500))
    assert (np.diff(values) >= 0).all()
    assert 0 <= values.min() <= values.max() <= 1


def test_weights_count_as_so_many_images() -> None:
    signal, right = np.array([0.1, 0.1, 0.9]), np.array([True, False, True])
    assert fit_isotonic(signal, right, np.array([3.0, 1.0, 1.0]))(np.float32([0.1])) == pytest.approx(0.75)


@pytest.mark.parametrize("weighted", [False, True])
def test_it_is_the_map_of_scikit_learn(weighted: bool) -> None:
    from sklearn.isotonic import IsotonicRegression

    rng = np.random.default_rng(3)
    for distinct in (3, 20, 10_000):
        signal = rng.integers(0, distinct, 300) / distinct
        right, weights = rng.random(300) < signal, rng.random(300) if weighted else None
        peer = IsotonicRegression(y_min=0, y_max=1, out_of_bounds="clip").fit(signal, right, weights)
        found = fit_isotonic(signal, right, weights)
        assert found.signals.tolist() == peer.X_thresholds_.tolist()
        assert found.probabilities == pytest.approx(peer.y_thresholds_, abs=1e-12)


def test_one_signal_and_many_agree_exactly() -> None:
    rng = np.random.default_rng(2)
    found = fit_isotonic(rng.random(300), rng.random(300) < 0.5)
    signals = rng.random(400).astype(np.float32)
    assert found(signals).tolist() == [float(found(signal)) for signal in signals]


@pytest.mark.parametrize(
    ("signals", "probabilities"), [([], []), ([0.1], [0.1, 0.2]), ([0.2, 0.1], [0.1, 0.2]), ([0.1, 0.2], [0.2, 0.1])]
)
def test_knots_that_are_no_rising_map(signals: list[float], probabilities: list[float]) -> None:
    with pytest.raises(UsageError):
        IsotonicMap(np.array(signals), np.array(probabilities))


def test_no_rows_is_an_error() -> None:
    with pytest.raises(UsageError, match="at least one"):
        fit_isotonic(np.empty(0), np.empty(0, bool))
