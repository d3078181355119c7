"""The penultimate vector of a network: what its last layer with weights takes, to make the scores of it."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from edgewise.runtime.operators import Operator, fixed_tensors

_CHANNELS_FIRST = {"Conv", "FusedConv", "QLinearConv", "ConvInteger"}  # of ONNX
_CHANNELS_LAST = {
    *("Gemm", "MatMul", "FusedGemm", "FusedMatMul", "QGemm", "QLinearMatMul", "MatMulNBits"),  # of ONNX
    *("CONV_2D", "FULLY_CONNECTED"),  # of LiteRT
}
_RESHAPING = {"Reshape", "RESHAPE"}  # they may compute the new shape from that of another tensor
_ROUNDS, _TURNS_REAL = "QuantizeLinear", "DequantizeLinear"


@dataclass(frozen=True)
class Penultimate:
    """Which tensor of a network holds it, and the layer that takes it."""

    tensor: str
    layer: Operator

    @property
    def channels_first(self) -> bool:
        """Whether it lies as [n, width, ...], not as [n, ..., width]."""
        return self.layer.name in _CHANNELS_FIRST


def find_penultimate(operators: Sequence[Operator], constants: Collection[str], output: str) -> Penultimate | None:
    """The tensor that the last layer with weights takes, on the way back from `output`.

    None where the way forks first, as where the scores of two layers are added. Where the tensor was only just rounded
    to 8 bits, the unrounded one stands for it: engines that merge the rounding into the layer still can.
    """
    fixed = fixed_tensors(operators, constants)
    makers = {given: operator for operator in operators for given in operator.gives}
    name = output
    for _ in operators:  # a broken file may go round in circles
        maker = makers.get(name)
        if maker is None:
            return None
        takes = maker.takes[:1] if maker.name in _RESHAPING else maker.takes
        varying = [taken for taken in takes if taken not in fixed]
        is_layer = maker.name in _CHANNELS_FIRST | _CHANNELS_LAST
        if len(varying) != 1:
            return None
        if is_layer and len(takes) > 1:
            return Penultimate(_unrounded(varying[0], makers), maker)
        name = varying[0]
    return None


def _unrounded(name: str, makers: Mapping[str, Operator]) -> str:
    """What was rounded to give a tensor, perhaps by way of integers; the tensor itself where nothing was."""
    maker = makers.get(name)
    if maker is not None and maker.name == _TURNS_REAL:
        maker = makers.get(maker.takes[0])
    return maker.takes[0] if maker is not None and maker.name == _ROUNDS else name


def as_vectors(values: np.ndarray, images: int, *, channels_first: bool) -> np.ndarray | None:
    """What a layer took, as float32 [n, width], a map averaged over its places; None for values of no such shape.

    A linear layer on a map that is averaged afterwards gives what it would give for the map's mean.
    """
    if values.ndim < 2 or len(values) != images or not values.size:
        return None
    width = values.shape[1 if channels_first else -1]
    if values.size == images * width:
        return values.reshape(images, width).astype(np.float32)
    parts = values.reshape((images, width, -1) if channels_first else (images, -1, width))
    return parts.mean(axis=2 if channels_first else 1, dtype=np.float32)
