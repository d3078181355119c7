"""What each group of a network costs: before anything is cut, where cutting could pay."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from edgewise.prune.groups import Group
from edgewise.prune.work import LayerWork, NetworkWork, network_work

if TYPE_CHECKING:
    from torch import Tensor, nn


@dataclass(frozen=True)
class GroupCost:
    """One group, and what the layers that write it or let it pass cost; a layer of several groups is shared out.

    So every convolution and dense layer counts once, with the group of its outputs.
    """

    name: str
    channels: int
    outputs: int  # channels of its first writer; more than `channels` where several go as one
    step: int
    whole: str | None
    layers: tuple[str, ...]
    macs: int
    parameter_bytes: int
    latency_share: float  # of the measured whole, 0 to 1


@dataclass(frozen=True)
class Inspection:
    """The groups of a network in execution order, with the whole that their shares are of."""

    input: tuple[int, int, int]
    groups: tuple[GroupCost, ...]
    macs: int
    parameter_bytes: int
    latency_ms: float  # median on PyTorch, one image, hooks included
    runs: int

    @property
    def share_outside(self) -> float:
        """The share of latency in no group's layers: activations, pooling, sums, and the calls between."""
        return max(0.0, 1 - sum(group.latency_share for group in self.groups))


def inspect(network: "nn.Module", image: "Tensor", *, runs: int = 5) -> Inspection:
    """Find the groups of a network and measure what they cost, each module timed on PyTorch.

    `image` is float [1, channels, h, w]. Raises as `find_groups` does.
    """
    from edgewise.prune.torch_pruning_groups import find_groups

    groups = find_groups(network, image)
    return inspection(groups, network_work(network, image, runs=runs), tuple(image.shape[1:]))


def inspection(groups: Sequence[Group], work: NetworkWork, input: tuple[int, ...]) -> Inspection:
    """The costs of groups out of those of the layers."""
    layers = {layer.path: layer for layer in work.layers}
    channels, height, width = input
    return Inspection(
        (channels, height, width),
        tuple(_cost(group, layers, work.ms) for group in groups),
        work.macs,
        work.parameter_bytes,
        work.ms,
        work.runs,
    )


def _cost(group: Group, layers: dict[str, LayerWork], whole_ms: float) -> GroupCost:
    macs, parameter_bytes, ms = 0.0, 0.0, 0.0
    for member in group.members:
        layer = layers.get(member.path)
        if layer is not None and member.side != "reads":
            part = member.index.size / layer.gives
            macs += part * layer.macs
            parameter_bytes += part * layer.parameter_bytes
            ms += part * layer.ms
    return GroupCost(
        group.name,
        group.channels,
        group.writer.index.size,
        group.step,
        group.whole,
        group.layers,
        round(macs),
        round(parameter_bytes),
        ms / whole_ms,
    )
