"""Fast conversions against those that say what the numbers mean."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

torch = pytest.importorskip("torch")

from edgewise.accel.blocks import BlockFormat  # noqa: E402
from edgewise.accel.integers import quantised  # noqa: E402
from edgewise.accel.rounded import in_blocks, in_steps  # noqa: E402
from edgewise.errors import OutputError  # noqa: E402

pytestmark = pytest.mark.torch

FORMATS = st.builds(
    BlockFormat, block=st.integers(1, 40), mantissa_bits=st.integers(2, 10), exponent_bits=st.integers(2, 8)
)
SEEDS = st.integers(0, 2**32 - 1)


def _drawn(seed: int, shape: tuple[int, ...]) -> np.ndarray:
    """Of all sizes, with zeros and with ties among them."""
    random = np.random.default_rng(seed)
    values = random.normal(size=shape) * np.exp(4 * random.normal(size=shape))
    values = np.where(random.random(shape) < 0.2, random.integers(-40, 41, shape) / 8, values)
    return values.astype(np.float32)


@given(format=FORMATS, seed=SEEDS, rows=st.integers(1, 4), length=st.integers(1, 90), width=st.integers(1, 4))
@settings(max_examples=80, deadline=None)
def test_blocks_are_those_of_the_format(format: BlockFormat, seed: int, rows: int, length: int, width: int) -> None:
    """Bit for bit, whatever lies beside a block."""
    values = _drawn(seed, (rows, length, width))
    given = torch.from_numpy(values.copy())
    wanted = format.of(values.transpose(0, 2, 1).reshape(-1, length)).values
    wanted = wanted.reshape(rows, width, length).transpose(0, 2, 1)
    np.testing.assert_array_equal(in_blocks(given, format).numpy(), wanted)
    np.testing.assert_array_equal(given.numpy(), values)
    in_blocks(given, format, in_place=True)
    np.testing.assert_array_equal(given.numpy(), wanted)


@pytest.mark.parametrize("shape", [(1, 3000, 70), (2500, 100, 1), (3, 700, 50)])
def test_many_numbers_are_converted_in_parts(shape: tuple[int, int, int]) -> None:
    values, format = _drawn(0, shape), BlockFormat(64)
    found = in_blocks(torch.from_numpy(values), format).numpy()
    wanted = format.of(values.transpose(0, 2, 1).reshape(-1, shape[1])).values
    np.testing.assert_array_equal(found, wanted.reshape(shape[0], shape[2], shape[1]).transpose(0, 2, 1))


def test_the_least_numbers_have_a_block_whose_step_is_a_normal_number() -> None:
    values = torch.tensor([2.0**-120, 2.0**-127, -(2.0**-140), 0.0]).view(1, 4, 1)
    assert in_blocks(values, BlockFormat(4)).flatten().tolist() == [2.0**-120, 0, 0, 0]
    assert in_blocks(values, BlockFormat(1)).flatten().tolist() == [2.0**-120, 0, 0, 0]


def test_stochastic_rounding_errs_to_neither_side_and_comes_again() -> None:
    format = BlockFormat(rounding="stochastic")
    values = torch.full((200, 64, 1), 0.3)
    values[:, 0], values[:, 1] = 1.0, 0.25
    found = in_blocks(values, format, torch.Generator().manual_seed(5))
    assert found[:, 2:].unique().tolist() == [19 / 64, 20 / 64]
    assert float(found[:, 2:].mean()) == pytest.approx(0.3, abs=4 / 64 / found.numel() ** 0.5)
    assert (found[:, 1] == 0.25).all(), "what is held already stays"
    assert torch.equal(found, in_blocks(values, format, torch.Generator().manual_seed(5)))
    assert not torch.equal(found, in_blocks(values, format, torch.Generator().manual_seed(6)))
    negative = in_blocks(-values, format, torch.Generator().manual_seed(5))
    assert float(negative[:, 2:].mean()) == pytest.approx(-0.3, abs=4 / 64 / found.numel() ** 0.5)


@given(seed=SEEDS, channels=st.integers(1, 5), last=st.booleans())
@settings(max_examples=40, deadline=None)
def test_steps_are_those_of_the_integers(seed: int, channels: int, last: bool) -> None:
    values = _drawn(seed, (3, channels, 4, 5))
    given = torch.from_numpy(values)
    if last:
        given = given.contiguous(memory_format=torch.channels_last)
    for per_channel, axis in ((False, None), (True, 0)):
        found, steps = in_steps(given, per_channel=per_channel)
        wanted = quantised(values, axis)
        np.testing.assert_array_equal(found.numpy(), wanted.integers)
        np.testing.assert_array_equal(steps.numpy(), wanted.steps.reshape(steps.shape))
        assert per_channel or channels == 1 or found.stride() == given.stride()


def test_what_lies_scattered_in_memory_has_steps_too() -> None:
    values = torch.from_numpy(_drawn(0, (6, 8)))
    assert torch.equal(in_steps(values.T)[0], in_steps(values)[0].T)
    assert torch.equal(in_steps(values[:, ::2])[0], in_steps(values[:, ::2].clone())[0])


@pytest.mark.parametrize("bad", [float("nan"), float("inf"), -float("inf")])
@pytest.mark.parametrize("rounding", ["nearest", "stochastic"])
def test_what_is_no_number_is_said(bad: float, rounding: str) -> None:
    values = torch.ones(2, 8, 2)
    values[1, 3, 0] = bad
    with pytest.raises(OutputError, match="not finite"):
        in_blocks(values, BlockFormat(4, rounding=rounding))  # type: ignore[arg-type]
    with pytest.raises(OutputError, match="not finite"):
        in_steps(values)
    with pytest.raises(OutputError, match="not finite"):
        in_steps(values, per_channel=True)


def test_what_is_too_great_is_said() -> None:
    assert in_blocks(torch.full((1, 1, 1), 2.0**100), BlockFormat())[0, 0, 0] == 2.0**100
    with pytest.raises(OutputError, match=r"2\^101"):
        in_blocks(torch.full((1, 1, 1), 2.0**101), BlockFormat())
