"""Branches that end in a sum: what a residual branch must give, so that the sum comes out right."""

import operator
from dataclasses import dataclass

import torch
from torch import Tensor, fx, nn

_SMALL = 1e-3  # of a normalisation's scale: what it all but hides has no target of its own
_ADDS = (operator.add, operator.iadd, torch.add)


@dataclass(frozen=True, eq=False)
class Sum:
    """A sum that a layer's output goes straight into, through a normalisation at most."""

    node: str
    other: str  # the node of the other operand
    norm: nn.BatchNorm2d | None

    def before(self, wanted: Tensor) -> Tensor:
        """float32 [n, o]: what the layer must give, so that the normalisation makes `wanted` [n, o] of it."""
        if self.norm is None:
            return wanted
        mean, variance = self.norm.running_mean, self.norm.running_var
        assert mean is not None, "in eval mode it normalises by what it has seen"
        assert variance is not None, "in eval mode it normalises by what it has seen"
        scale = self.norm.weight.detach() / (variance + self.norm.eps).sqrt()
        return (wanted - self.norm.bias.detach()) / scale + mean


def sum_after(module: fx.GraphModule, node: fx.Node) -> Sum | None:
    """The sum that the output of `node` goes straight into, if it goes nowhere else."""
    norm: nn.BatchNorm2d | None = None
    here = node
    while len(here.users) == 1:
        following = next(iter(here.users))
        if following.op == "call_module" and norm is None:
            layer = module.get_submodule(str(following.target))
            if type(layer) is not nn.BatchNorm2d or not _invertible(layer):
                return None
            norm, here = layer, following
            continue
        if following.op != "call_function" or following.target not in _ADDS:
            return None
        others = [argument for argument in following.args if argument is not here]
        if len(others) != 1 or not isinstance(others[0], fx.Node) or _comes_later(others[0], node):
            return None
        return Sum(following.name, others[0].name, norm)
    return None


def _comes_later(other: fx.Node, node: fx.Node) -> bool:
    """The other branch is solved after this one, so it cannot be made up for here."""
    nodes = list(node.graph.nodes)
    return nodes.index(other) > nodes.index(node)


def _invertible(norm: nn.BatchNorm2d) -> bool:
    if norm.running_mean is None or norm.running_var is None or not norm.affine:
        return False
    scale = norm.weight.detach() / (norm.running_var + norm.eps).sqrt()
    return bool((scale.abs() > _SMALL).all())
