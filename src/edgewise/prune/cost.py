"""What making a user's network has cost, and after how many inferences it has paid for itself."""

import math
from dataclasses import dataclass, field, fields
from typing import Literal, Self


@dataclass(frozen=True)
class Macs:
    """Multiply-accumulates, by what they were for."""

    forward: int = 0  # convolutions and dense layers
    backward: int = 0
    products: int = 0  # of matrices: second moments and what is made of them
    solves: int = 0  # factorisations, and what is solved by them

    @property
    def total(self) -> int:
        return self.forward + self.backward + self.products + self.solves

    def __add__(self, other: Self) -> Self:
        return type(self)(*(getattr(self, one.name) + getattr(other, one.name) for one in fields(self)))


@dataclass(frozen=True)
class StepCost:
    """One step of the work, all of its turns together."""

    step: str
    seconds: float
    macs: Macs | None = None  # None where nobody counted


@dataclass(frozen=True)
class Cost:
    """The whole of it. Bytes that were never measured or noted are left out, not 0."""

    steps: tuple[StepCost, ...]
    peak_bytes: int | None = None  # most memory of the process that was resident at once,
    peak_of: Literal["run", "process"] = "process"  # since the run began, or since the process did
    kept_bytes: dict[str, int] = field(default_factory=dict)  # most at once, by what was kept

    @property
    def seconds(self) -> float:
        return sum(one.seconds for one in self.steps)

    @property
    def macs(self) -> Macs | None:
        """None where no step was counted."""
        counted = [one.macs for one in self.steps if one.macs is not None]
        return sum(counted, Macs()) if counted else None


def gram_macs(inputs: int, places: int, outputs: int = 0) -> int:
    """Of sums over places of inputs times inputs and, with `outputs`, of inputs times outputs.

    `inputs` counts the 1 that stands for a bias. This is the whole product: where one triangle of a Gram matrix is
    computed, nearly half of its share falls away.
    """
    return places * inputs * (inputs + outputs)


def solve_macs(inputs: int, outputs: int) -> int:
    """Of `inputs` equations with `outputs` right sides, by Cholesky: n^3 / 6, and n^2 for each right side."""
    return inputs**3 // 6 + inputs**2 * outputs


def break_even(seconds: float, generic_ms: float, user_ms: float) -> int | None:
    """After how many inferences the time that they save has made up for `seconds`; None where it never does."""
    return _repaid(1000 * seconds, generic_ms - user_ms)


def break_even_macs(macs: int, generic_macs: int, user_macs: int) -> int | None:
    """The same in multiply-accumulates: it depends on no machine, and knows nothing of memory."""
    return _repaid(macs, generic_macs - user_macs)


def _repaid(spent: float, saved: float) -> int | None:
    return math.ceil(spent / saved) if saved > 0 else None
