import numpy as np
import pytest

from edgewise.select.agreement.choice_model import _likelihood, fit_choice


def _drawn(images: int, weights: np.ndarray, none: float, seed: int = 0) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Choices drawn from the model itself: traits, allowed, chosen."""
    rng = np.random.default_rng(seed)
    traits = rng.normal(size=(images, 4, len(weights)))
    allowed = rng.random((images, 4)) < 0.8
    scores = np.column_stack([np.where(allowed, traits @ weights, -np.inf), np.full(images, none)])
    chosen = (scores + rng.gumbel(size=scores.shape)).argmax(axis=1)
    return traits, allowed, np.where(chosen == 4, -1, chosen)


def test_it_finds_the_weights_that_choices_were_drawn_from() -> None:
    true = np.array([1.5, -0.7, 0.0])
    found = fit_choice(*_drawn(20_000, true, 0.5))
    assert found == pytest.approx([*true, 0.5], abs=0.06)


def test_slope_and_curvature_are_those_of_the_value() -> None:
    traits, allowed, chosen = _drawn(50, np.array([1.0, -1.0]), 0.2)
    target = np.append(np.where(chosen[:, None] >= 0, traits[np.arange(50), chosen], 0).sum(axis=0), (chosen < 0).sum())
    at, step = np.array([0.3, 0.1, -0.4]), 1e-5
    _, slope, curvature = _likelihood(traits, allowed, target, at)
    for place, move in enumerate(np.eye(3) * step):
        up, down = (_likelihood(traits, allowed, target, at + sign * move) for sign in (1, -1))
        assert slope[place] == pytest.approx((up[0] - down[0]) / (2 * step), rel=1e-5)
        assert curvature[place] == pytest.approx((down[1] - up[1]) / (2 * step), rel=1e-4)


def test_choices_without_a_doubt_stay_finite() -> None:
    traits = np.zeros((30, 2, 1))
    traits[:, 0] = 1
    found = fit_choice(traits, np.ones((30, 2), bool), np.zeros(30, int))
    assert np.isfinite(found).all()
    assert found[0] > 1
