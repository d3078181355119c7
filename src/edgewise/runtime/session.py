"""What every inference engine looks like from outside."""

from dataclasses import dataclass
from typing import Protocol

import numpy as np


@dataclass(frozen=True)
class Quantised:
    """real = scale * (integer - zero_point)."""

    scale: float
    zero_point: int
    lowest: int  # of the integer type: 0 for uint8, -128 for int8


@dataclass(frozen=True)
class Signature:
    """What a loaded network takes and gives."""

    size_px: int | None  # side of its square input; None = any
    outputs: int
    input_quantised: Quantised | None = None
    output_step: float | None = None  # smallest difference between two outputs of a quantised network


class Session(Protocol):
    """A network loaded into an engine, ready to run."""

    @property
    def signature(self) -> Signature: ...

    def run(self, images: np.ndarray) -> np.ndarray:
        """float32 [n, 3, h, w], normalised -> float32 [n, outputs]: logits or probabilities, as the network gives."""
        ...
