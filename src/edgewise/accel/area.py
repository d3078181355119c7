"""The silicon of an accelerator, and what of it is there for pruning alone."""

from dataclasses import dataclass
from math import ceil

from edgewise.accel.accelerator import Accelerator

_SUM_BITS, _EXPONENT_BITS = 32, 8
_MM2 = 1e-6


@dataclass(frozen=True)
class Part:
    """So many of one thing."""

    name: str
    count: float
    um2: float  # each
    for_pruning: bool = False

    @property
    def mm2(self) -> float:
        """Of all of them."""
        return self.count * self.um2 * _MM2


def parts_of(accelerator: Accelerator) -> tuple[Part, ...]:
    """Multipliers, their registers, and the buffers; and, where gradients share exponents, what that asks for.

    What stays in a multiplier has a register, and another one with shadows. Multipliers and registers are as large as
    the wider format of both, answers and gradients, asks for. Wires, control and the host's link are not
    counted.
    """
    array, memory = accelerator.array, accelerator.technology.memory
    both = (accelerator.numbers, accelerator.gradients)
    multipliers, width = array.rows * array.columns, max(one.operand_bits for one in both)
    stays = _SUM_BITS if array.dataflow == "output" else width
    moves = 2 * width if array.dataflow == "output" else width + _SUM_BITS
    registers = moves + stays * (2 if array.shadow else 1)
    return (
        Part(
            "multipliers and adders", multipliers, max(one.mac_um2(accelerator.technology.operations) for one in both)
        ),
        Part("registers, bits", multipliers * registers, memory.register_um2_per_bit),
        Part("buffers, bits", accelerator.sram.kib * 8192, memory.sram_um2_per_bit),
        *_for_pruning(accelerator),
    )


def _for_pruning(accelerator: Accelerator) -> tuple[Part, ...]:
    """Reading: sums that leave a column are scaled and added in FP32 below it, once for each block; where sums stay,
    every multiplier must do so. Values are compared, shifted and rounded as they come in, a lane each; a tile of
    weights is turned over for the gradient of the input.
    """
    array, gradients = accelerator.array, accelerator.gradients
    if not gradients.shares_exponents:
        return ()
    operations, memory = accelerator.technology.operations, accelerator.technology.memory
    sums = array.columns * ceil(array.rows / gradients.block)
    if array.dataflow == "output":
        sums = array.rows * array.columns
    lanes, shifter = array.rows + array.columns, 2 * operations.int32_add_um2
    return (
        Part("exponent adders", sums, operations.int8_add_um2, True),
        Part("shifters of sums", sums, shifter, True),
        Part("FP32 accumulators", sums, operations.fp32_add_um2 - operations.int32_add_um2, True),
        Part("converters", lanes, 2 * operations.int8_add_um2 + shifter, True),
        Part("exponent registers, bits", 2 * lanes * _EXPONENT_BITS, memory.register_um2_per_bit, True),
        Part("transposer, bits", array.rows * array.columns * 8, memory.register_um2_per_bit, True),
    )
