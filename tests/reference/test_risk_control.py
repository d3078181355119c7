"""The fast rule against the page in plain Python."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from edgewise.errors import UsageError
from edgewise.reference.risk_control import control as plain
from edgewise.select.guarantee.risk_control import control, control_threshold


@given(
    images=st.integers(1, 30),
    thresholds=st.integers(1, 12),
    alpha=st.sampled_from([0.05, 0.1, 0.25, 0.5, 0.9]),
    steps=st.sampled_from([1, 4, 1000]),
    seed=st.integers(0, 2**31),
)
def test_they_agree(images: int, thresholds: int, alpha: float, steps: int, seed: int) -> None:
    losses = np.random.default_rng(seed).integers(0, steps + 1, (images, thresholds)) / steps
    losses = np.minimum.accumulate(losses, axis=1)
    expected = plain(losses.tolist(), alpha)
    if expected is None:
        with pytest.raises(UsageError, match="no threshold keeps"):
            control(losses, alpha)
    else:
        assert control(losses, alpha) == expected


@given(images=st.integers(1, 40), alpha=st.floats(0.02, 0.9), grid=st.integers(1, 30), seed=st.integers(0, 2**31))
def test_a_threshold_is_the_first_of_all_that_there_are(images: int, alpha: float, grid: int, seed: int) -> None:
    rng = np.random.default_rng(seed)
    confidence, harmful = rng.integers(0, grid + 1, images) / grid, rng.random(images) < 0.4
    every = np.unique(np.concatenate([[0.0], confidence, np.nextafter(confidence, np.inf)]))
    losses = (confidence[:, None] >= every) & harmful[:, None]
    expected = plain(losses.astype(float).tolist(), alpha)
    if expected is None:
        with pytest.raises(UsageError, match="no threshold keeps"):
            control_threshold(confidence, harmful, alpha)
    else:
        assert control_threshold(confidence, harmful, alpha) == every[expected]


def test_a_worked_example() -> None:
    # Four images: 4/5 * mean + 1/5 <= 0.4 asks for a mean of 0.25: one loss of four.
    losses = [[1, 1, 0], [1, 0, 0], [0, 0, 0], [1, 0, 0]]
    assert plain(losses, 0.4) == 1
    assert plain(losses, 0.3) == 2
    assert plain(losses, 0.19) is None
