"""A network on an array: what each layer's products take."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from edgewise.accel.array import Array
from edgewise.accel.convolution import Convolution
from edgewise.accel.gemm import Gemm

Pass = Literal["forward", "backward", "both"]
Kind = Literal["forward", "input gradient", "weight gradient"]


@dataclass(frozen=True)
class LayerRun:
    """One kind of product of one layer."""

    name: str
    kind: Kind
    gemms: tuple[Gemm, ...]
    macs: int
    folds: int
    cycles: int
    utilisation: float  # 0..1: of what the multipliers could have done meanwhile


def run_layers(layers: Sequence[Convolution], array: Array, what: Pass = "forward") -> tuple[LayerRun, ...]:
    """In the order in which an array does them, one after the other; gradients from the last layer to the first.

    The first layer's input is the image, whose gradient nobody asks for. Gradients of a product that has no weights are
    those of both of its sides.
    """
    found = [_run(one.name, "forward", (one.forward,), array) for one in layers] if what != "backward" else []
    if what != "forward":
        for place in reversed(range(len(layers))):
            one = layers[place]
            found.append(_run(one.name, "weight gradient", (one.weight_gradient,), array))
            if place:
                found.append(_run(one.name, "input gradient", one.input_gradient, array))
    return tuple(found)


def _run(name: str, kind: Kind, gemms: tuple[Gemm, ...], array: Array) -> LayerRun:
    macs, cycles = sum(one.macs for one in gemms), sum(array.cycles(one) for one in gemms)
    folds = sum(one.count * array.folds(one) for one in gemms)
    return LayerRun(name, kind, gemms, macs, folds, cycles, macs / (cycles * array.rows * array.columns))
