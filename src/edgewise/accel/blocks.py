"""Block floating point: numbers of a block share an exponent, so that products of blocks are sums of integers.

NumPy alone.
"""

from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np

from edgewise.errors import OutputError, UsageError

Rounding = Literal["nearest", "stochastic"]
_MOST_EXACT = 2**24  # whole numbers up to it are exact in float32
_MANTISSAS = (2, 12)  # bits


@dataclass(frozen=True, eq=False)
class Blocks:
    """A matrix in blocks along its last axis, which zeros fill up to whole ones."""

    mantissas: np.ndarray  # int16 [n, blocks, block]
    exponents: np.ndarray  # int16 [n, blocks]: one step of a mantissa is 2 to this
    width: int  # of the last axis before

    @property
    def values(self) -> np.ndarray:
        """float32 [n, width]"""
        found = np.ldexp(self.mantissas.astype(np.float32), self.exponents[..., None].astype(np.int32))
        return found.reshape(len(found), -1)[:, : self.width]


@dataclass(frozen=True)
class BlockFormat:
    """How numbers are held.

    A mantissa is a two's complement of `mantissa_bits` whose least value is left out, as MX allows: what a block holds
    is the same with its signs turned. The shared exponent, of `exponent_bits`, is that of the block's greatest number.
    What rounds to more than the greatest mantissa becomes that one.

    BFP16 of the second paper is 8 and 8 bits; reading: blocks are as long as a row of the array. MXINT8 is 8 and 8 bits
    in blocks of 32. Source: Rouhani et al. 2023, "Microscaling Data Formats for Deep Learning" (OCP MX 1.0).
    """

    block: int = 64
    mantissa_bits: int = 8
    exponent_bits: int = 8
    rounding: Rounding = "nearest"  # to even where two are as near; or up with the probability of what is cut off

    def __post_init__(self) -> None:
        """Raises `UsageError` for what cannot be, and for blocks whose sums are not exact in 32 bits."""
        least, most = _MANTISSAS
        if not least <= self.mantissa_bits <= most:
            raise UsageError(f"Mantissas have {self.mantissa_bits} bits; there must be {least} to {most}.")
        if not 2 <= self.exponent_bits <= 8:
            raise UsageError(f"Exponents have {self.exponent_bits} bits; there must be 2 to 8.")
        if self.rounding not in get_args(Rounding):
            raise UsageError(f"Rounding is {self.rounding!r}; it must be one of {', '.join(get_args(Rounding))}.")
        if self.block < 1 or self.block * 4 ** (self.mantissa_bits - 1) > _MOST_EXACT:
            longest = _MOST_EXACT // 4 ** (self.mantissa_bits - 1)
            raise UsageError(
                f"A block has {self.block} numbers; with {self.mantissa_bits} bits there may be 1 to {longest}: "
                "sums of more are not exact."
            )

    @property
    def bits(self) -> float:
        """Of a number, its share of the exponent with it."""
        return self.mantissa_bits + self.exponent_bits / self.block

    def of(self, values: np.ndarray, seed: int = 0) -> Blocks:
        """float [n, width], in blocks along the width. `seed`: of stochastic rounding.

        Numbers that are too small for the least exponent become 0 by rounding; one that is too large for the greatest
        one, the greatest there is. Raises `OutputError` for what is not finite.
        """
        if not np.isfinite(values).all():
            raise OutputError("Numbers that are not finite have no block.", "Look for what overflows before it.")
        rows, width = values.shape
        count = -(-width // self.block)
        whole = np.zeros((rows, count * self.block))
        whole[:, :width] = values
        whole = whole.reshape(rows, count, self.block)
        greatest = np.abs(whole).max(axis=2)
        half = 2 ** (self.exponent_bits - 1)
        own = np.frexp(greatest)[1] - 1  # of the greatest number's first bit
        exponents = np.clip(np.where(greatest > 0, own, -half), -half, half - 1) - (self.mantissa_bits - 2)
        scaled = np.ldexp(whole, -exponents[..., None])
        if self.rounding == "stochastic":
            scaled = np.floor(scaled + np.random.default_rng(seed).random(scaled.shape))
        most = 2 ** (self.mantissa_bits - 1) - 1
        mantissas = np.clip(np.rint(scaled), -most, most).astype(np.int16)
        return Blocks(mantissas, exponents.astype(np.int16), width)

    def product(self, left: np.ndarray, right: np.ndarray) -> np.ndarray:
        """float32 [m, n], of float [m, k] and [k, n], both in blocks along k. Raises what `of` does."""
        return multiplied(self.of(left), self.of(np.ascontiguousarray(right.T), seed=1))


def multiplied(left: Blocks, right: Blocks) -> np.ndarray:
    """float32 [m, n], of [m, k] and [n, k]: whole numbers within a block, and float32 from block to block.

    Reading: sums of a block are exact (32 bits); the array's accumulators take them up in float32, the first block
    first. Raises `UsageError` for blocks that do not meet.
    """
    if left.mantissas.shape[1:] != right.mantissas.shape[1:] or left.width != right.width:
        raise UsageError(f"Blocks of {_shape(left)} and of {_shape(right)} do not meet.")
    found = np.zeros((len(left.mantissas), len(right.mantissas)), np.float32)
    for block in range(left.mantissas.shape[1]):
        first, second = (one.mantissas[:, block].astype(np.float32) for one in (left, right))
        exponents = np.add.outer(left.exponents[:, block], right.exponents[:, block]).astype(np.int32)
        found += np.ldexp(first @ second.T, exponents)
    return found


def _shape(blocks: Blocks) -> str:
    _, count, block = blocks.mantissas.shape
    return f"{blocks.width} numbers in {count} of {block}"


BFP16 = BlockFormat()
MXINT8 = BlockFormat(block=32)
