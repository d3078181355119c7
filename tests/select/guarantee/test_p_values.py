import numpy as np
import pytest

from edgewise.errors import UsageError
from edgewise.select.guarantee.p_values import betting_p, binomial_p, hoeffding_bentkus_p

LEVELS = np.array([0.01, 0.05, 0.1, 0.25, 0.5])


def _draws(kind: str, mean: float, images: int, repeats: int) -> np.ndarray:
    """float64 [images, repeats] of the given mean: coins, differences that are mostly 1/2, or evenly spread."""
    rng = np.random.default_rng(0)
    if kind == "coins":
        return (rng.random((images, repeats)) < mean).astype(np.float64)
    if kind == "differences":
        differ = rng.random((images, repeats)) < 0.1
        return np.where(differ, rng.random((images, repeats)) < 0.5 + (mean - 0.5) / 0.1, 0.5)
    return rng.random((images, repeats)) ** (1 / mean - 1)


@pytest.mark.parametrize("kind", ["coins", "differences", "spread"])
@pytest.mark.parametrize("images", [20, 300])
def test_small_p_values_are_as_rare_as_they_say(kind: str, images: int) -> None:
    mean = 0.52 if kind == "differences" else 0.1
    draws = _draws(kind, mean, images, 4000)
    found = {"betting": betting_p(draws, mean), "bentkus": hoeffding_bentkus_p(draws, mean)}
    if kind == "coins":
        found["binomial"] = binomial_p(draws.sum(axis=0).astype(int), np.array(images), mean)
    for name, p_values in found.items():
        share = (p_values[:, None] <= LEVELS).mean(axis=0)
        assert (share <= LEVELS + 3 * np.sqrt(LEVELS / 4000)).all(), (name, share)


def test_the_exact_test_wastes_nothing() -> None:
    draws = _draws("coins", 0.1, 300, 4000)
    share = (binomial_p(draws.sum(axis=0).astype(int), np.array(300), 0.1)[:, None] <= LEVELS).mean(axis=0)
    assert (share >= 0.5 * LEVELS).all(), share


def test_betting_sees_that_two_selectors_seldom_differ() -> None:
    draws = _draws("differences", 0.5, 800, 200)
    assert (betting_p(draws, 0.52) <= 0.05).mean() > 0.7
    assert (hoeffding_bentkus_p(draws, 0.52) <= 0.05).mean() < 0.3


def test_nobody_answered_proves_nothing() -> None:
    assert binomial_p(np.array([0, 0]), np.array([0, 60]), 0.05).tolist() == [1.0, pytest.approx(0.95**60)]


@pytest.mark.parametrize(
    ("losses", "alpha", "says"),
    [
        (np.zeros((5, 2)), 0.0, "Alpha is 0"),
        (np.zeros((5, 2)), 1.0, "Alpha is 1"),
        (np.zeros((0, 2)), 0.5, "configurations"),
        (np.zeros(5), 0.5, "configurations"),
        (np.full((5, 2), 1.5), 0.5, "from 0 to 1"),
        (np.full((5, 2), np.nan), 0.5, "from 0 to 1"),
    ],
)
def test_what_has_no_p_value(losses: np.ndarray, alpha: float, says: str) -> None:
    for function in (betting_p, hoeffding_bentkus_p):
        with pytest.raises(UsageError, match=says):
            function(losses, alpha)
