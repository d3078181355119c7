"""Products of matrices: all that an array is given."""

from dataclasses import dataclass

from edgewise.errors import UsageError


@dataclass(frozen=True)
class Gemm:
    """`count` products of an [m, k] and a [k, n] matrix, one after the other."""

    m: int
    k: int
    n: int
    count: int = 1

    def __post_init__(self) -> None:
        """Raises `UsageError` for a side below 1."""
        if min(self.m, self.k, self.n, self.count) < 1:
            raise UsageError(
                f"A product of [{self.m}, {self.k}] and [{self.k}, {self.n}], {self.count} times: no work."
            )

    @property
    def macs(self) -> int:
        """Multiply-accumulates, those with zeros of padding among them."""
        return self.m * self.k * self.n * self.count
