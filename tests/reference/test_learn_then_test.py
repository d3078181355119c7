"""The fast p-values and the fast walk against the page in plain Python."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from edgewise.reference.learn_then_test import binomial, certified, hoeffding_bentkus
from edgewise.select.guarantee.family_wise import fixed_sequence
from edgewise.select.guarantee.p_values import binomial_p, hoeffding_bentkus_p


@given(
    images=st.integers(1, 60),
    configurations=st.integers(1, 8),
    alpha=st.sampled_from([0.05, 0.2, 0.5, 0.8]),
    delta=st.sampled_from([0.01, 0.1, 0.3]),
    steps=st.sampled_from([1, 3, 100]),
    seed=st.integers(0, 2**31),
)
def test_they_agree(images: int, configurations: int, alpha: float, delta: float, steps: int, seed: int) -> None:
    rng = np.random.default_rng(seed)
    losses = rng.binomial(steps, rng.uniform(0, alpha, configurations), (images, configurations)) / steps
    fast = hoeffding_bentkus_p(losses, alpha)
    slow = [hoeffding_bentkus(column.sum() / images, images, alpha) for column in losses.T]
    assert fast == pytest.approx(slow, rel=1e-9)
    assert fixed_sequence(fast, range(configurations), delta) == certified(losses.T.tolist(), alpha, delta)


@given(images=st.integers(1, 80), alpha=st.floats(0.01, 0.99), share=st.floats(0, 1))
def test_the_exact_test_agrees(images: int, alpha: float, share: float) -> None:
    wrong = int(share * images)
    assert binomial_p(np.array([wrong]), np.array([images]), alpha)[0] == pytest.approx(
        binomial(wrong, images, alpha), rel=1e-9
    )


def test_a_worked_example() -> None:
    # Ten images without a loss: (1 - 0.3)^10 is both the exact p-value and Hoeffding's.
    assert binomial(0, 10, 0.3) == pytest.approx(0.7**10)
    assert hoeffding_bentkus(0.0, 10, 0.3) == pytest.approx(0.7**10)
    good, bad = [0.0] * 10, [1.0] * 10
    assert certified([good, good, bad, good], 0.3, 0.05) == [0, 1], "the walk ends at the first failure"
