"""Small ONNX classifiers made on the spot, in the shapes that users bring."""

from pathlib import Path
from typing import Any

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

NUMBERS = {"float32": TensorProto.FLOAT, "float16": TensorProto.FLOAT16, "uint8": TensorProto.UINT8}
WEIGHTS = np.random.default_rng(5).normal(size=(3, 4)).astype(np.float32)


def channel_means(
    path: Path,
    shape: list[int | str],
    *,
    number: str = "float32",
    layout: str = "nchw",
    end: str = "",
    input_name: str = "x",
    tail: list[int] | None = None,
    extra_output: bool = False,
    extra_input: bool = False,
) -> Path:
    """A network of four classes: the mean of each channel times `WEIGHTS`, then the operator `end`.

    `tail` reshapes the output, `extra_output` adds the means themselves as "means", `extra_input` one more input.
    """
    axes = [2, 3] if layout == "nchw" else [1, 2]
    nodes = [
        helper.make_node("Cast", [input_name], ["float"], to=TensorProto.FLOAT),
        helper.make_node("ReduceMean", ["float", "axes"], ["means"], keepdims=0),
        helper.make_node("MatMul", ["means", "weights"], ["product"]),
    ]
    last = "product"
    if extra_input:
        nodes.append(helper.make_node("Add", [last, "bias"], ["biased"]))
        last = "biased"
    if end:
        nodes.append(helper.make_node(end, [last], ["ended"], **({"axis": 1} if end == "Softmax" else {})))
        last = "ended"
    nodes.append(helper.make_node("Reshape", [last, "tail"], ["scores"]))
    tail = tail or [-1, 4]
    given = [shape[0] if side == -1 else side for side in tail]
    inputs = [helper.make_tensor_value_info(input_name, NUMBERS[number], shape)]
    inputs += [helper.make_tensor_value_info("bias", TensorProto.FLOAT, [1, 4])] if extra_input else []
    outputs = [helper.make_tensor_value_info("scores", TensorProto.FLOAT, given)]
    outputs += [helper.make_tensor_value_info("means", TensorProto.FLOAT, [shape[0], 3])] if extra_output else []
    stored = {"axes": np.array(axes), "weights": WEIGHTS, "tail": np.array(tail)}
    return save(path, nodes, inputs, outputs, stored)


def save(
    path: Path,
    nodes: list[Any],
    inputs: list[Any],
    outputs: list[Any],
    stored: dict[str, np.ndarray],
    *,
    opset: int = 18,
) -> Path:
    """Write a graph as an ONNX file."""
    tensors = [numpy_helper.from_array(value, name) for name, value in stored.items()]
    graph = helper.make_graph(nodes, "net", inputs, outputs, tensors)
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", opset)], ir_version=9), path)
    return path
