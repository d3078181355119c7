"""A systolic array, and how long products of matrices take on it: closed forms, which `stepper` checks."""

from dataclasses import dataclass
from math import ceil
from typing import Literal, get_args

from edgewise.accel.gemm import Gemm
from edgewise.errors import UsageError

Dataflow = Literal["weight", "output", "input"]


@dataclass(frozen=True)
class Array:
    """`rows` x `columns` of multipliers; a matrix that is larger is cut into tiles, which are called folds.

    weight
        A tile of the weights, [k, n], stays; the rows of [m, k] stream past it.
    input
        A tile of the input, [m, k] transposed, stays; the columns of [k, n] stream past it.
    output
        A tile of the product, [m, n], stays; both others stream past it along k.

    A tile that is smaller than the array takes as long as a whole one: sums have all the way down to go.
    """

    rows: int
    columns: int
    dataflow: Dataflow = "weight"
    shadow: bool = False  # what stays is loaded, or the product drained, while the array works on the next fold

    def __post_init__(self) -> None:
        """Raises `UsageError` for what cannot be."""
        if min(self.rows, self.columns) < 1:
            raise UsageError(f"The array is {self.rows} x {self.columns}; it must have a row and a column.")
        if self.dataflow not in get_args(Dataflow):
            named = ", ".join(get_args(Dataflow))
            raise UsageError(f"The dataflow is {self.dataflow!r}; it must be one of {named}.")

    def sides(self, gemm: Gemm) -> tuple[int, int, int]:
        """What lies along the rows, along the columns, and what streams."""
        return {
            "weight": (gemm.k, gemm.n, gemm.m),
            "input": (gemm.k, gemm.m, gemm.n),
            "output": (gemm.m, gemm.n, gemm.k),
        }[self.dataflow]

    def folds(self, gemm: Gemm) -> int:
        """Of one of its products."""
        down, across, _ = self.sides(gemm)
        return ceil(down / self.rows) * ceil(across / self.columns)

    def cycles(self, gemm: Gemm) -> int:
        """From the first value that goes in to the last that comes out, of all its products.

        T values stream past each fold. One after the other, a fold takes R to load and T + R + C - 2 until the last sum
        is out of an array of R x C; of the product that stays, as many, and R to drain. With shadow registers the next
        fold begins after max(T, R) cycles, since loading and draining take R. A product begins when the one before it
        is out.

        Source: Samajdar et al. 2020, "A Systematic Methodology for Characterizing Scalability of DNN Accelerators using
        SCALE-Sim": the run time of one array, (2R + C + T - 2) a fold. Shadow registers are a reading of how systolic
        arrays of products load their weights.
        """
        _, _, streamed = self.sides(gemm)
        crossing, folds = streamed + self.rows + self.columns - 2, self.folds(gemm)
        if self.shadow:
            return gemm.count * (self.rows + (folds - 1) * max(streamed, self.rows) + crossing)
        return gemm.count * folds * (self.rows + crossing)

    def utilisation(self, gemm: Gemm) -> float:
        """0..1: of all that the multipliers could have done meanwhile."""
        return gemm.macs / (self.cycles(gemm) * self.rows * self.columns)
