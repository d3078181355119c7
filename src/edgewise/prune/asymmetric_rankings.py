"""Which layers may read sets of their own, and in which order each does without the channels that it reads."""

import math
from collections.abc import Mapping, Sequence

import torch
from torch import Tensor, nn

from edgewise.errors import UsageError
from edgewise.progress import Progress, silent
from edgewise.prune.brain_surgeon import removal
from edgewise.prune.criterion import Ranking
from edgewise.prune.groups import Group
from edgewise.prune.layer_moments import read_moments, reading_of
from edgewise.prune.plan import Cut
from edgewise.prune.selective_layers import why_not_selective
from edgewise.prune.sensitivity import sensitivities

_STEPS = 48  # in which the channels of a layer go, as those of a group do


def asymmetric_readers(network: nn.Module, groups: Sequence[Group]) -> tuple[dict[str, None], dict[str, str]]:
    """The layers for which a set of their own is more than a cut of a group, and those refused with the reason.

    Such a layer reads a group that another layer reads too, or that must stay whole.
    """
    can: dict[str, None] = {}
    refused: dict[str, str] = {}
    for group in groups:
        readers = dict.fromkeys(member.path for member in group.members if member.side == "reads")
        if len(readers) == 1 and group.whole is None:
            continue
        for path in readers:
            reason = why_not_selective(network.get_submodule(path))
            if reason is None:
                can[path] = None
            else:
                refused[path] = reason
    return can, refused


def asymmetric_rankings(
    network: nn.Module,
    paths: Sequence[str],
    batches: Sequence[Tensor],
    *,
    classes: Sequence[int] = (),
    ridge: float = 1e-2,
    seed: int = 0,
    progress: Progress = silent,
) -> dict[str, Ranking]:
    """By the layer's path, the order in which it does without its inputs, the rest of its weights making up for them.

    `paths` are of layers that `asymmetric_readers` lets. As `ReconstructionError` ranks groups, with one reader each:
    with `classes` costs are nats of cross-entropy as foretold, without them shares of the layer's output variance.
    """
    moments = read_moments(network, paths, batches, seed=seed, progress=progress)
    weights = sensitivities(network, paths, batches, classes, seed=seed, progress=progress) if classes else {}
    found: dict[str, Ranking] = {}
    for done, path in enumerate(paths):
        layer = network.get_submodule(path)
        assert isinstance(layer, nn.Conv2d | nn.Linear), path
        inputs = layer.weight.shape[1]
        reading = reading_of(layer, moments[path], torch.arange(inputs)[:, None], weights.get(path))
        gone = removal([reading], inputs - 1, step=math.ceil(inputs / _STEPS), ridge=ridge)
        unit = 0.5 if weights else 1 / max(gone.variance, 1e-30)
        found[path] = Ranking(gone.order.numpy(), unit * gone.losses.numpy())
        progress("ranking inputs", done + 1, len(paths))
    return found


def reads_keeping(rankings: Mapping[str, Ranking], share: float, *, step: int = 8) -> dict[str, Cut]:
    """The share of every ranked layer's inputs that is missed most, in multiples of `step`, one step at least."""
    if not 0 < share <= 1:
        raise UsageError(f"share is {share:g}; it must be above 0 and at most 1.")
    found: dict[str, Cut] = {}
    for path, ranking in rankings.items():
        channels = len(ranking.order) + 1  # the one that is never ranked stays
        stays = min(channels, max(round(share * channels / step), 1) * step)
        gone = set(ranking.order[: channels - stays].tolist())
        found[path] = Cut(channels, tuple(channel for channel in range(channels) if channel not in gone))
    return found
