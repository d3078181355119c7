"""The work of an ONNX file: it is run once, and the shapes of what its layers took and gave are looked at.

No shape is inferred from the operators' definitions, which change with their versions.
"""

from collections.abc import Sequence
from math import prod
from pathlib import Path
from typing import Any

import numpy as np

from edgewise.runtime.onnx_graph import OnnxGraph, read_graph, with_outputs
from edgewise.runtime.operators import fixed_tensors
from edgewise.runtime.protobuf import Protobuf
from edgewise.zoo.macs.graph import Product, Shape, Tensor, count_graph
from edgewise.zoo.macs.work import Uncounted, Work


def _convolution(_: Shape, weights: Shape, given: Shape) -> int:
    """Weights [out, in of one group, sides...]."""
    return prod(given) * prod(weights[1:])


def _transposed(taken: Shape, weights: Shape, _: Shape) -> int:
    """Weights [in, out of one group, sides...]."""
    return prod(taken) * prod(weights[1:])


def _dense(left: Shape, _: Shape, given: Shape) -> int:
    """Matrices, of which either may be transposed: what they share is told from the sizes."""
    return prod(given) * (left[-1] * left[-2] // given[-2])


def _matrices(left: Shape, _: Shape, given: Shape) -> int:
    return prod(given) * left[-1]


_PRODUCTS = {
    "Conv": Product((0, 1), _convolution),
    "ConvInteger": Product((0, 1), _convolution),
    "QLinearConv": Product((0, 3), _convolution),
    "FusedConv": Product((0, 1), _convolution),
    "ConvTranspose": Product((0, 1), _transposed),
    "Gemm": Product((0, 1), _dense),
    "FusedGemm": Product((0, 1), _dense),
    "FusedMatMul": Product((0, 1), _dense),
    "QGemm": Product((0, 3), _dense),
    "MatMul": Product((0, 1), _matrices),
    "MatMulInteger": Product((0, 1), _matrices),
    "QLinearMatMul": Product((0, 3), _matrices),
    "DynamicQuantizeMatMul": Product((0, 1), _matrices, quantises=True),
    "MatMulIntegerToFloat": Product((0, 1), _matrices),
}
# Operators that multiply and are not reckoned here, or hold others that may.
_HIDDEN = {"If", "Loop", "Scan", "LSTM", "GRU", "RNN", "Einsum", "Attention", "DeformConv"}
# Operators outside of the standard that multiply nothing, as ONNX Runtime's own tools write them.
_HARMLESS = {"Gelu", "FastGelu", "BiasGelu", "QuickGelu", "SkipLayerNormalization", "DynamicQuantizeLinear"}
_HARMLESS_PREFIX = "QLinear"


def count_onnx(path: Path, image: np.ndarray) -> Work:
    """The work for one image, given in the order and the type that the file takes. Raises `Uncounted`."""
    try:
        content = path.read_bytes()
        graph = read_graph(Protobuf(content))
    except (OSError, ValueError, IndexError) as error:
        raise Uncounted(f"{path} cannot be read: {error}") from error
    for operator in graph.operators:
        _see_that_it_is_known(operator.name, foreign=operator.name in graph.foreign)
    reals = {one.gives[0]: one.takes[0] for one in graph.operators if one.name == "DequantizeLinear"}
    names: list[str] = []
    for layer in (one for one in graph.operators if one.name in _PRODUCTS):
        operands = [layer.takes[place] for place in _PRODUCTS[layer.name].operands]
        names += [*operands, layer.gives[0], *(reals[name] for name in operands if name in reals)]
    seen = _run(path, content, graph, list(dict.fromkeys(names)), image)
    # Between the integers and a layer that takes them as real numbers stands only their scale: engines multiply them
    # as integers.
    tensors = {name: Tensor(seen[name].shape, seen[reals.get(name, name)].number) for name in seen}
    return count_graph(graph.operators, fixed_tensors(graph.operators, graph.constants), tensors, _PRODUCTS)


def _see_that_it_is_known(operator: str, *, foreign: bool) -> None:
    harmless = not foreign or operator in _HARMLESS or operator.startswith(_HARMLESS_PREFIX)
    if operator in _HIDDEN or not (harmless or operator in _PRODUCTS):
        raise Uncounted(f"what its operator {operator} multiplies is not known")


def _run(path: Path, content: bytes, graph: OnnxGraph, names: Sequence[str], image: np.ndarray) -> dict[str, Tensor]:
    """The shapes and types of some tensors in a run on one image; they are made outputs of the network."""
    import onnxruntime as ort

    options = ort.SessionOptions()
    options.graph_optimization_level = ort.GraphOptimizationLevel.ORT_DISABLE_ALL  # it would merge layers
    options.log_severity_level = 3
    options.add_session_config_entry("session.model_external_initializers_file_folder_path", str(path.parent))
    try:
        shown = with_outputs(content, graph, names)
        session: Any = ort.InferenceSession(shown, options, providers=["CPUExecutionProvider"])
        found = session.run(list(names), {session.get_inputs()[0].name: image})
    except Exception as error:  # ONNX Runtime's exceptions share no public base class
        reason = str(error).strip().splitlines()[0][:200]
        raise Uncounted(f"it cannot be run with its layers' outputs shown: {reason}") from error
    return {name: Tensor(array.shape, array.dtype.name) for name, array in zip(names, found, strict=True)}
