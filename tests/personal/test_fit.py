"""Does what comes belong to a network's classes?"""

from typing import Any

import numpy as np
import pytest

from edgewise.personal.beliefs import Belief
from edgewise.personal.fit import Fit


class Tail:
    """Whose second class is outside."""

    def outside(self, belief: Belief, known: int) -> float:
        return 1 - belief.outside([1])


OWN, OTHER = Belief((0, 1), (0.98, 0.02)), Belief((1, 0), (0.95, 0.05))


def _fit(**changed: Any) -> Fit:
    settings: dict[str, Any] = {"known": 10, "most_outside": 0.2, "alpha": 0.05, **changed}
    return Fit(Tail(), **settings)  # type: ignore[arg-type]


def _until(fit: Fit, belief: Belief, verdict: str, most: int = 400) -> int:
    for count in range(most):
        if fit.verdict == verdict:
            return count
        fit.take(belief)
    raise AssertionError(f"{fit.verdict} after {most} inputs")


def test_own_inputs_fit_and_others_do_not() -> None:
    assert 16 <= _until(_fit(), OWN, "fits") <= 48
    assert 16 <= _until(_fit(), OTHER, "does not") <= 32


def test_nothing_is_said_before_the_first_look() -> None:
    fit = _fit()
    for _ in range(15):
        fit.take(OTHER)
    assert fit.verdict == "open"
    fit.take(OTHER)
    assert fit.verdict != "open"


def test_inputs_from_long_before_do_not_weigh() -> None:
    fit = _fit()
    for _ in range(2000):
        fit.take(OTHER)
    assert fit.verdict == "does not"
    assert _until(fit, OWN, "fits") <= 128 + 80, "the rest of the block, and some dozens"
    assert _until(fit, OTHER, "does not") <= 128 + 64


def test_the_trial_begins_anew_after_a_block() -> None:
    fit = _fit()
    for _ in range(96):
        fit.take(OWN)
    bound = fit.outside_at_most
    assert bound < 0.1
    for _ in range(16):
        fit.take(OWN)
    assert fit.outside_at_most > bound, "sixteen inputs alone say less than 96"
    assert fit.verdict == "fits", "and the latest verdict stands"
    long = _fit(block=500)
    for _ in range(112):
        long.take(OWN)
    assert long.outside_at_most < bound


def test_whoever_was_away_for_a_million_inputs_is_known_again() -> None:
    fit, mixed = _fit(), np.random.default_rng(0)
    fit._blocks = 1_000_000 // 96
    fit._begin()
    count = 0
    while fit.verdict != "fits" and count < 2000:
        fit.take(OTHER if mixed.random() < 0.05 else OWN)
        count += 1
    assert 100 < count < 700, "the alpha of one block in ten thousand is small, and asks for more than 96 inputs"


@pytest.mark.parametrize("share", [0.25, 0.4])
def test_it_seldom_fits_where_it_should_not(share: float) -> None:
    random, fits = np.random.default_rng(0), 0
    for _ in range(30):
        fit = _fit()
        for _ in range(300):
            fit.take(OTHER if random.random() < share else OWN)
            if fit.verdict == "fits":
                fits += 1
                break
    assert fits <= 2, "alpha is 5%"
