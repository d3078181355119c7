import numpy as np
import pytest

from edgewise.errors import UsageError
from edgewise.prune.other_row import fit_other_row


def _drawn(inputs: int, width: int, seed: int = 7) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Features as after ReLU and pooling, around five classes' means, and 40 other classes' weights."""
    rng = np.random.default_rng(0)
    means = np.maximum(rng.normal(size=(5, width)), 0)
    weights, bias = rng.normal(size=(40, width)) / np.sqrt(width) * 2, rng.normal(size=40) * 0.1
    rng = np.random.default_rng(seed)
    features = np.maximum(means[rng.integers(0, 5, inputs)] + 0.5 * rng.normal(size=(inputs, width)), 0)
    return features, weights, bias


def _logsumexp(features: np.ndarray, weights: np.ndarray, bias: np.ndarray) -> np.ndarray:
    return np.log(np.exp(features @ weights.T + bias).sum(axis=1))


def test_one_other_class_is_found_exactly() -> None:
    features, weights, bias = _drawn(60, 12)
    found = fit_other_row(features, weights[:1], bias[:1])
    np.testing.assert_allclose(found.weights, weights[0], atol=1e-9)
    assert found.intercept == pytest.approx(bias[0])
    assert found.r_squared == pytest.approx(1)


def _reached(slopes: np.ndarray, intercept: float, width: int) -> float:
    """R squared on 4,000 fresh inputs."""
    fresh, weights, bias = _drawn(4000, width, 1)
    truth = _logsumexp(fresh, weights, bias)
    return 1 - float(((truth - fresh @ slopes - intercept) ** 2).mean() / truth.var())


def _least_squares(features: np.ndarray, target: np.ndarray, penalty: float) -> tuple[np.ndarray, float]:
    """Slopes and intercept, drawn to 0."""
    centre = features.mean(axis=0)
    points = features - centre
    slopes = np.linalg.solve(points.T @ points + penalty * np.eye(len(centre)), points.T @ (target - target.mean()))
    return slopes, float(target.mean() - centre @ slopes)


def test_the_row_is_nearly_as_good_as_a_row_can_be() -> None:
    """No plane is the logsumexp; that of 20,000 inputs is what can be had. What is told beforehand is true."""
    found = fit_other_row(*_drawn(400, 64))
    many, weights, bias = _drawn(20_000, 64, 2)
    best = _reached(*_least_squares(many, _logsumexp(many, weights, bias), 0.0), 64)
    reached = _reached(found.weights, found.intercept, 64)
    assert best > 0.8
    assert reached > best - 0.03
    assert found.r_squared == pytest.approx(reached, abs=0.05)


def test_few_inputs_of_many_features_are_enough() -> None:
    """Rows that are drawn to 0 instead, at the penalty that happens to be best for them, stay far behind."""
    features, weights, bias = _drawn(100, 256)
    found = fit_other_row(features, weights, bias)
    truth = _logsumexp(features, weights, bias)
    drawn_to_0 = max(_reached(*_least_squares(features, truth, penalty), 256) for penalty in 10.0 ** np.arange(-3, 5))
    reached = _reached(found.weights, found.intercept, 256)
    assert reached > drawn_to_0 + 0.1
    assert found.r_squared == pytest.approx(reached, abs=0.1)


def test_the_left_out_errors_are_those_of_fits_without_them() -> None:
    """By brute force, at the penalty that was found, around the plane that was found."""
    features, weights, bias = _drawn(25, 6)
    found = fit_other_row(features, weights, bias)
    truth = _logsumexp(features, weights, bias)
    chances = np.exp(features @ weights.T + bias)
    chances /= chances.sum(axis=1, keepdims=True)
    touching = chances.mean(axis=0) @ weights
    missed = 0.0
    for one in range(25):
        kept = np.arange(25) != one
        centre, left = features[kept].mean(axis=0), (truth - features @ touching)[kept]
        points = features[kept] - centre
        # Leaving one out keeps the penalty; the intercept is that of the rest.
        slopes = np.linalg.solve(points.T @ points + found.penalty * np.eye(6), points.T @ (left - left.mean()))
        missed += (truth[one] - features[one] @ touching - left.mean() - (features[one] - centre) @ slopes) ** 2
    assert found.r_squared == pytest.approx(1 - missed / ((truth - truth.mean()) ** 2).sum(), abs=1e-9)


@pytest.mark.parametrize(
    ("features", "says"),
    [
        (np.ones((1, 6)), "fitted to 1 inputs"),
        (np.ones((9, 6)), "same features"),
        (np.ones((9, 7)), r"expected \[inputs, 6\]"),
        (np.full((9, 6), np.nan), "not finite"),
    ],
)
def test_what_nothing_can_be_fitted_to(features: np.ndarray, says: str) -> None:
    _, weights, bias = _drawn(1, 6)
    with pytest.raises(UsageError, match=says):
        fit_other_row(features, weights, bias)
