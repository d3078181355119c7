import numpy as np
import pytest
from scipy.optimize import minimize_scalar
from scipy.special import log_softmax

from edgewise.errors import UsageError
from edgewise.select.calibration import fit_temperature
from edgewise.select.calibration.temperature import even_rows


@pytest.mark.parametrize("true_temperature", [0.4, 1.0, 3.0])
def test_the_temperature_that_made_the_labels_is_found(true_temperature: float) -> None:
    found: list[float] = []
    for seed in range(5):  # one sample of 8,000 is off by 2% (standard deviation), five by 1%
        rng = np.random.default_rng(seed)
        logits = rng.normal(0, 3, (8000, 10)).astype(np.float32)
        noise = rng.gumbel(size=logits.shape)
        found.append(fit_temperature(logits, (logits / true_temperature + noise).argmax(axis=1)))
    assert np.mean(found) == pytest.approx(true_temperature, rel=0.04)


def test_it_is_the_minimum_that_a_general_search_finds() -> None:
    rng = np.random.default_rng(1)
    logits, labels = rng.normal(0, 2, (400, 5)).astype(np.float32), rng.integers(0, 5, 400)
    logits[np.arange(400), labels] += 2

    def loss(log_temperature: float) -> float:
        return -log_softmax(logits / np.exp(log_temperature), axis=1)[np.arange(400), labels].mean()

    peer = np.exp(minimize_scalar(loss, bounds=(np.log(0.05), np.log(20)), method="bounded").x)
    assert fit_temperature(logits, labels) == pytest.approx(peer, rel=1e-3)


def test_a_model_that_is_always_right_stays_in_bounds() -> None:
    assert fit_temperature(np.eye(4, dtype=np.float32), np.arange(4)) == pytest.approx(0.05, rel=1e-3)


def test_a_model_that_is_always_wrong_stays_in_bounds() -> None:
    assert fit_temperature(np.eye(4, dtype=np.float32), (np.arange(4) + 1) % 4) == pytest.approx(20, rel=1e-3)


def test_an_excluded_class_is_no_nan() -> None:
    logits = np.array([[0.0, 1.0, -np.inf], [2.0, 0.0, -np.inf]], np.float32)
    assert np.isfinite(fit_temperature(logits, np.array([1, 0])))


def test_no_rows_is_an_error() -> None:
    with pytest.raises(UsageError, match="at least one"):
        fit_temperature(np.empty((0, 3)), np.empty(0, int))


@pytest.mark.parametrize(("classes", "rows"), [(20, 10_000), (1000, 5_000), (100_000, 1_000)])
def test_of_many_rows_so_many_are_taken(classes: int, rows: int) -> None:
    chosen = even_rows(50_000, classes, min(5_000_000, 10_000 * classes))
    assert len(np.unique(chosen)) == rows
    assert (chosen[0], chosen[-1]) == (0, 49_999)
