"""What single operations, bytes and registers take in one technology: the figures under each energy and area."""

from dataclasses import dataclass
from math import sqrt

from edgewise.accel.tables import must_be_positive

_MEASURED_KIB = 8  # of the memory whose energy is given; others go by the square root of their size


@dataclass(frozen=True)
class Operations:
    """Energies and areas of arithmetic."""

    int8_add_pj: float
    int32_add_pj: float
    fp32_add_pj: float
    int8_multiply_pj: float
    fp16_multiply_pj: float
    fp32_multiply_pj: float
    int8_add_um2: float
    int32_add_um2: float
    fp32_add_um2: float
    int8_multiply_um2: float
    fp16_multiply_um2: float
    fp32_multiply_um2: float

    def __post_init__(self) -> None:
        """Raises `UsageError` for what is not above 0."""
        must_be_positive("operations", self)


@dataclass(frozen=True)
class Memory:
    """Energies and areas of what holds bytes."""

    sram_8_kib_pj_per_byte: float
    sram_um2_per_bit: float
    dram_pj_per_byte: float
    register_pj_per_byte: float  # one hop in the array
    register_um2_per_bit: float

    def __post_init__(self) -> None:
        """Raises `UsageError` for what is not above 0."""
        must_be_positive("memory", self)

    def sram_pj_per_byte(self, bank_kib: float) -> float:
        """Of a bank. Reading: as the square root of its size, which fits the source's 8, 32 and 1,024 KiB to 13%."""
        return self.sram_8_kib_pj_per_byte * sqrt(bank_kib / _MEASURED_KIB)


@dataclass(frozen=True)
class Technology:
    """One node, and where its figures are from."""

    name: str
    source: str
    operations: Operations
    memory: Memory
