"""Closed forms against an array that moves its operands."""

from typing import get_args

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edgewise.accel.array import Array, Dataflow
from edgewise.accel.gemm import Gemm
from edgewise.accel.stepper import step
from edgewise.errors import UsageError

SIDES = st.integers(1, 16)


@given(
    rows=SIDES,
    columns=SIDES,
    m=st.integers(1, 24),
    k=st.integers(1, 24),
    n=st.integers(1, 24),
    dataflow=st.sampled_from(get_args(Dataflow)),
    shadow=st.booleans(),
    seed=st.integers(0, 2**32 - 1),
)
@settings(max_examples=60, deadline=None)
def test_an_array_that_moves_its_operands_takes_as_long_and_is_right(
    rows: int, columns: int, m: int, k: int, n: int, dataflow: Dataflow, shadow: bool, seed: int
) -> None:
    array, random = Array(rows, columns, dataflow, shadow), np.random.default_rng(seed)
    left, right = random.integers(-128, 128, (m, k)), random.integers(-128, 128, (k, n))
    made, cycles = step(array, left, right)
    np.testing.assert_array_equal(made, left @ right)
    gemm = Gemm(m, k, n)
    assert cycles == array.cycles(gemm)
    assert 0 < array.utilisation(gemm) <= 1


@pytest.mark.parametrize("dataflow", get_args(Dataflow))
@pytest.mark.parametrize("shadow", [False, True])
def test_products_follow_one_another(dataflow: Dataflow, shadow: bool) -> None:
    array = Array(8, 4, dataflow, shadow)
    assert array.cycles(Gemm(30, 20, 10, count=7)) == 7 * array.cycles(Gemm(30, 20, 10))


def test_a_fold_whose_weights_are_loaded_meanwhile_costs_its_stream_alone() -> None:
    """Of 64 x 64, with 49 values to stream: 239 cycles one after the other, 64 hidden."""
    one, two = Gemm(49, 64, 64), Gemm(49, 64, 128)
    serial, shadow = Array(64, 64), Array(64, 64, shadow=True)
    assert serial.cycles(two) - serial.cycles(one) == 239
    assert shadow.cycles(two) - shadow.cycles(one) == 64
    assert serial.cycles(one) == shadow.cycles(one) == 239


@pytest.mark.parametrize(
    ("dataflow", "total", "stalled"), [("weight", 52_447, 41_248), ("output", 52_447, 42_272), ("input", 19_984, 5_777)]
)
def test_scale_sim(dataflow: Dataflow, total: int, stalled: int) -> None:
    """Its recorded reports of one product on 32 x 32: scale-sim-v2, test/general/golden_trace_user_*.

    It drains no products that stay, and reports a cycle too few (its issue 125).
    """
    array, gemm = Array(32, 32, dataflow), Gemm(256, 256, 128)
    drained = array.rows * array.folds(gemm) if dataflow == "output" else 0
    assert array.cycles(gemm) - drained - 1 == total - stalled


def test_what_cannot_be_is_said() -> None:
    with pytest.raises(UsageError, match="0 x 4"):
        Array(0, 4)
    with pytest.raises(UsageError, match="weight, output, input"):
        Array(4, 4, "sideways")  # type: ignore[arg-type]
    with pytest.raises(UsageError, match="no work"):
        Gemm(0, 1, 1)
