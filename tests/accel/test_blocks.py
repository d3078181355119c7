"""Block floating point: exact where it says so, and as near as it can be elsewhere."""

import math
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edgewise.accel.blocks import BFP16, MXINT8, BlockFormat, multiplied
from edgewise.accel.convolution import Convolution
from edgewise.accel.lowered import forward
from edgewise.errors import OutputError, UsageError

FORMATS = st.builds(
    BlockFormat, block=st.integers(1, 40), mantissa_bits=st.integers(2, 9), exponent_bits=st.integers(5, 8)
)
SEEDS = st.integers(0, 2**32 - 1)


def _matrix(seed: int, rows: int, width: int, spread: float = 3.0) -> np.ndarray:
    random = np.random.default_rng(seed)
    return random.normal(size=(rows, width)) * np.exp(spread * random.normal(size=(rows, width)))


@given(format=FORMATS, seed=SEEDS, width=st.integers(1, 90))
def test_each_number_is_within_half_a_step_of_its_block(format: BlockFormat, seed: int, width: int) -> None:
    values = _matrix(seed, 3, width)
    found = format.of(values)
    step = np.repeat(2.0 ** found.exponents.astype(float), format.block, axis=1)[:, :width]
    error = np.abs(found.values - values)
    most = 2 ** (format.mantissa_bits - 1) - 1
    saturated = np.abs(values) > (most + 0.5) * step
    assert (error[~saturated] <= 0.5000001 * step[~saturated]).all()
    assert (error[saturated] <= step[saturated]).all(), "what rounds to beyond the greatest mantissa stays at it"


@given(format=FORMATS, seed=SEEDS, width=st.integers(1, 90))
def test_what_is_held_already_comes_back(format: BlockFormat, seed: int, width: int) -> None:
    once = format.of(_matrix(seed, 3, width))
    twice = format.of(once.values)
    np.testing.assert_array_equal(twice.values, once.values)


@given(format=FORMATS, seed=SEEDS, m=st.integers(1, 4), k=st.integers(1, 100), n=st.integers(1, 4))
@settings(deadline=None)
def test_products_are_those_of_whole_numbers(format: BlockFormat, seed: int, m: int, k: int, n: int) -> None:
    """Bit for bit: sums of a block as integers of any size, and float32 from block to block."""
    left, right = format.of(_matrix(seed, m, k)), format.of(_matrix(seed + 1, n, k))
    found = multiplied(left, right)
    for row in range(m):
        for column in range(n):
            total = np.float32(0)
            for block in range(left.mantissas.shape[1]):
                pairs = zip(left.mantissas[row, block].tolist(), right.mantissas[column, block].tolist(), strict=True)
                exponent = int(left.exponents[row, block]) + int(right.exponents[column, block])
                total += np.float32(Fraction(sum(a * b for a, b in pairs)) * Fraction(2) ** exponent)
            assert found[row, column] == total


def test_stochastic_rounding_errs_to_neither_side() -> None:
    values = np.full((1, 64), 0.3)
    values[0, 0] = 1.0
    format = BlockFormat(rounding="stochastic")
    found = np.array([format.of(values, seed).values[0, 1:] for seed in range(200)])
    assert set(np.unique(found)) == {np.float32(19 / 64), np.float32(20 / 64)}
    assert found.mean() == pytest.approx(0.3, abs=4 / 64 / math.sqrt(found.size))
    np.testing.assert_array_equal(format.of(values, 3).values, format.of(values, 3).values)


@pytest.mark.parametrize("spread", [0.3, 2.0])
def test_longer_blocks_and_shorter_mantissas_err_more(spread: float) -> None:
    left, right = _matrix(0, 40, 256, spread), _matrix(1, 256, 30, spread)
    exact = left @ right

    def error(format: BlockFormat) -> float:
        return float(np.linalg.norm(format.product(left, right) - exact) / np.linalg.norm(exact))

    by_block = [error(BlockFormat(block)) for block in (8, 32, 128)]
    by_bits = [error(BlockFormat(64, bits)) for bits in (9, 8, 6, 4)]
    assert by_block == sorted(by_block)
    assert by_bits == sorted(by_bits)
    assert error(BFP16) < 0.05
    assert error(MXINT8) == by_block[1]


def test_a_convolution_multiplies_in_blocks() -> None:
    layer = Convolution("layer", 2, 16, 8, (9, 9), (3, 3), padding=(1, 1))
    random = np.random.default_rng(0)
    given, weights = random.normal(size=(2, 16, 9, 9)), random.normal(size=(8, 16, 3, 3))
    exact, found = forward(layer, given, weights), forward(layer, given, weights, BFP16.product)
    error = np.linalg.norm(found - exact) / np.linalg.norm(exact)
    assert 1e-4 < error < 0.02


def test_zeros_and_ends_of_the_range() -> None:
    format = BlockFormat(block=4, exponent_bits=5)
    values = np.array([[0, 0, 0, 0, 1e-9, -1e-9, 0, 0, 1e9, -1e9, 0, 0, 2.0**15, 1, 0, 0]])
    found = format.of(values).values[0]
    assert (found[:8] == 0).all()
    assert found[8] == np.float32(127 * 2.0**9)
    assert found[9] == np.float32(-127 * 2.0**9)
    assert found[12] == 2.0**15


def test_bits_of_a_number() -> None:
    assert BFP16.bits == 8.125
    assert MXINT8.bits == 8.25


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"block": 0}, "1 to 1024"),
        ({"block": 2048}, "1 to 1024"),
        ({"mantissa_bits": 1}, "2 to 12"),
        ({"exponent_bits": 9}, "2 to 8"),
        ({"rounding": "up"}, "nearest, stochastic"),
    ],
)
def test_what_cannot_be_is_said(changed: dict[str, object], words: str) -> None:
    with pytest.raises(UsageError, match=words):
        BlockFormat(**changed)  # type: ignore[arg-type]


def test_what_does_not_meet_or_is_no_number() -> None:
    with pytest.raises(UsageError, match="do not meet"):
        multiplied(BFP16.of(np.ones((1, 64))), BFP16.of(np.ones((1, 65))))
    with pytest.raises(OutputError, match="finite"):
        BFP16.of(np.array([[1.0, np.nan]]))
