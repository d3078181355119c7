"""The fast cascade against the page in plain Python."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from edgewise.reference.cascade import cascade
from edgewise.select.cascade.cascade import Cascade
from edgewise.select.cascade.signals import SIGNALS, Signal


@given(
    stages=st.integers(1, 4),
    classes=st.integers(2, 7),
    average=st.booleans(),
    signal=st.sampled_from(SIGNALS),
    weighted=st.booleans(),
    scale=st.sampled_from([0.3, 2.0, 8.0]),
    seed=st.integers(0, 2**31),
)
def test_they_agree(
    stages: int, classes: int, average: bool, signal: Signal, weighted: bool, scale: float, seed: int
) -> None:
    rng = np.random.default_rng(seed)
    logits = [(scale * rng.normal(size=(12, classes))).astype(np.float32) for _ in range(stages)]
    temperatures = tuple(rng.uniform(0.5, 2.0, stages).tolist())
    thresholds = tuple(rng.uniform(0.2, 1.1, stages - 1).tolist())
    counts = rng.uniform(0.1, 1.0, stages)
    rows = tuple(tuple((counts[: s + 1] / counts[: s + 1].sum()).tolist()) for s in range(stages)) if weighted else ()
    fast = Cascade(tuple(map(str, range(stages))), temperatures, thresholds, average, signal, rows)
    ended, top = fast.walk(logits)
    for image in range(12):
        stage, answer = cascade(
            [array[image].tolist() for array in logits], temperatures, thresholds, average, signal, rows
        )
        assert stage == ended[image]
        # float32 may rank two nearly equal classes the other way round; their probabilities are then equal.
        assert answer[top[image, 0]] == pytest.approx(max(answer), rel=1e-5)


def test_a_worked_example() -> None:
    certain, unsure = [9.0, 0.0], [0.0, 0.0]
    assert cascade([certain, unsure], [1.0, 1.0], [0.9], average=False)[0] == 0
    stage, answer = cascade([unsure, certain], [1.0, 1.0], [0.9], average=True)
    assert stage == 1
    assert answer[0] == pytest.approx((0.5 + 0.99988) / 2, abs=1e-4)


def test_no_stage_is_an_error() -> None:
    with pytest.raises(ValueError, match="one stage"):
        cascade([], [], [], average=False)
