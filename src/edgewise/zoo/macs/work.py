"""The work of a network: what its layers multiply, in which numbers, and how many of these they take and give."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

Number = Literal["int8", "float16", "float32"]
BYTES: dict[Number, int] = {"int8": 1, "float16": 2, "float32": 4}  # narrowest first
_NUMBERS: dict[str, Number] = {
    "int8": "int8",
    "uint8": "int8",
    "float16": "float16",
    "bfloat16": "float16",
    "float32": "float32",
}


class Uncounted(Exception):
    """The work of a network cannot be told; `reason` says why."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


@dataclass(frozen=True)
class Layer:
    """One layer that multiplies: a convolution, a dense layer, a matrix product.

    What lies between such layers (activations, normalisation, additions) engines fuse into them; it counts for nothing.
    """

    macs: int  # multiply-accumulates for one image
    number: Number  # what is multiplied
    weights: int  # how many numbers it has of its own
    activations: int  # how many numbers it takes and gives


@dataclass(frozen=True)
class Work:
    """All layers that multiply for one image.

    Reading: what a layer takes and gives has the type that it multiplies in.
    """

    layers: tuple[Layer, ...]

    @property
    def macs(self) -> int:
        """Multiply-accumulates."""
        return sum(layer.macs for layer in self.layers)

    @property
    def weight_bytes(self) -> int:
        """What is stored and read once."""
        return sum(layer.weights * BYTES[layer.number] for layer in self.layers)

    @property
    def activation_bytes(self) -> int:
        """What the layers take and give."""
        return sum(layer.activations * BYTES[layer.number] for layer in self.layers)


def number_of(name: str, operator: str) -> Number:
    """The kind of number that a NumPy or PyTorch type is. Raises `Uncounted` for one that no layer is reckoned in."""
    known = _NUMBERS.get(name.removeprefix("torch."))
    if known is None:
        raise Uncounted(f"a {operator} multiplies {name.removeprefix('torch.')}")
    return known


def widest(numbers: Sequence[Number]) -> Number:
    """What numbers of several kinds are multiplied in."""
    return max(numbers, key=lambda number: BYTES[number])
