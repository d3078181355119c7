"""Torch-Pruning's dependency graph: which node hands its channels to which, and as what numbers.

Its own traps are kept out: it changes the network that it traces, runs each image of a batch alone first, and takes
what it does not know for an operation on each element.
"""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, cast

import numpy as np

from edgewise.errors import MissingExtra, ModelError
from edgewise.prune.operations import Operations

if TYPE_CHECKING:
    from torch import Tensor, nn


def dependency_graph(network: "nn.Module", image: "Tensor", operations: Operations) -> tuple[Any, Any]:
    """Torch-Pruning's graph of a network that may be changed, and the node that gives its output."""
    import torch

    try:
        import torch_pruning as tp
    except ImportError as error:
        raise MissingExtra("Pruning", "torch") from error
    for weight in network.parameters():
        weight.requires_grad_(True)  # the graph is read off the gradients' functions
    roots: list[Any] = []

    def note(output: "Tensor") -> "Tensor":
        if output.grad_fn is None:
            raise ValueError("its output has no gradient")
        roots.append(output.grad_fn)
        return output

    with torch.enable_grad():
        try:
            graph = tp.DependencyGraph().build_dependency(
                network,
                image.detach().clone(),
                forward_fn=cast("Any", operations.run),  # else it runs each image alone first
                output_transform=note,
                verbose=False,
            )
        except Exception as error:  # foreign code on a network that it was not written for
            raise ModelError(
                f"Torch-Pruning cannot follow the network: {type(error).__name__}: {error}.",
                "Its forward pass must keep PyTorch's gradients.",
            ) from error
    last = next((node for node in graph.module2node.values() if node.grad_fn is roots[0]), None)
    return graph, last


def onwards(graph: Any, node: Any, side: str, pairs: np.ndarray) -> "Iterator[tuple[Any, str, np.ndarray]]":
    """The neighbours that a side of a node is coupled with, and the channels there."""
    pruner = graph.get_pruner_of_module(node.module)
    trigger = pruner.prune_in_channels if side == "in" else pruner.prune_out_channels
    for edge in node.dependencies:
        if edge.trigger != trigger:
            continue
        mapped = _mapped(edge.index_mapping, pairs)
        if len(mapped):
            target = graph.get_pruner_of_module(edge.target.module)
            both = target.prune_in_channels == target.prune_out_channels
            yield edge.target, "both" if both else "out" if edge.handler == target.prune_out_channels else "in", mapped


def _mapped(mappings: list[Any], pairs: np.ndarray) -> np.ndarray:
    """(channel at the root, channel here) as (channel at the root, channel there)."""
    from torch_pruning._helpers import _HybridIndex

    for mapping in mappings:
        if mapping is not None:
            tagged = mapping([_HybridIndex(idx=here, root_idx=root) for root, here in pairs.tolist()])
            pairs = np.array([(one.root_idx, one.idx) for one in tagged], np.int64).reshape(-1, 2)
    return pairs


def why_not(graph: Any, node: Any) -> str | None:
    """Why channels that come to a node must stay; None for what leaves channels apart."""
    import torch
    from torch_pruning.ops import OPTYPE

    name = graph._module2name.get(node.module, "")
    if isinstance(node.module, torch.nn.Parameter):
        return f"the parameter {graph._param_to_name.get(node.module, name)} meets it outside a layer"
    kind = type(node.module).__name__
    if node.type in (OPTYPE.LN, OPTYPE.GN):
        return f"{name} ({kind}) normalises over its channels"
    if node.type in (OPTYPE.MHA, OPTYPE.LSTM, OPTYPE.EMBED):
        return f"{name} ({kind}) cannot be cut"
    if node.type in (OPTYPE.CONV, OPTYPE.DEPTHWISE_CONV, OPTYPE.LINEAR, OPTYPE.BN, OPTYPE.IN):
        return f"the weights of {name} ({kind}) are computed from others"
    return None
