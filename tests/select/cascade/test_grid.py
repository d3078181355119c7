from itertools import pairwise

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from edgewise.select.cascade.grid import ALWAYS_ESCALATE, threshold_grid

CONFIDENCE = hnp.arrays(np.float32, st.integers(1, 80), elements=st.floats(0, 1, width=32))


@given(CONFIDENCE, st.integers(2, 30))
def test_every_threshold_parts_the_images(confidence: np.ndarray, quantiles: int) -> None:
    grid = threshold_grid(confidence, quantiles)
    assert grid[-1] == ALWAYS_ESCALATE
    assert len(grid) <= quantiles
    assert (np.diff(grid) > 0).all()
    reached = [int((confidence >= threshold).sum()) for threshold in grid]
    assert all(before > after for before, after in pairwise(reached))
    assert all(0 < count < len(confidence) for count in reached[:-1])
    assert not np.isin(grid, confidence.astype(np.float64)).any(), "no image lies on a threshold"


def test_with_as_many_quantiles_as_images_every_gap_is_tried() -> None:
    assert threshold_grid(np.float32([0.5, 0.25, 0.75]), 3).tolist() == [0.375, 0.625, 2.0]


def test_thresholds_are_spread_over_the_images_and_not_over_the_values() -> None:
    confidence = np.append(np.linspace(0.9, 1, 99, dtype=np.float32), np.float32(0))
    assert (threshold_grid(confidence, 11)[1:] > 0.9).all()
