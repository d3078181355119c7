"""What onnx2torch makes of a file, in PyTorch's own layers and functions, for any number of images.

onnx2torch keeps each operator of ONNX as a module of its own. Some of these hide what pruning looks for (a sum, the
last layer's weights), hold the one image of the file as a constant, or cannot be exported again; they are replaced.
"""

import operator
import warnings
from collections.abc import Callable
from functools import reduce
from typing import Any

import torch
from torch import Tensor, fx, nn
from torch.nn import functional


def plain(network: fx.GraphModule, image: Tensor) -> fx.GraphModule:
    """The same network, in eval mode, without modules that stand in the way. `image`: one, as it takes it.

    Raises `NotImplementedError` for what mixes images, or takes numbers that are computed where they must be known.
    """
    network.eval()  # norms would learn from the image
    with torch.no_grad(), warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of what onnx2torch's modules do
        _Shapes(network).run(image)
    for node in list(network.graph.nodes):
        replace = _REPLACED.get(type(network.get_submodule(node.target)).__name__) if node.op == "call_module" else None
        if replace is None:
            continue
        with network.graph.inserting_before(node):
            found = replace(_Call(network, node))
        if found is not None:
            found.meta = dict(node.meta)
            node.replace_all_uses_with(found)
            network.graph.erase_node(node)
    network.graph.eliminate_dead_code()
    return fx.GraphModule(network, network.graph).eval()


class _Shapes(fx.Interpreter):
    """Notes the shape of what each node gives, or the shapes of several tensors."""

    def run_node(self, n: fx.Node) -> Any:
        given = super().run_node(n)
        several = isinstance(given, tuple | list)
        n.meta["shape"] = [tuple(one.shape) for one in given] if several else tuple(getattr(given, "shape", ()))
        return given


class _Call:
    """One call of a module of onnx2torch, and what may take its place."""

    def __init__(self, network: fx.GraphModule, node: fx.Node) -> None:
        self._network, self._node, self._path = network, node, str(node.target)
        self.layer: Any = network.get_submodule(self._path)
        self.taken: list[Any] = [*node.args, *node.kwargs.values()]

    @property
    def shape(self) -> tuple[int, ...]:
        """Of the first tensor that it takes, for one image."""
        return self.taken[0].meta["shape"]

    @property
    def gives(self) -> Any:
        """The shape of what it gives for one image, or a list of shapes."""
        return self._node.meta["shape"]

    def function(self, function: Callable[..., Any], *arguments: Any) -> fx.Node:
        return self._node.graph.call_function(function, arguments)

    def module(self, layer: nn.Module) -> fx.Node:
        """A layer at the module's path, of the first tensor that it takes."""
        self._network.set_submodule(self._path, layer)
        return self._node.graph.call_module(self._path, (self.taken[0],))

    def stored(self, place: int) -> Tensor | None:
        """A tensor of the file that it takes; None for one that is computed."""
        node = self.taken[place]
        return operator.attrgetter(node.target)(self._network) if node.op == "get_attr" else None

    def numbers(self, place: int) -> list[int]:
        found = self.stored(place)
        if found is None:
            raise self.refused("takes numbers that are computed from the image")
        return found.reshape(-1).tolist()

    def refused(self, why: str) -> NotImplementedError:
        return NotImplementedError(f"{self._path} {why}")


def _arithmetic(call: _Call) -> fx.Node | None:
    """Two tensors, or a tensor and a number."""
    if call.layer.broadcast:
        return None
    known = {torch.add, torch.sub, torch.mul}
    function = call.layer.math_op_function if call.layer.math_op_function in known else torch.div
    stored = [call.stored(place) for place in range(2)]
    both = [
        float(one) if one is not None and one.ndim == 0 else taken
        for one, taken in zip(stored, call.taken, strict=True)
    ]
    return call.function(function, *both)


def _sum(call: _Call) -> fx.Node:
    return reduce(lambda sofar, one: call.function(torch.add, sofar, one), call.taken)


def _same(call: _Call) -> fx.Node:
    return call.taken[0]


def _global_average(call: _Call) -> fx.Node | None:
    return call.function(functional.adaptive_avg_pool2d, call.taken[0], 1) if len(call.shape) == 4 else None


def _reshaped(call: _Call) -> fx.Node:
    """Sides put together, added or taken away, whatever the operator's name."""
    image, before, after = call.taken[0], call.shape, call.gives
    if before == after:
        return image
    if before[0] != 1 or after[:1] != (1,):
        raise call.refused(f"makes {list(after)} of {list(before)}, so that images could not be told apart")
    if len(after) == 2:
        return call.function(torch.flatten, image, 1)
    if after[: len(before)] == before and set(after[len(before) :]) == {1}:
        return reduce(lambda sofar, _: call.function(torch.unsqueeze, sofar, -1), after[len(before) :], image)
    return call.function(torch.reshape, image, (-1, *after[1:]))


def _split(call: _Call) -> fx.Node:
    sizes = [shape[call.layer.axis] for shape in call.gives]
    if len(set(sizes)) == 1:
        return call.function(torch.chunk, call.taken[0], len(sizes), call.layer.axis)
    return call.function(torch.split, call.taken[0], sizes, call.layer.axis)


def _slice(call: _Call) -> fx.Node:
    starts, ends = call.numbers(1), call.numbers(2)
    axes = call.numbers(3) if len(call.taken) > 3 else list(range(len(starts)))
    steps = call.numbers(4) if len(call.taken) > 4 else [1] * len(starts)
    if min(steps) < 1:
        raise call.refused("slices backwards")
    parts = [slice(None)] * len(call.shape)
    for axis, start, end, step in zip(axes, starts, ends, steps, strict=True):
        parts[axis] = slice(start, end, step)
    return call.function(operator.getitem, call.taken[0], tuple(parts))


def _pad(call: _Call) -> fx.Node:
    if len(call.taken) > 3:
        raise call.refused("pads along axes that it names")
    pads = call.numbers(1)
    ndim = len(pads) // 2
    pairs = [side for axis in reversed(range(ndim)) for side in (pads[axis], pads[axis + ndim])]
    while pairs[-2:] == [0, 0]:
        del pairs[-2:]
    value = call.stored(2) if len(call.taken) > 2 else None
    fill = (0.0 if value is None else float(value)) if call.layer.mode == "constant" else None
    return call.function(functional.pad, call.taken[0], pairs, call.layer.mode, fill)


def _prelu(call: _Call) -> fx.Node | None:
    slopes = call.stored(1)
    if slopes is None or slopes.numel() not in (1, call.shape[1]):
        return None
    layer = nn.PReLU(slopes.numel())
    layer.weight.data = slopes.reshape(-1).clone()
    return call.module(layer)


def _product(call: _Call) -> fx.Node | None:
    """A layer without biases, where the other factor is stored."""
    weights = call.stored(1)
    if weights is None or weights.ndim != 2:
        return None
    layer = nn.Linear(*weights.shape, bias=False)
    layer.weight.data = weights.T.contiguous()
    return call.module(layer)


_REPLACED: dict[str, Callable[[_Call], fx.Node | None]] = {
    "OnnxBinaryMathOperation": _arithmetic,
    "OnnxSum": _sum,
    "OnnxCopyIdentity": _same,
    "OnnxDropoutDynamic": _same,
    "OnnxGlobalAveragePool": _global_average,
    "OnnxGlobalAveragePoolWithKnownInputShape": _global_average,
    "OnnxFlatten": _reshaped,
    "OnnxReshape": _reshaped,
    "OnnxSqueezeStaticAxes": _reshaped,
    "OnnxSqueezeDynamicAxes": _reshaped,
    "OnnxUnsqueezeStaticAxes": _reshaped,
    "OnnxUnsqueezeDynamicAxes": _reshaped,
    "OnnxSplit": _split,
    "OnnxSplit13": _split,
    "OnnxSlice": _slice,
    "OnnxPadDynamic": _pad,
    "OnnxPReLU": _prelu,
    "OnnxMatMul": _product,
}
