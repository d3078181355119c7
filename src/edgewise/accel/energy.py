"""What products take in energy: operations, hops in the array, buffers, DRAM."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from edgewise.accel.accelerator import Accelerator
from edgewise.accel.blocking import Cost
from edgewise.accel.numbers import Numbers
from edgewise.accel.products import Product

_SUM_BYTES = 4


@dataclass(frozen=True)
class Energy:
    """Microjoules; numbers, or arrays of one shape."""

    operations_uj: Any
    registers_uj: Any
    sram_uj: Any
    dram_uj: Any
    conversion_uj: Any

    @property
    def uj(self) -> Any:
        """All of it."""
        return sum(vars(self).values())

    def __add__(self, other: "Energy") -> "Energy":
        return Energy(*map(sum, zip(vars(self).values(), vars(other).values(), strict=True)))


NOTHING = Energy(0.0, 0.0, 0.0, 0.0, 0.0)


def energies(products: Sequence[Product], cost: Cost, accelerator: Accelerator, numbers: Numbers) -> Energy:
    """Arrays [..., products], as the costs are.

    Each access is counted times what one takes (Wu et al. 2019, Accelergy, ICCAD). A multiply-accumulate moves one
    operand, or two where sums stay, and its sum where it does not, by one register. What comes from DRAM is written to
    a buffer, what goes there is read from one. A converted value is compared with its block's greatest, shifted and
    rounded: two additions of 32 bits (reading), as often as it comes in.
    """
    operations, memory = accelerator.technology.operations, accelerator.technology.memory
    macs, results, converted = np.array(
        [(one.gemm.macs, one.gemm.m * one.gemm.n * one.gemm.count, one.converted) for one in products], float
    ).T
    width = numbers.bits / 8
    least = np.array([one.read_bytes for one in products])
    moved = 2 * width if accelerator.array.dataflow == "output" else width + _SUM_BYTES
    fed = (cost.left_reads + cost.right_reads) * width + (2 * cost.sums - results) * _SUM_BYTES
    crossing = cost.read_bytes + cost.written_bytes
    found = (
        macs * numbers.mac_pj(operations),
        macs * moved * memory.register_pj_per_byte,
        (fed + crossing) * memory.sram_pj_per_byte(accelerator.sram.bank_kib),
        crossing * memory.dram_pj_per_byte,
        converted * np.maximum(1, cost.read_bytes / np.maximum(least, 1)) * 2 * operations.int32_add_pj,
    )
    return Energy(*(1e-6 * np.broadcast_to(one, cost.cycles.shape) for one in found))
