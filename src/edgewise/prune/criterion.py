"""What to cut: in which order the channels of each group go. Found by name."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, Protocol

import numpy as np
from torch import Tensor, nn

from edgewise.plugins import plugin_named
from edgewise.progress import Progress, silent
from edgewise.prune.criteria import CRITERIA, see_that_offered
from edgewise.prune.groups import Group


@dataclass(frozen=True, eq=False)
class Ranking:
    """The channels of one group, the first to go first, and what their going costs."""

    order: np.ndarray  # int64 [ranked]: fewer than the group has, so that one stays
    costs: np.ndarray  # float64 [ranked], rising: once all channels up to this one are gone


class Criterion(Protocol):
    """Ranks the channels of groups that can be cut; the network stays as it is."""

    def rank(
        self, network: nn.Module, groups: Sequence[Group], batches: Sequence[Tensor], progress: Progress = silent
    ) -> dict[str, Ranking]:
        """By the group's name. `batches`: float32 [n, 3, h, w] of this user's images, without labels."""
        ...


@dataclass(frozen=True)
class Magnitude:
    """Class-blind: the norm of the weights that write a channel. Of several writers, the sum.

    Costs are shares of a group's sum: weights of different layers have no unit in common.
    Source: Li et al. 2017, "Pruning Filters for Efficient ConvNets" (L1).
    """

    norm: Literal[1, 2] = 1

    def rank(
        self, network: nn.Module, groups: Sequence[Group], batches: Sequence[Tensor], progress: Progress = silent
    ) -> dict[str, Ranking]:
        return ranked_by_writers(network, groups, lambda weights: weights.norm(self.norm, dim=1))


@dataclass(frozen=True)
class Random:
    """Any order: what a criterion has to beat."""

    seed: int = 0

    def rank(
        self, network: nn.Module, groups: Sequence[Group], batches: Sequence[Tensor], progress: Progress = silent
    ) -> dict[str, Ranking]:
        rng = np.random.default_rng(self.seed)
        return {group.name: ranked(rng.random(group.channels)) for group in groups}


def ranked(scores: np.ndarray, whole: float | None = None) -> Ranking:
    """By scores float [channels] that add up: the lowest goes first; costs are shares of `whole`, or of their sum."""
    order = np.argsort(scores, kind="stable")[:-1]
    return Ranking(order, np.cumsum(scores[order]) / max(float(scores.sum()) if whole is None else whole, 1e-30))


def ranked_by_writers(
    network: nn.Module, groups: Sequence[Group], score: Callable[[Tensor], Tensor]
) -> dict[str, Ranking]:
    """By the weights that write the channels; of several writers, the sum.

    `score` gives float [out] for a layer's weights, float64 [out, in x height x width].
    """
    found: dict[str, Ranking] = {}
    for group in groups:
        scores = np.zeros(group.channels)
        for member in group.members:
            layer = network.get_submodule(member.path)
            if member.side == "writes" and isinstance(layer, nn.Conv2d | nn.Linear):
                of_rows = score(layer.weight.detach().flatten(1).double()).numpy()
                scores += of_rows[member.index].sum(axis=1)  # the rows of this layer that go with each channel
        found[group.name] = ranked(scores)
    return found


def criterion_named(name: str, classes: Sequence[int] = (), seed: int = 0) -> Criterion:
    """One of those below, or of another package, for the user's `classes`.

    Raises `UsageError` for a name that nobody offers, `PluginError` for what another package offers and does not work.
    """
    from edgewise.prune.activation import Activation, Firing
    from edgewise.prune.reconstruction_error import ReconstructionError
    from edgewise.prune.taylor import Taylor

    own = tuple(classes)
    known: Mapping[str, Criterion] = {
        "reconstruction": ReconstructionError(classes=own, seed=seed),
        "taylor": Taylor(classes=own, seed=seed),
        "taylor-blind": Taylor(seed=seed),
        "activation": Activation(),
        "firing": Firing(classes=own),
        "l1": Magnitude(1),
        "l2": Magnitude(2),
        "random": Random(seed),
    }
    assert tuple(known) == CRITERIA
    if name in known:
        return known[name]
    see_that_offered(name)
    plugin = plugin_named("criterion", name)
    assert plugin is not None
    from edgewise.prune.plugin_criterion import plugin_criterion

    return plugin_criterion(plugin, own, seed)
