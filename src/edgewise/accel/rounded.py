"""Tensors as block floating point and int8 hold them, fast: what a training step converts over and over.

Needs the extra `torch`. `blocks.BlockFormat.of` and `integers.quantised` are what this must come to, and say what the
numbers mean.
"""

from collections.abc import Iterator

import torch
from torch import Tensor

from edgewise.accel.blocks import BlockFormat
from edgewise.accel.integers import MOST
from edgewise.errors import OutputError

_CHUNK = 2**16  # numbers: 256 KiB, so that the passes over one find it in the processor's cache
_SHORT = 32  # numbers that lie side by side in a block: to meet fewer with one step takes longer than to copy it
_EXPONENT = 0x7F800000  # the bits of a float32 that are its exponent
_FIRST_BIT = 23  # of them
_BIAS = 127
_GREATEST, _LEAST = 100, -126  # exponents that leave room for what is added below
_HINT = "Look for what overflows before it: a lower learning rate may do."


def in_blocks(
    values: Tensor, format: BlockFormat, generator: torch.Generator | None = None, *, in_place: bool = False
) -> Tensor:
    """float32 [n, length, width] in blocks along the middle axis: each number as its block holds it.

    Zeros would fill up the last block: they are left out. `generator`: of stochastic rounding, which takes some times
    as long. `in_place`: where contiguous `values` are not needed any more; otherwise the tensor is a new one. Differs
    from `BlockFormat.of`: a block whose greatest number is below 2^-126 counts as one whose greatest is that;
    stochastic rounding draws other numbers.
    Raises `OutputError` for numbers of 2^101 and more, and for what is not finite.
    """
    values = values.contiguous()
    made = values if in_place else torch.empty_like(values)
    for begin, end, block in _parts(values.shape[1], format.block):
        taken, given = (one[:, begin:end].unflatten(1, (-1, block)) for one in (values, made))
        if begin == 0 and end == values.shape[1]:
            taken, given = taken.flatten(0, 1)[:, None], given.flatten(0, 1)[:, None]
        steps = _steps_of_blocks(taken, format)
        for rows in _chunks(taken):
            _round_into(given[rows], taken[rows], steps[rows], format, generator)
    return made


def in_steps(values: Tensor, *, per_channel: bool = False) -> tuple[Tensor, Tensor]:
    """Whole numbers from -127 to 127 as float32, and their steps: one [], or those of the first axis [n].

    What `integers.quantised` gives, to the bit. Raises `OutputError` for what is not finite.
    """
    last = values.ndim == 4 and values.is_contiguous(memory_format=torch.channels_last)
    ordered = values.permute(0, 2, 3, 1) if last else values
    if per_channel:
        rows = ordered.flatten(1)
        steps = _steps(rows.amin(1), rows.amax(1))
        made = (rows / steps[:, None]).round_()
    else:
        flat = ordered.reshape(-1)
        steps = _steps(*flat.aminmax())
        made = torch.empty_like(flat)
        for taken, given in zip(flat.split(_CHUNK), made.split(_CHUNK), strict=True):
            torch.div(taken, steps, out=given).round_()
    made = made.view(ordered.shape)
    return made.permute(0, 3, 1, 2) if last else made, steps


def _steps(least: Tensor, most: Tensor) -> Tensor:
    greatest = torch.maximum(most, -least)
    _see_that_they_are_finite(greatest)
    steps = greatest / MOST
    return torch.where(steps > 0, steps, torch.ones_like(steps))


def _parts(length: int, block: int) -> Iterator[tuple[int, int, int]]:
    """Where whole blocks begin and end, and the shorter one at the end."""
    whole = length // block * block
    if whole:
        yield 0, whole, block
    if length > whole:
        yield whole, length, length - whole


def _chunks(blocks: Tensor) -> Iterator[tuple[slice, ...]]:
    """Parts of [n, count, block, width] along the longer of the first two axes."""
    axis = 0 if len(blocks) >= blocks.shape[1] else 1
    size = blocks.shape[axis]
    step = max(1, _CHUNK * size // blocks.numel())
    for begin in range(0, size, step):
        yield (slice(None),) * axis + (slice(begin, begin + step),)


def _steps_of_blocks(taken: Tensor, format: BlockFormat) -> Tensor:
    """float32 [n, count, 1, width], powers of 2, of [n, count, block, width]."""
    if taken.shape[2] == 1:  # depthwise: each is the greatest of its block
        greatest = taken.abs()
    else:
        greatest = taken.new_empty(*taken.shape[:2], 1, taken.shape[3])
        for rows in _chunks(taken):
            torch.amax(torch.abs(taken[rows]), 2, keepdim=True, out=greatest[rows])
    exponents = (greatest.view(torch.int32) & _EXPONENT) >> _FIRST_BIT
    if int(exponents.max()) > _GREATEST + _BIAS:
        _see_that_they_are_finite(greatest)
        raise OutputError(f"Numbers of 2^{_GREATEST + 1} and more have no block.", _HINT)
    bits, half = format.mantissa_bits, 2 ** (format.exponent_bits - 1)
    exponents.clamp_(max(-half, _LEAST + bits - 2) + _BIAS, half - 1 + _BIAS)
    return exponents.sub_(bits - 2).bitwise_left_shift_(_FIRST_BIT).view(torch.float32)


def _round_into(
    given: Tensor, taken: Tensor, steps: Tensor, format: BlockFormat, generator: torch.Generator | None
) -> None:
    if taken.shape[2] * taken.shape[3] < _SHORT:
        steps = steps.expand(taken.shape).contiguous()
    if format.rounding == "stochastic":
        _round_by_chance(given, taken, steps, generator)
    else:
        # Next to it, float32 has no digits below a step, and its sums round to even.
        beside = steps * (1.5 * 2**_FIRST_BIT)
        torch.add(taken, beside, out=given).sub_(beside)
    most = steps * float(2 ** (format.mantissa_bits - 1) - 1)
    torch.minimum(given, most, out=given)
    torch.maximum(given, most.neg_(), out=given)


def _round_by_chance(given: Tensor, taken: Tensor, steps: Tensor, generator: torch.Generator | None) -> None:
    torch.mul(taken, steps.reciprocal(), out=given)
    below = given.floor()
    given -= below
    drawn = torch.rand(given.shape, generator=generator)
    torch.lt(drawn, given, out=given)
    given.add_(below).mul_(steps)


def _see_that_they_are_finite(values: Tensor) -> None:
    if not bool(torch.isfinite(values).all()):
        raise OutputError("Numbers that are not finite have no block and no int8.", _HINT)
