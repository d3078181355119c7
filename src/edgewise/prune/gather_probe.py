"""A small ONNX network around one layer: a cheap writer of what it reads, the gather, the layer, and a mean.

The writer is there because of what a gather breaks. ONNX Runtime keeps the maps between convolutions in blocks of
channels; a gather wants them plain, so the maps are put in order before it and blocked again behind it. A layer that
is timed alone pays for that with and without a gather, and hides it.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np

from edgewise.errors import MissingExtra

_OPSET, _IR_VERSION = 20, 10
_SPREAD = 0.05  # of the drawn weights; their values do not matter to time, as long as none is denormal
_COLOURS = 3


@dataclass(frozen=True)
class Window:
    """How a convolution goes over its map: downwards, then to the right."""

    kernel: tuple[int, int] = (1, 1)
    stride: tuple[int, int] = (1, 1)
    padding: tuple[int, int] = (0, 0)
    dilation: tuple[int, int] = (1, 1)


@dataclass(frozen=True)
class LayerShape:
    """A convolution that reads [1, inputs, size, size]; without a window, a linear layer that reads [1, inputs]."""

    inputs: int
    outputs: int
    window: Window | None = None
    size_px: int = 1


def probe(shape: LayerShape, kept: tuple[int, ...] | None) -> bytes:
    """The ONNX file: the layer as it is, or reading `kept` of its inputs alone."""
    graph = _Graph()
    maps = graph.convolution("image", shape.inputs, _COLOURS, Window())
    inputs = shape.inputs if kept is None else len(kept)
    if shape.window is None:
        maps = graph.add("Flatten", graph.add("GlobalAveragePool", maps))
        maps = maps if kept is None else graph.chosen(maps, kept)
        weights = graph.number(shape.outputs, inputs), graph.number(shape.outputs)
        graph.add("Gemm", maps, *weights, gives="logits", transB=1)
    else:
        maps = maps if kept is None else graph.chosen(maps, kept)
        maps = graph.convolution(maps, shape.outputs, inputs, shape.window)
        graph.add("Flatten", graph.add("GlobalAveragePool", maps), gives="logits")
    return graph.file(shape.size_px, shape.outputs)


class _Graph:
    """Nodes one after the other."""

    def __init__(self) -> None:
        try:
            import onnx
        except ImportError as error:
            raise MissingExtra("Timing gathers", "torch") from error
        self._onnx: Any = onnx
        self._rng = np.random.default_rng(0)
        self._nodes: list[Any] = []
        self._numbers: list[Any] = []

    def add(self, operation: str, *takes: str, gives: str = "", **attributes: Any) -> str:
        name = gives or f"v{len(self._nodes)}"
        self._nodes.append(self._onnx.helper.make_node(operation, list(takes), [name], **attributes))
        return name

    def number(self, *shape: int) -> str:
        return self._hold(self._rng.normal(0, _SPREAD, shape).astype(np.float32))

    def chosen(self, maps: str, kept: tuple[int, ...]) -> str:
        """A slice where the channels follow each other, else a gather."""
        if kept[-1] - kept[0] == len(kept) - 1:
            ends = (self._hold(np.array([end], np.int64)) for end in (kept[0], kept[-1] + 1, 1))
            return self.add("Slice", maps, *ends)
        return self.add("Gather", maps, self._hold(np.array(kept, np.int64)), axis=1)

    def convolution(self, maps: str, outputs: int, inputs: int, window: Window) -> str:
        weights = self.number(outputs, inputs, *window.kernel), self.number(outputs)
        given = self.add(
            "Conv",
            maps,
            *weights,
            strides=window.stride,
            pads=(*window.padding, *window.padding),
            dilations=window.dilation,
        )
        return self.add("Relu", given)

    def file(self, size_px: int, outputs: int) -> bytes:
        helper, floats = self._onnx.helper, self._onnx.TensorProto.FLOAT
        image = helper.make_tensor_value_info("image", floats, ["n", _COLOURS, size_px, size_px])
        logits = helper.make_tensor_value_info("logits", floats, ["n", outputs])
        graph = helper.make_graph(self._nodes, "probe", [image], [logits], self._numbers)
        opset = [helper.make_opsetid("", _OPSET)]
        return helper.make_model(graph, opset_imports=opset, ir_version=_IR_VERSION).SerializeToString()

    def _hold(self, numbers: np.ndarray) -> str:
        name = f"n{len(self._numbers)}"
        self._numbers.append(self._onnx.numpy_helper.from_array(numbers, name))
        return name
