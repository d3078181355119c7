"""What every inference engine looks like from outside."""

from dataclasses import dataclass
from typing import Literal, Protocol

import numpy as np

Layout = Literal["nchw", "nhwc"]
DEFAULT_SIZE_PX = 224  # for a network that leaves its input side open, and says nothing else


@dataclass(frozen=True)
class Ends:
    """Which input and output of a file are meant, and how its input lies; None = what the file itself tells."""

    input_name: str | None = None
    output_name: str | None = None
    layout: Layout | None = None
    size_px: int = DEFAULT_SIZE_PX  # for a file that leaves it open


@dataclass(frozen=True)
class Quantised:
    """real = scale * (integer - zero_point)."""

    scale: float
    zero_point: int
    lowest: int  # of the integer type: 0 for uint8, -128 for int8

    @property
    def bounds(self) -> tuple[float, float]:
        """The smallest and the largest real number that an 8-bit integer can mean."""
        return self.scale * (self.lowest - self.zero_point), self.scale * (self.lowest + 255 - self.zero_point)


@dataclass(frozen=True)
class Signature:
    """What a loaded network takes and gives."""

    size_px: int | None  # side of its square input; None = any
    outputs: int
    input_quantised: Quantised | None = None
    output_step: float | None = None  # smallest difference between two outputs of a quantised network
    output_bounds: tuple[float, float] | None = None  # what the outputs of a quantised network cannot leave
    layout: Layout = "nchw"  # of the network's own input; `Session.run` always takes NCHW
    number: str = "float32"  # type of the network's own input
    embedding_width: int | None = None  # of the penultimate vector; None = not asked for, or the network gives none


class Session(Protocol):
    """A network loaded into an engine, ready to run."""

    @property
    def signature(self) -> Signature: ...

    def run(self, images: np.ndarray) -> np.ndarray:
        """float32 [n, 3, h, w], normalised -> float32 [n, outputs]: logits or probabilities, as the network gives."""
        ...


class EmbeddingSession(Session, Protocol):
    """A session whose signature has an `embedding_width`."""

    def run_with_embedding(self, images: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """As `run`, and what the network's last layer with weights took in that run, float32 [n, embedding_width].

        Layers that work on 8-bit integers take these where the engine does not know what they stand for.
        """
        ...
