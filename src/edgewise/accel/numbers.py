"""Formats of numbers on an array: bits where they lie, and what a multiply-accumulate takes."""

from dataclasses import dataclass
from typing import Literal, get_args

from edgewise.accel.technology import Operations
from edgewise.errors import UsageError

Format = Literal["int8", "bfp16", "mxint8", "fp16", "fp32"]
_BITS: dict[Format, int] = {"int8": 8, "bfp16": 8, "mxint8": 8, "fp16": 16, "fp32": 32}  # of what is multiplied
_EXPONENT_BITS = 8  # shared by a block


@dataclass(frozen=True)
class Numbers:
    """What an array multiplies, sums being of 32 bits. `block`: numbers that share an exponent; 1 where none do."""

    format: Format = "int8"
    block: int = 1

    def __post_init__(self) -> None:
        """Raises `UsageError` for what cannot be."""
        if self.format not in get_args(Format):
            raise UsageError(f"The format is {self.format!r}; it must be one of {', '.join(get_args(Format))}.")
        if self.block < 1 or (self.block == 1) == self.shares_exponents:
            allowed = "2 or more" if self.shares_exponents else "1"
            raise UsageError(f"Blocks of {self.format} have {self.block} numbers; they must have {allowed}.")

    @property
    def shares_exponents(self) -> bool:
        """Block floating point."""
        return self.format in ("bfp16", "mxint8")

    @property
    def bits(self) -> float:
        """Of a number in the array's memory, its share of the exponent with it."""
        return _BITS[self.format] + (_EXPONENT_BITS / self.block if self.shares_exponents else 0)

    @property
    def operand_bits(self) -> int:
        """Of what is multiplied, without an exponent that is shared."""
        return _BITS[self.format]

    def mac_pj(self, operations: Operations) -> float:
        """A multiplication and an addition of 32 bits; with blocks, each block's exponents and its float sum as well.

        Reading: a block's sum is whole; it is scaled by the sum of both exponents and added up in FP32.
        """
        if self.format == "fp16":
            return operations.fp16_multiply_pj + operations.fp32_add_pj
        if self.format == "fp32":
            return operations.fp32_multiply_pj + operations.fp32_add_pj
        whole = operations.int8_multiply_pj + operations.int32_add_pj
        if not self.shares_exponents:
            return whole
        return whole + (operations.int8_add_pj + operations.fp32_add_pj) / self.block

    def mac_um2(self, operations: Operations) -> float:
        """Of a multiplier and its adder; what blocks need beside stands in `area`."""
        if self.format == "fp16":
            return operations.fp16_multiply_um2 + operations.fp32_add_um2
        if self.format == "fp32":
            return operations.fp32_multiply_um2 + operations.fp32_add_um2
        return operations.int8_multiply_um2 + operations.int32_add_um2


INT8 = Numbers()
FP16 = Numbers("fp16")
