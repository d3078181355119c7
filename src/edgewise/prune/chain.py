"""A network as a chain of segments, cut wherever one tensor holds all that is needed from there on.

The segments are what recovery works through from the input on, what the frozen prefix and the open tail are made of,
and where activations are kept: a residual block, an Inception block, a plain layer of VGG are each one segment.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor, fx, nn
from torch.fx.passes.shape_prop import ShapeProp

from edgewise.errors import ModelError

_WEIGHTED = (nn.Conv2d, nn.Linear)


@dataclass(frozen=True, eq=False)
class Segment:
    """One tensor in, one tensor out. The layers are those of the network itself, not copies."""

    module: fx.GraphModule
    layers: tuple[str, ...]  # paths of the layers that it calls, in order

    @property
    def name(self) -> str:
        return self.layers[0]

    def __call__(self, images: Tensor) -> Tensor:
        return self.module(images)


def chain_of(network: nn.Module, image: Tensor) -> tuple[Segment, ...]:
    """Cut `network`, in eval mode, into as many segments as can be, each with a convolution or linear layer at least.

    `image`: float [1, 3, h, w]. Called one after the other, the segments give what the network gives. Layers are
    shared, so a network that is cut later must be traced again. Raises `ModelError` where Python code that depends on
    values keeps the network from being traced, or where it does not go from one tensor to one tensor.
    """
    traced = _traced(network)
    with torch.no_grad():
        ShapeProp(traced).propagate(image)
    inputs = [node for node in traced.graph.nodes if node.op == "placeholder" and node.users]
    result = next(node for node in traced.graph.nodes if node.op == "output").args[0]
    if len(inputs) != 1 or not isinstance(result, fx.Node):
        raise ModelError(
            f"The network has {len(inputs)} inputs and gives a {type(result).__name__}; expected one tensor each.",
            "Wrap it in a module that takes images and gives logits.",
        )
    nodes = _computed(inputs[0])
    cuts = _chosen_cuts(nodes, _bottlenecks(nodes, result), traced)
    return tuple(_segments(traced, nodes, cuts))


class _Tracer(fx.Tracer):
    """Layers without children are taken whole, whoever wrote them."""

    def is_leaf_module(self, m: nn.Module, module_qualified_name: str) -> bool:
        return super().is_leaf_module(m, module_qualified_name) or not any(True for _ in m.children())


def _traced(network: nn.Module) -> fx.GraphModule:
    try:
        return fx.GraphModule(network, _Tracer().trace(network))
    except Exception as error:  # foreign code under a watch that it was not written for
        raise ModelError(
            f"The network cannot be traced: {type(error).__name__}: {error}",
            "Its forward must not branch on the values or the sizes of tensors.",
        ) from error


def _computed(image: fx.Node) -> list[fx.Node]:
    """The nodes that depend on the image, in the order in which they run."""
    known = {image}
    for node in image.graph.nodes:
        if node.op != "output" and any(argument in known for argument in node.all_input_nodes):
            known.add(node)
    return [node for node in image.graph.nodes if node in known]


def _bottlenecks(nodes: Sequence[fx.Node], result: fx.Node) -> list[int]:
    """Places in `nodes` after which nothing but that node's tensor is needed."""
    place = {node: number for number, node in enumerate(nodes)}
    last_use = [
        len(nodes) if node is result else max((place[user] for user in node.users if user in place), default=number)
        for number, node in enumerate(nodes)
    ]
    found: list[int] = []
    reach = 0  # the last place at which anything computed before this node is used
    for number, node in enumerate(nodes):
        if reach <= number and "tensor_meta" in node.meta:
            found.append(number)
        reach = max(reach, last_use[number])
    return found


def _chosen_cuts(nodes: Sequence[fx.Node], bottlenecks: Sequence[int], traced: fx.GraphModule) -> list[int]:
    """The last node of each segment: a segment ends at the last bottleneck before the next one's first weights."""
    weighted = [
        number
        for number, node in enumerate(nodes)
        if node.op == "call_module" and isinstance(traced.get_submodule(str(node.target)), _WEIGHTED)
    ]
    cuts: list[int] = []
    begin = -1
    for here, following in zip(bottlenecks, [*bottlenecks[1:], len(nodes)], strict=True):
        holds = any(begin < number <= here for number in weighted)
        opens = any(here < number <= following for number in weighted)
        if holds and opens:
            cuts.append(here)
            begin = here
    return [*cuts, len(nodes) - 1]


def _segments(traced: fx.GraphModule, nodes: Sequence[fx.Node], cuts: Sequence[int]) -> Iterator[Segment]:
    begin = 0
    for cut in cuts:
        graph = fx.Graph()
        taken = nodes[0] if begin == 0 else nodes[begin - 1]
        known: dict[fx.Node, fx.Node] = {taken: graph.placeholder("images")}

        def there(node: fx.Node, graph: fx.Graph = graph, known: dict[fx.Node, fx.Node] = known) -> fx.Node:
            if node not in known:  # a parameter, or what is computed from none of the images
                known[node] = graph.node_copy(node, there)
            return known[node]

        own = [node for node in nodes[begin : cut + 1] if node.op != "placeholder"]
        for node in own:
            known[node] = graph.node_copy(node, there)
        graph.output(known[nodes[cut]])
        layers = tuple(str(node.target) for node in own if node.op == "call_module")
        yield Segment(fx.GraphModule(traced, graph), layers)
        begin = cut + 1
