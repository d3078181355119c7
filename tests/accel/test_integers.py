"""int8 against whole numbers of any size."""

from fractions import Fraction
from math import floor

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edgewise.accel.convolution import Convolution
from edgewise.accel.integers import Requantiser, accumulated, product, quantised, requantised
from edgewise.accel.lowered import forward
from edgewise.errors import OutputError, UsageError

SEEDS = st.integers(0, 2**32 - 1)
SCALES = st.floats(2.0**-31, 2.0, allow_nan=False, exclude_min=True)


def _away(value: Fraction) -> int:
    """The nearest whole number; away from 0 where two are as near."""
    near = floor(abs(value) + Fraction(1, 2))
    return near if value >= 0 else -near


@given(seed=SEEDS, rows=st.integers(1, 5), width=st.integers(1, 9), axis=st.sampled_from([None, 0, 1, -1]))
def test_each_number_is_within_half_a_step(seed: int, rows: int, width: int, axis: int | None) -> None:
    random = np.random.default_rng(seed)
    values = (random.normal(size=(rows, width)) * np.exp(3 * random.normal(size=(rows, 1)))).astype(np.float32)
    found = quantised(values, axis)
    wanted = {None: (), 0: (rows, 1), 1: (1, width), -1: (1, width)}[axis]
    assert found.steps.shape == wanted
    assert found.integers.dtype == np.int8
    assert np.abs(found.integers.astype(int)).max() == 127
    assert (np.abs(found.values - values) <= 0.50001 * found.steps).all()


def test_zeros_stay_zeros() -> None:
    found = quantised(np.zeros((2, 3)), axis=0)
    assert (found.values == 0).all()
    assert (found.steps == 1).all()


@given(seed=SEEDS, m=st.integers(1, 4), k=st.integers(1, 300), n=st.integers(1, 4))
def test_sums_are_those_of_whole_numbers(seed: int, m: int, k: int, n: int) -> None:
    random = np.random.default_rng(seed)
    left, right = (random.integers(-128, 128, shape).astype(np.int8) for shape in ((m, k), (k, n)))
    found = accumulated(left, right)
    assert found.dtype == np.int32
    wanted = [[sum(int(a) * int(b) for a, b in zip(row, column, strict=True)) for column in right.T] for row in left]
    np.testing.assert_array_equal(found, wanted)


def test_a_sum_beyond_32_bits_is_said() -> None:
    most = 2**31 // 2**14
    row = np.full((1, most), -128, np.int8)
    assert accumulated(row[:, 1:], row[:, 1:].T)[0, 0] == (most - 1) * 2**14
    with pytest.raises(OutputError, match="2147483648, which does not fit"):
        accumulated(row, row.T)


@given(sum_=st.integers(-(2**31), 2**31 - 1), scale=SCALES)
@settings(max_examples=300)
def test_sums_are_brought_back_as_whole_numbers_say(sum_: int, scale: float) -> None:
    by = Requantiser.of(scale)
    assert by.scale == pytest.approx(scale, rel=2**-30)
    shifted = sum_ * 2 ** max(by.shift, 0)
    if not -(2**31) <= shifted < 2**31:
        with pytest.raises(OutputError, match="shifted to the left"):
            by.apply(np.array([sum_], np.int32))
        return
    high = _away(Fraction(shifted * by.multiplier, 2**31))
    wanted = _away(Fraction(high, 2 ** max(-by.shift, 0)))
    found = int(by.apply(np.array([sum_], np.int32))[0])
    assert found == max(-127, min(127, wanted))
    assert abs(found - max(-127.0, min(127.0, sum_ * scale))) <= 0.5 + 1e-6 + 2.0**by.shift


@pytest.mark.parametrize(
    ("sum_", "scale", "wanted"), [(5, 0.5, 3), (-5, 0.5, -3), (3, 1.0, 3), (1, 2.0**-31, 0), (7, 1.5, 11), (90, 2, 127)]
)
def test_ties_go_away_from_zero_and_ends_hold(sum_: int, scale: float, wanted: int) -> None:
    assert Requantiser.of(scale).apply(np.array([sum_], np.int32)) == wanted


def test_each_channel_has_its_scale() -> None:
    sums = np.array([[100, 100], [-100, 50]], np.int32)
    np.testing.assert_array_equal(requantised(sums, np.array([0.5, 0.25])), [[50, 25], [-50, 13]])
    np.testing.assert_array_equal(requantised(sums, np.array(0.5)), [[50, 50], [-50, 25]])


def test_a_convolution_in_int8_and_back_to_int8() -> None:
    layer = Convolution("layer", 2, 16, 8, (9, 9), (3, 3), padding=(1, 1))
    random = np.random.default_rng(0)
    given, weights = random.normal(size=(2, 16, 9, 9)), random.normal(size=(8, 16, 3, 3))
    exact, found = forward(layer, given, weights), forward(layer, given, weights, product)
    assert 1e-4 < np.linalg.norm(found - exact) / np.linalg.norm(exact) < 0.02
    x, w = quantised(given.reshape(2, -1)), quantised(weights.reshape(8, -1).T, axis=1)
    out = quantised(exact).steps
    sums = accumulated(x.integers[:, :144], w.integers)
    wanted = sums * (x.steps * w.steps / out)
    inside = np.clip(wanted, -127, 127)
    assert (np.abs(requantised(sums, (x.steps * w.steps / out)[0]) - inside) <= 0.51).all()


@pytest.mark.parametrize("scale", [0.0, -1.0, float("nan"), float("inf"), 2.0**31, 2.0**-40])
def test_scales_that_cannot_be_are_said(scale: float) -> None:
    with pytest.raises(UsageError, match="scaled by"):
        Requantiser.of(scale)


def test_what_cannot_be_is_said() -> None:
    with pytest.raises(OutputError, match="not finite"):
        quantised(np.array([1.0, np.inf]))
    with pytest.raises(UsageError, match="no axis 2"):
        quantised(np.ones((2, 2)), axis=2)
    with pytest.raises(UsageError, match="float64 and int8"):
        accumulated(np.ones((1, 1)), np.ones((1, 1), np.int8))
    with pytest.raises(UsageError, match="do not meet"):
        accumulated(np.ones((1, 2), np.int8), np.ones((3, 1), np.int8))
    with pytest.raises(UsageError, match="int32, not int64"):
        Requantiser.of(0.5).apply(np.ones(3, np.int64))
    with pytest.raises(UsageError, match="2\\^30"):
        Requantiser(1, 0)
    with pytest.raises(UsageError, match="from -31 to 30"):
        Requantiser(2**30, 31)
