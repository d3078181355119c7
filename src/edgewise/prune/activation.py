"""Channels by how much they have to say on a user's images: how large they are where they are read, how often not zero.

Two criteria. A channel is measured behind the non-linearity, at the inputs of the layers that read it; a group that no
layer reads is ranked by L2.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from edgewise.progress import Progress, silent
from edgewise.prune.criterion import Magnitude, Ranking, ranked
from edgewise.prune.groups import Group
from edgewise.prune.own_answers import among
from edgewise.prune.reads import readers, watching


@dataclass(frozen=True)
class Activation:
    """The mean absolute activation over all places and images; of several readers, the sum.

    Costs are shares of their sum in each group: activations of different layers have no unit in common.
    Source: Hu et al. 2016, "Network Trimming", and Molchanov et al. 2017, 2.2 (the mean activation).
    """

    def rank(
        self, network: nn.Module, groups: Sequence[Group], batches: Sequence[Tensor], progress: Progress = silent
    ) -> dict[str, Ranking]:
        means = _means(network, groups, batches, Tensor.abs, lambda logits: logits.new_ones(len(logits), 1), progress)
        return _ranked(network, groups, {path: own[0] for path, own in means.items()}, np.sum, None)


@dataclass(frozen=True)
class Firing:
    """Class-aware: the share of all places at which a channel is above zero, for the class for which it is largest.

    An image is of the class that the network itself finds likeliest among `classes`, or among all where none is named;
    classes that no image shows say nothing. Of several readers, the largest. Rates mean the same in every layer, so
    costs, which are their sums, can be compared between groups.
    Source: Hemmat et al. 2020, "CAP'NN" (class-wise firing rates); Reading: one rate for a channel, the largest over
    the user's classes, so that a channel which serves one of them alone stays.
    """

    classes: tuple[int, ...] = ()

    def rank(
        self, network: nn.Module, groups: Sequence[Group], batches: Sequence[Tensor], progress: Progress = silent
    ) -> dict[str, Ranking]:
        def answered(logits: Tensor) -> Tensor:
            own = among(logits, self.classes)
            return functional.one_hot(own.argmax(dim=1), own.shape[1])

        rates = _means(network, groups, batches, lambda taken: taken > 0, answered, progress)
        return _ranked(network, groups, {path: own.amax(dim=0) for path, own in rates.items()}, np.max, 1.0)


def _means(
    network: nn.Module,
    groups: Sequence[Group],
    batches: Sequence[Tensor],
    measure: Callable[[Tensor], Tensor],
    shares: Callable[[Tensor], Tensor],
    progress: Progress,
) -> dict[str, Tensor]:
    """float64 [k, inputs] by the path of each reader: the mean of `measure` over all places and each of k sets.

    `shares` tells of logits [n, C] the part that each image has in each set, [n, k]. A set without images has zeros.
    """
    rows: dict[str, Tensor] = {}
    sums: dict[str, Tensor] = {}
    counts: Tensor | float = 0.0

    def look(path: str, taken: Tensor, axis: int) -> None:
        places = measure(taken).movedim(axis, 1).reshape(len(taken), taken.shape[axis], -1)
        rows[path] = places.mean(dim=2, dtype=torch.float64)

    with watching(network, groups, look), torch.no_grad():
        for done, batch in enumerate(batches):
            parts = shares(network(batch)).double()
            counts = counts + parts.sum(dim=0)
            for path, own in rows.items():
                sums[path] = sums.get(path, 0.0) + parts.T @ own
            progress("reading activations", done + 1, len(batches))
    return {path: own / torch.as_tensor(counts).clamp(min=1)[:, None] for path, own in sums.items()}


def _ranked(
    network: nn.Module,
    groups: Sequence[Group],
    scores: dict[str, Tensor],
    joined: Callable[..., np.ndarray],
    whole: float | None,
) -> dict[str, Ranking]:
    """By scores [inputs] of each reader, `joined` over all inputs that go with a channel."""
    found: dict[str, Ranking] = {}
    for group in groups:
        own = [scores[member.path].numpy()[member.index] for member in readers(group)]
        if own:
            found[group.name] = ranked(joined(np.concatenate(own, axis=1), axis=1), whole=whole)
        else:
            found |= Magnitude(2).rank(network, [group], ())
    return found
