"""Foretold costs held against measured ones, from the input to the output.

What errors in a layer cost is foretold as if they knew nothing of each other. Those of neighbouring places do: early
layers, which have many, are taken for less important than they are. So some channels are silenced, a stretch of the
network at a time, and what that does to the answers is measured.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor, nn

from edgewise.progress import Progress, silent
from edgewise.prune.groups import Group
from edgewise.prune.surgery import mask_groups

_STRETCHES = 6
_IMAGES = 32
_LEAST = 1e-6  # nats: under it nothing can be told apart from rounding


@dataclass(frozen=True)
class Trial:
    """Channels of a group that go for a trial, and what that is foretold to cost, in nats."""

    channels: tuple[int, ...]
    foretold: float


def measured_scales(
    network: nn.Module,
    groups: Sequence[Group],
    trials: Mapping[str, Trial],
    batches: Sequence[Tensor],
    classes: Sequence[int],
    progress: Progress = silent,
) -> dict[str, float]:
    """By the group's name, how many times its foretold costs the measured ones are; the same along a stretch.

    The cost is the divergence of the answers among the user's `classes` from the network's own, over some images.
    """
    images = torch.cat([batch[: max(1, _IMAGES // len(batches))] for batch in batches])[:_IMAGES]
    wanted = _answers(network, images, classes)
    scales: dict[str, float] = {}
    stretches = [part for part in np.array_split(np.arange(len(groups)), _STRETCHES) if len(part)]
    for done, part in enumerate(stretches):
        own = [groups[place] for place in part if groups[place].name in trials]
        kept = {group.name: tuple(set(range(group.channels)) - set(trials[group.name].channels)) for group in own}
        given = _answers(mask_groups(network, groups, kept), images, classes)
        measured = float((wanted.exp() * (wanted - given)).sum(dim=1).mean())
        foretold = sum(trials[group.name].foretold for group in own)
        scale = max(measured, _LEAST) / max(foretold, _LEAST)
        scales |= {group.name: scale for group in own}
        progress("measuring costs", done + 1, len(stretches))
    return scales


def _answers(network: nn.Module, images: Tensor, classes: Sequence[int]) -> Tensor:
    """float64 [n, classes]: log-probabilities."""
    with torch.no_grad():
        return network(images)[:, list(classes)].double().log_softmax(dim=1)
