"""The penultimate vector of an ncnn network."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from edgewise.runtime.ncnn_file import Layer
from edgewise.runtime.operators import Operator
from edgewise.runtime.penultimate import as_vectors, find_penultimate

_LAYERS = {"Convolution": "Conv", "ConvolutionDepthWise": "Conv", "InnerProduct": "MatMul"}  # as it calls them
_WEIGHTS = "weights"  # stands for what a layer has in the .bin file; no blob has a space in its name


@dataclass(frozen=True)
class NcnnPenultimate:
    """The blob that holds it."""

    blob: str
    channels_first: bool  # whether it lies as [width, h, w], not as numbers in a row

    def vector(self, values: np.ndarray) -> np.ndarray | None:
        """float32 [1, width] of what the blob holds; None for values of no such shape."""
        return as_vectors(values[None] if self.channels_first else values.reshape(1, -1), 1, channels_first=True)


def find_in_ncnn(layers: Sequence[Layer], output: str) -> NcnnPenultimate | None:
    """The blob that the last layer with weights takes, on the way back from `output`; None where the way forks."""
    operators: list[Operator] = []
    for layer in layers:
        weights = (f"{_WEIGHTS} {layer.name}",) if layer.kind in _LAYERS else ()
        operators.append(Operator(_LAYERS.get(layer.kind, layer.kind), (*layer.takes, *weights), layer.gives))
    constants = [name for operator in operators for name in operator.takes if name.startswith(f"{_WEIGHTS} ")]
    found = find_penultimate([op for op in operators if op.name != "Input"], constants, output)
    return None if found is None else NcnnPenultimate(found.tensor, found.channels_first)
