"""Whether networks of a kind can be pruned: all of it tried out, on drawn weights in float64."""

import time
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from edgewise.prune.groups import Group
from edgewise.prune.network import quiet_copy
from edgewise.prune.surgery import cut_groups, mask_groups
from edgewise.prune.work import network_work, planned_macs

if TYPE_CHECKING:
    from torch import Tensor, nn

TOLERANCE = 1e-9  # of the largest output
_FELT = 1e-3  # a cut that changes less says nothing about its twin
ARCHITECTURES = (
    "resnet18",
    "resnet50",
    "resnext50_32x4d",
    "inception_v3",
    "densenet121",
    "mobilenetv2_100",
    "mobilenetv3_small_100",
    "efficientnet_b0",
    "regnety_002",
    "convnext_atto",
    "ghostnet_100",
    "vgg11_bn",
)  # of timm


@dataclass(frozen=True)
class Prunable:
    """What a trial of one network found; `relative_error` is between the cut network and its twin."""

    groups: int
    can_be_cut: int
    whole: dict[str, str]  # group -> why it stays whole
    relative_error: float  # every group halved at once
    single_error: float  # the worst of a few groups cut alone, by random sets
    effect: float  # how far the halved network's outputs are from the uncut one's, as a share of the largest
    macs: int
    macs_left: int  # counted by hooks on the network with every group halved
    macs_planned: int  # told from the plan
    parameters: int
    parameters_left: int
    seconds: float  # finding the groups, trial included

    @property
    def works(self) -> bool:
        """Whether it can be cut, and the smaller network answers as its twin does at the cost that was planned."""
        errors, felt = (self.relative_error, self.single_error), self.effect > _FELT
        return self.can_be_cut > 0 and felt and max(errors) <= TOLERANCE and self.macs_left == self.macs_planned


def try_network(network: "nn.Module", image: "Tensor", *, seed: int = 0, singles: int = 3) -> Prunable:
    """Cut a network in every way that its groups allow, and compare it with its silenced twin.

    Network and `image` [n, channels, h, w] are float64. Its weights should be drawn (`randomise`): those that a network
    starts with hide mistakes. Raises as `find_groups` does.
    """
    from edgewise.prune.torch_pruning_groups import find_groups

    rng = np.random.default_rng(seed)
    started = time.perf_counter()
    groups = find_groups(network, image)
    seconds = time.perf_counter() - started
    free = [group for group in groups if group.whole is None]
    halves = {group.name: _some(rng, group, 0.5) for group in free}
    chosen = rng.choice(len(free), min(singles, len(free)), replace=False).tolist()
    alone = [{free[i].name: _some(rng, free[i], rng.uniform(0.1, 0.9))} for i in chosen]
    before, smaller = network_work(network, image), cut_groups(network, groups, halves)
    wide = mask_groups(network, groups, halves)
    return Prunable(
        len(groups),
        len(free),
        {group.name: group.whole for group in groups if group.whole is not None},
        _distance(smaller, wide, image),
        max((twin_error(network, groups, kept, image) for kept in alone), default=0.0),
        _distance(wide, network, image),
        before.macs,
        network_work(smaller, image).macs,
        planned_macs(before.layers, groups, halves),
        sum(weight.numel() for weight in network.parameters()),
        sum(weight.numel() for weight in smaller.parameters()),
        seconds,
    )


def twin_error(
    network: "nn.Module", groups: Sequence[Group], kept: Mapping[str, Collection[int]], image: "Tensor"
) -> float:
    """How far the cut network's outputs are from its silenced twin's, as a share of the largest."""
    return _distance(cut_groups(network, groups, kept), mask_groups(network, groups, kept), image)


def randomise(network: "nn.Module", seed: int = 0) -> None:
    """Draw the norms of a network anew, in place: what they start with (0, 1, or 1e-6) would hide channels."""
    import torch

    generator = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for name, numbers in (*network.named_parameters(), *network.named_buffers()):
            if numbers.dim() != 1 or not numbers.is_floating_point():
                continue
            if name.endswith(("bias", "running_mean")):
                numbers.normal_(0, 0.1, generator=generator)
            else:
                numbers.uniform_(0.5, 1.5, generator=generator)


def _distance(one: "nn.Module", other: "nn.Module", image: "Tensor") -> float:
    """How far the outputs of two networks are apart, as a share of the other's largest."""
    import torch

    with quiet_copy(one) as first, quiet_copy(other) as second, torch.inference_mode():
        expected = second(image)
        return float((first(image) - expected).abs().max() / expected.abs().max())


def _some(rng: np.random.Generator, group: Group, share: float) -> list[int]:
    """A random share of a group's channels, at least one, and not all."""
    count = min(max(1, round(share * group.channels)), group.channels - 1)
    return sorted(rng.permutation(group.channels)[:count].tolist())
