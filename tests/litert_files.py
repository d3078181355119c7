"""Small LiteRT classifiers written with the format's own schema: a convolution of stride two, a mean, a dense layer.

Quantised as the LiteRT 8-bit specification says: int8 weights per output channel, symmetric; int32 biases of scale
input * weight; int8 or uint8 activations with a zero point.
"""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import flatbuffers
import numpy as np
from ai_edge_litert import schema_py_generated as schema

SIDE, CHANNELS, CLASSES = 8, 5, 4
_RANDOM = np.random.default_rng(3)
KERNEL = _RANDOM.normal(size=(CHANNELS, 3, 3, 3)).astype(np.float32)  # [out, h, w, in]
KERNEL_BIAS = _RANDOM.normal(size=CHANNELS).astype(np.float32)
DENSE = _RANDOM.normal(size=(CLASSES, CHANNELS)).astype(np.float32)
DENSE_BIAS = _RANDOM.normal(size=CLASSES).astype(np.float32)
_TYPES = {"float32": schema.TensorType.FLOAT32, "int8": schema.TensorType.INT8, "int32": schema.TensorType.INT32,
          "uint8": schema.TensorType.UINT8}  # fmt: skip


@dataclass
class _File:
    """Tensors, buffers and operators as they are collected."""

    tensors: list[Any] = field(default_factory=list)
    buffers: list[Any] = field(default_factory=lambda: [schema.BufferT()])
    operators: list[Any] = field(default_factory=list)
    codes: list[int] = field(default_factory=list)

    def tensor(self, name: str, shape: list[int], number: str, scale: Any = None, zero: int = 0, *, data: Any = None,
               axis: int = 0) -> int:  # fmt: skip
        tensor = schema.TensorT()
        tensor.name, tensor.shape, tensor.type = name, shape, _TYPES[number]
        tensor.buffer = 0
        if data is not None:
            buffer = schema.BufferT()
            buffer.data = np.frombuffer(np.ascontiguousarray(data).tobytes(), np.uint8)
            self.buffers.append(buffer)
            tensor.buffer = len(self.buffers) - 1
        if scale is not None:
            scales = np.atleast_1d(np.asarray(scale, np.float32))
            tensor.quantization = schema.QuantizationParametersT()
            tensor.quantization.scale = scales
            tensor.quantization.zeroPoint = np.full(len(scales), zero, np.int64)
            tensor.quantization.quantizedDimension = axis
        self.tensors.append(tensor)
        return len(self.tensors) - 1

    def operator(self, code: int, inputs: list[int], output: int, kind: int = 0, options: Any = None) -> None:
        if code not in self.codes:
            self.codes.append(code)
        operator = schema.OperatorT()
        operator.opcodeIndex = self.codes.index(code)
        operator.inputs, operator.outputs = inputs, [output]
        operator.builtinOptionsType, operator.builtinOptions = kind, options
        self.operators.append(operator)

    def write(self, path: Path, inputs: list[int], outputs: list[int]) -> Path:
        graph = schema.SubGraphT()
        graph.tensors, graph.operators, graph.inputs, graph.outputs = self.tensors, self.operators, inputs, outputs
        model = schema.ModelT()
        model.version, model.subgraphs, model.buffers = 3, [graph], self.buffers
        model.operatorCodes = []
        for code in self.codes:
            known = schema.OperatorCodeT()
            known.builtinCode, known.deprecatedBuiltinCode, known.version = code, min(code, 127), 3
            model.operatorCodes.append(known)
        builder = flatbuffers.Builder(1024)
        builder.Finish(model.Pack(builder), b"TFL3")
        path.write_bytes(bytes(builder.Output()))
        return path


def float_net(images: np.ndarray) -> np.ndarray:
    """What the float network computes, in NumPy: float32 [n, 8, 8, 3] -> logits [n, 4]."""
    padded = np.pad(images, ((0, 0), (0, 1), (0, 1), (0, 0)))  # SAME at stride two pads below and right
    windows = np.lib.stride_tricks.sliding_window_view(padded, (3, 3), axis=(1, 2))[:, ::2, ::2]
    maps = np.maximum(np.einsum("nyxcij,oijc->nyxo", windows, KERNEL) + KERNEL_BIAS, 0)
    return maps.mean((1, 2)) @ DENSE.T + DENSE_BIAS


def write_net(
    path: Path,
    number: str = "float32",
    *,
    softmax: bool = False,
    shape: tuple[int, ...] = (1, SIDE, SIDE, 3),
    two_outputs: bool = False,
    open_size: bool = False,
) -> Path:
    """The network as a file; `number` is the type of its input and output: float32, int8 or uint8."""
    file, quantised = _File(), number != "float32"
    zero = {"float32": 0, "int8": 0, "uint8": 128}[number]
    at = {"in": 1 / 64, "maps": 0.2, "mean": 0.1, "logits": 0.1}  # steps of the activations

    def activation(name: str, sides: list[int], step: float) -> int:
        return file.tensor(name, sides, number, step if quantised else None, zero)

    def weights(name: str, values: np.ndarray, step: float) -> tuple[int, np.ndarray]:
        if not quantised:
            return file.tensor(name, list(values.shape), "float32", data=values), np.ones(1)
        per_channel = number == "int8"
        limit = np.abs(values).reshape(len(values), -1).max(1) if per_channel else np.abs(values).max()
        scale = np.atleast_1d(limit / 127).astype(np.float32)
        broad = scale.reshape(-1, *[1] * (values.ndim - 1))
        whole = np.clip(np.rint(values / broad), -127, 127)
        if per_channel:
            return file.tensor(name, list(values.shape), "int8", scale, data=whole.astype(np.int8)), scale * step
        return file.tensor(
            name, list(values.shape), "uint8", scale, 128, data=(whole + 128).astype(np.uint8)
        ), scale * step

    def bias(name: str, values: np.ndarray, scale: np.ndarray) -> int:
        if not quantised:
            return file.tensor(name, [len(values)], "float32", data=values)
        return file.tensor(name, [len(values)], "int32", scale, data=np.rint(values / scale).astype(np.int32))

    taken = activation("image", list(shape), at["in"])
    if open_size:
        file.tensors[taken].shape, file.tensors[taken].shapeSignature = [1, 1, 1, 3], [-1, -1, -1, 3]
    kernel, kernel_scale = weights("kernel", KERNEL, at["in"])
    half = SIDE // 2
    maps = activation("maps", [shape[0], half, half, CHANNELS], at["maps"])
    convolution = schema.Conv2DOptionsT()
    convolution.strideH = convolution.strideW = 2
    convolution.padding, convolution.fusedActivationFunction = schema.Padding.SAME, schema.ActivationFunctionType.RELU
    operators, options = schema.BuiltinOperator, schema.BuiltinOptions
    inputs = [taken, kernel, bias("kernel bias", KERNEL_BIAS, kernel_scale)]
    file.operator(operators.CONV_2D, inputs, maps, options.Conv2DOptions, convolution)
    axes = file.tensor("axes", [2], "int32", data=np.array([1, 2], np.int32))
    mean = activation("mean", [shape[0], CHANNELS], at["mean"])
    file.operator(operators.MEAN, [maps, axes], mean, options.ReducerOptions, schema.ReducerOptionsT())
    dense, dense_scale = weights("dense", DENSE, at["mean"])
    logits = activation("logits", [shape[0], CLASSES], at["logits"])
    inputs = [mean, dense, bias("dense bias", DENSE_BIAS, dense_scale)]
    file.operator(
        operators.FULLY_CONNECTED, inputs, logits, options.FullyConnectedOptions, schema.FullyConnectedOptionsT()
    )
    last = logits
    if softmax:
        lowest = {"float32": 0, "int8": -128, "uint8": 0}[number]
        last = file.tensor("probabilities", [shape[0], CLASSES], number, 1 / 256 if quantised else None, lowest)
        slope = schema.SoftmaxOptionsT()
        slope.beta = 1.0
        file.operator(operators.SOFTMAX, [logits], last, options.SoftmaxOptions, slope)
    return file.write(path, [taken], [last, mean] if two_outputs else [last])
