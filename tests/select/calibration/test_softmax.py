import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from edgewise.select.calibration import softmax


@given(hnp.arrays(np.float32, (5, 37), elements=st.floats(-1e4, 1e4, width=32)), st.floats(0.05, 20))
def test_a_row_alone_and_in_a_batch_are_bit_equal(logits: np.ndarray, temperature: float) -> None:
    batch = softmax(logits, temperature)
    assert batch.dtype == np.float32
    assert batch.sum(axis=1) == pytest.approx(1, abs=1e-5)
    for row, alone in zip(batch, logits, strict=True):
        assert (softmax(alone, temperature) == row).all()


def test_half_precision_logits_do_not_overflow() -> None:
    assert softmax(np.array([60000, -60000, 0], np.float16)).tolist() == [1, 0, 0]
