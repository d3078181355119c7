"""ONNX files as users have them: written by PyTorch's exporters, and in the forms of others."""

import warnings
from pathlib import Path
from typing import Any

import numpy as np
from torch import Tensor, nn

from edgewise.zoo.classifier import Classifier
from edgewise.zoo.loaders import load
from edgewise.zoo.sources import find
from tests.onnx_files import save


def export(network: nn.Module, image: Tensor, path: Path, *, new: bool = False, open_batch: bool = False) -> Path:
    """By PyTorch's older exporter, or by today's as `torch.onnx.export` calls it by itself; of one image."""
    import torch

    options: dict[str, Any] = {"dynamo": new, "verbose": False, "input_names": ["image"]}
    if open_batch:
        options["dynamic_axes"] = {"image": {0: "batch"}}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of the exporters' own deprecations
        torch.onnx.export(network.eval(), (image,), str(path), **options)
    return path


def keras_like(path: Path, *, opset: int = 13, end: str = "Softmax", quantised: bool = False) -> Path:
    """Images last [n, 32, 32, 3] turned at once, padding to one side, a product and a sum at the end, then `end`."""
    from onnx import TensorProto, helper

    random = np.random.default_rng(0)

    def drawn(*shape: int) -> np.ndarray:
        return (random.normal(size=shape) / np.sqrt(np.prod(shape[1:]) or 1)).astype(np.float32)

    node = helper.make_node
    squeeze = node("Squeeze", ["pooled", "sides"], ["flat"]) if opset >= 13 else None
    nodes = [
        node("Transpose", ["image"], ["first"], perm=[0, 3, 1, 2]),
        node("Conv", ["first", "stem", "stem_bias"], ["one"], kernel_shape=[3, 3], pads=[0, 0, 1, 1], strides=[2, 2]),
        node("Clip", ["one", "zero", "six"], ["two"]),
        node("Conv", ["two", "each"], ["three"], kernel_shape=[3, 3], pads=[1, 1, 1, 1], group=8),
        node("Relu", ["three"], ["four"]),
        node("Conv", ["four", "wide"], ["five"], kernel_shape=[1, 1]),
        node("GlobalAveragePool", ["five"], ["pooled"]),
        squeeze or node("Squeeze", ["pooled"], ["flat"], axes=[2, 3]),
        node("MatMul", ["flat", "head"], ["product"]),
        node("Add", ["product", "head_bias"], ["scores" if not end else "logits"]),
    ]
    if end:
        nodes.append(node(end, ["logits"], ["scores"]))
    stored = {
        "stem": drawn(8, 3, 3, 3),
        "stem_bias": drawn(8),
        "each": drawn(8, 1, 3, 3),
        "wide": drawn(12, 8, 1, 1),
        "head": 4 * drawn(12, 5),
        "head_bias": drawn(5),
        "zero": np.float32(0),
        "six": np.float32(6),
        "sides": np.array([2, 3]),
    }
    if quantised:
        nodes[0:1] = [
            node("QuantizeLinear", ["image", "scale", "none"], ["codes"]),
            node("DequantizeLinear", ["codes", "scale", "none"], ["again"]),
            node("Transpose", ["again"], ["first"], perm=[0, 3, 1, 2]),
        ]
        stored |= {"scale": np.float32(0.05), "none": np.int8(0)}
    taken = helper.make_tensor_value_info("image", TensorProto.FLOAT, ["n", 32, 32, 3])
    given = helper.make_tensor_value_info("scores", TensorProto.FLOAT, ["n", 5])
    return save(path, nodes, [taken], [given], {k: np.asarray(v) for k, v in stored.items()}, opset=opset)


def loaded(path: Path) -> Classifier:
    """On ONNX Runtime."""
    return load(find([str(path)])[0])
