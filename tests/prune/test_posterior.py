import numpy as np
import pytest

from edgewise.errors import DataError, UsageError
from edgewise.prune.posterior import Posterior, stream_prior
from edgewise.select.calibration import softmax


def _drawn(prior: np.ndarray, inputs: int, seed: int, gap: float = 2.0) -> tuple[np.ndarray, np.ndarray]:
    """Labels [n], and logits [n, C] that are calibrated where classes are equally frequent.

    Each class has its own normal distribution, around a point at `gap` on an axis of its own.
    """
    rng = np.random.default_rng(seed)
    labels = rng.choice(len(prior), inputs, p=prior)
    points = gap * np.eye(len(prior))[labels] + rng.normal(size=(inputs, len(prior)))
    return labels, gap * points


def test_the_users_classes_share_what_they_had_among_all() -> None:
    logits = np.random.default_rng(0).normal(size=(50, 7)) * 3
    every = softmax(logits / 1.7).astype(np.float64)
    own = every[:, [4, 1, 2]]
    plain = Posterior((4, 1, 2), temperature=1.7)
    np.testing.assert_allclose(plain.of(logits), own / own.sum(axis=1, keepdims=True), atol=1e-6)
    with_other = Posterior((4, 1, 2), temperature=1.7, other=True).of(logits)
    np.testing.assert_allclose(with_other, np.column_stack([own, 1 - own.sum(axis=1)]), atol=1e-6)


def test_the_prior_of_a_stream_is_recovered() -> None:
    true = np.array([0.55, 0.3, 0.1, 0.05, 0.0])
    labels, logits = _drawn(true, 4000, 0)
    found = stream_prior(softmax(logits))
    assert found.shape == (5,)
    assert found.sum() == pytest.approx(1)
    # Labels alone would tell it to 0.008; what inputs do not say of their class comes on top.
    assert found == pytest.approx(true, abs=0.03)
    assert abs(softmax(logits).mean(axis=0) - true).max() > 0.05  # the mean of what is believed does not
    adjusted = Posterior(tuple(range(5))).for_stream(logits)
    right = (adjusted.of(logits).argmax(axis=1) == labels).mean()
    assert right > (logits.argmax(axis=1) == labels).mean() + 0.02


def test_the_likelihood_of_the_prior_cannot_rise_much() -> None:
    chances = np.random.default_rng(1).dirichlet(np.full(4, 0.3), 300)
    found = stream_prior(chances)

    def likelihood(prior: np.ndarray) -> float:
        return float(np.log(chances @ prior).mean())

    rng = np.random.default_rng(2)
    near = np.maximum(found + rng.normal(size=(2000, 4)) * np.geomspace(1e-4, 0.3, 2000)[:, None], 0)
    best = max(likelihood(prior / prior.sum()) for prior in near)
    assert best <= likelihood(found) + 1e-4


def test_the_others_were_more_frequent_in_training() -> None:
    """Ten classes, two of them the user's; the stream sees the user's alone."""
    _, logits = _drawn(np.array([0.5, 0.5, *[0.0] * 8]), 2000, 3)
    posterior = Posterior((0, 1), other=True)
    assert posterior.of(logits)[:, 2].mean() > 0.3
    adjusted = posterior.for_stream(logits)
    assert adjusted.prior == pytest.approx((0.5, 0.5, 0.0), abs=0.04)
    assert adjusted.of(logits)[:, 2].mean() < 0.04


@pytest.mark.parametrize("other", [False, True])
def test_the_temperature_is_found_on_labels(other: bool) -> None:
    labels, logits = _drawn(np.full(6, 1 / 6), 4000, 4)
    found = Posterior.calibrated(3 * logits, labels, [5, 0, 3], other=other)
    assert found.classes == (5, 0, 3)
    assert found.temperature == pytest.approx(3.0, rel=0.08)


@pytest.mark.parametrize(
    ("classes", "says"),
    [
        ((1,), "has 1 class"),
        ((), "has 0 classes"),
        ((1, 2, 1), "Class 1 is named 2 times"),
        ((1, -1), "Class -1 is none"),
        ((0.5, 1.0), "class indices"),
    ],
)
def test_classes_that_cannot_be(classes, says: str) -> None:
    with pytest.raises(UsageError, match=says):
        Posterior(classes)


@pytest.mark.parametrize(
    ("settings", "says"),
    [
        ({"temperature": 0.0}, "temperature is 0"),
        ({"temperature": float("nan")}, "temperature is nan"),
        ({"prior": (0.5, 0.4, 0.1)}, "3 shares; there are 2"),
        ({"prior": (0.5, 0.4)}, "sum to 1"),
        ({"other": True, "prior": (0.5, 0.5)}, "2 shares; there are 3"),
    ],
)
def test_settings_that_cannot_be(settings: dict[str, object], says: str) -> None:
    with pytest.raises(UsageError, match=says):
        Posterior((0, 1), **settings)  # type: ignore[arg-type]


def test_logits_that_cannot_be() -> None:
    with pytest.raises(UsageError, match="Class 9 is none of the model's; indices are 0 to 4"):
        Posterior((0, 9)).of(np.zeros((3, 5)))
    with pytest.raises(UsageError, match="all 2 classes"):
        Posterior((0, 1), other=True).of(np.zeros((3, 2)))
    with pytest.raises(UsageError, match="shape"):
        Posterior((0, 1)).of(np.zeros(5))
    with pytest.raises(DataError, match="not finite"):
        Posterior((0, 1)).of(np.full((3, 5), np.nan))
    with pytest.raises(UsageError, match="None of 3 labelled images"):
        Posterior.calibrated(np.zeros((3, 5)), np.array([2, 3, 4]), [0, 1])


@pytest.mark.parametrize(
    ("posteriors", "says"),
    [(np.zeros((0, 3)), "one input at least"), (np.ones((4, 3)), "sum to 1"), (np.full((4, 3), np.nan), "sum to 1")],
)
def test_what_is_no_posterior(posteriors: np.ndarray, says: str) -> None:
    with pytest.raises(UsageError, match=says):
        stream_prior(posteriors)
