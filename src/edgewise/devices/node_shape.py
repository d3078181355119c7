"""The facts of a layer's shape, out of what ONNX Runtime's profiler tells of a node that ran."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import isqrt, prod
from typing import Any

import numpy as np

from edgewise.devices.layer import Kind, LayerShape

Shape = tuple[int, ...]
# Kernels on channels in blocks are others than those of the same operator on whole planes; its node's name alone tells.
_BLOCKED = "Nchwc"
# The place of the weights among what a node takes.
_CONVOLUTIONS = {"NchwcConv": 1, "Conv": 1, "FusedConv": 1, "NhwcFusedConv": 1, "ConvInteger": 1, "QLinearConv": 3}
_PRODUCTS = {
    "Gemm": 1,
    "FusedGemm": 1,
    "MatMul": 1,
    "FusedMatMul": 1,
    "MatMulInteger": 1,
    "MatMulIntegerToFloat": 1,
    "DynamicQuantizeMatMul": 1,
    "QGemm": 3,
    "QLinearMatMul": 3,
}
_POOLS = {
    *("MaxPool", "AveragePool", "GlobalAveragePool", "GlobalMaxPool", "ReduceMean"),
    *("QLinearAveragePool", "QLinearGlobalAveragePool"),
}
_REORDERS = {
    *("ReorderInput", "ReorderOutput", "Transpose", "Reshape", "Flatten", "Squeeze", "Unsqueeze", "Concat", "Split"),
    *("Slice", "Gather", "Pad", "Expand", "Identity", "Cast", "QLinearConcat"),
}
_ELEMENTWISE = {
    *("Add", "Sub", "Mul", "Div", "Pow", "Sqrt", "Relu", "Clip", "LeakyRelu", "PRelu", "Elu", "Selu", "Sigmoid"),
    *("HardSigmoid", "HardSwish", "Tanh", "Erf", "Exp", "Gelu", "BiasGelu", "FastGelu", "QuickGelu", "Softmax"),
    *("LayerNormalization", "SkipLayerNormalization", "BatchNormalization", "InstanceNormalization", "LRN"),
    *("QLinearAdd", "QLinearMul", "QLinearSigmoid", "QuantizeLinear", "DequantizeLinear"),
}
_KINDS: Mapping[Kind, set[str]] = {"pool": _POOLS, "reorder": _REORDERS, "elementwise": _ELEMENTWISE}


@dataclass(frozen=True)
class Node:
    """One node as it ran."""

    index: int
    operator: str
    taken: tuple[Shape, ...]
    given: Shape
    moved_bytes: int
    ms: float

    @classmethod
    def read(cls, index: int, name: str, told: Mapping[str, Any], ms: float) -> "Node":
        """`name` and `told`: the profiler's event, and its arguments."""
        taken, given = told["input_type_shape"], told["output_type_shape"]
        return cls(
            index,
            f"{_BLOCKED if _BLOCKED.lower() in name else ''}{told['op_name']}",
            tuple(_shape(one) for one in taken),
            _shape(given[0]) if given else (),
            sum(map(_bytes, (*taken, *given))),
            ms,
        )


def layer_shape(node: Node) -> LayerShape:
    """What is known of the layer that a node is."""
    if node.operator in _CONVOLUTIONS and len(node.taken) > _CONVOLUTIONS[node.operator] and len(node.given) == 4:
        return _convolution(node, node.taken[_CONVOLUTIONS[node.operator]])
    if node.operator in _PRODUCTS and node.taken and node.given:
        return _product(node)
    kind = _kind(node.operator)
    source = node.taken[0] if node.taken else ()
    kernel = 1
    if kind == "pool":  # the window is not told; what it steps over is
        kernel = max(1, isqrt(_places(source) // max(1, _places(node.given))))
    return _shape_of(node, kind, _channels(source), _channels(node.given), (kernel, kernel), kernel, 1, 0)


def _kind(operator: str) -> Kind:
    for kind, operators in _KINDS.items():
        if operator.removeprefix(_BLOCKED) in operators:
            return kind
    return "other"


def _convolution(node: Node, weights: Shape) -> LayerShape:
    """Weights [out, in of one group, height, width]; channels as the kernel has them, filled up to whole blocks."""
    channels, given = node.taken[0][1], node.given[1]
    if node.operator.startswith("Nhwc"):
        channels, given = node.taken[0][3], node.given[3]
    groups = max(1, channels // weights[1])
    height, width = weights[2:]
    stride = max(1, round((_places(node.taken[0]) / max(1, _places(node.given))) ** 0.5))
    kind: Kind = "conv"
    if groups > 1:
        kind = "depthwise" if weights[1] == 1 else "grouped"
    elif height == width == 1:
        kind = "pointwise"
    macs = prod(node.given) * prod(weights[1:])
    return _shape_of(node, kind, channels, given, (height, width), stride, groups, macs)


def _product(node: Node) -> LayerShape:
    source, given = node.taken[0], node.given
    return _shape_of(node, "dense", source[-1], given[-1], (1, 1), 1, 1, prod(given) * source[-1])


def _shape_of(
    node: Node,
    kind: Kind,
    channels: int,
    given: int,
    kernel: tuple[int, int],
    stride: int,
    groups: int,
    macs: int,
) -> LayerShape:
    added = kind in ("conv", "pointwise", "depthwise", "grouped") and len(node.taken) == 4 and len(node.taken[3]) == 4
    return LayerShape(
        kind=kind,
        operator=f"{node.operator}+Add" if added and "QLinear" not in node.operator else node.operator,
        in_channels=channels,
        out_channels=given,
        kernel_height=kernel[0],
        kernel_width=kernel[1],
        stride=stride,
        groups=groups,
        in_places=_places(node.taken[0]) if node.taken else 1,
        out_places=_places(node.given),
        macs=macs,
        moved_bytes=node.moved_bytes,
    )


def _channels(shape: Shape) -> int:
    """The second side of [1, channels, height, width], the last of anything else."""
    return shape[1] if len(shape) == 4 else shape[-1] if shape else 1


def _places(shape: Shape) -> int:
    return prod(shape) // max(1, _channels(shape)) if shape else 1


def _shape(typed: Mapping[str, Sequence[int]]) -> Shape:
    """`{"float": [1, 3, 224, 224]}`"""
    return tuple(next(iter(typed.values()), ()))


def _bytes(typed: Mapping[str, Sequence[int]]) -> int:
    return sum(prod(shape) * _width(name) for name, shape in typed.items())


def _width(name: str) -> int:
    """Bytes of a number, by ONNX Runtime's name of its type: float, float16, uint8."""
    try:
        return np.dtype({"float": "float32", "bfloat16": "float16"}.get(name, name)).itemsize
    except TypeError:
        return 4
