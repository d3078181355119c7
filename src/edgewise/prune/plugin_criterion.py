"""Criteria of other packages: the entry points of the group `edgewise.criteria`."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from torch import Tensor, nn

from edgewise.plugins import Plugin
from edgewise.progress import Progress, silent
from edgewise.prune.criterion import Criterion, Ranking
from edgewise.prune.groups import Group


class CriterionPlugin(Protocol):
    """What an entry point names: a class or a function that gives the criterion for a user."""

    def __call__(self, *, classes: tuple[int, ...], seed: int) -> Criterion:
        """`classes`: the user's, indices of the network's outputs."""
        ...


@dataclass(frozen=True)
class PluginCriterion:
    """A criterion of another package: what it ranks is checked, and its errors name the package."""

    plugin: Plugin
    inner: Criterion

    def rank(
        self, network: nn.Module, groups: Sequence[Group], batches: Sequence[Tensor], progress: Progress = silent
    ) -> dict[str, Ranking]:
        """Raises `PluginError` where that fails, or a group's ranking is not what `Ranking` says."""
        with self.plugin.answering("ranked channels"):
            found = self.inner.rank(network, groups, batches, progress)
            return {group.name: self._checked(group, found.get(group.name)) for group in groups}

    def _checked(self, group: Group, ranking: object) -> Ranking:
        if not isinstance(ranking, Ranking):
            raise self.plugin.unfit(f"it gave a {type(ranking).__name__} for the group {group.name}, not a Ranking")
        order, costs = np.asarray(ranking.order), np.asarray(ranking.costs, np.float64)
        if order.ndim != 1 or order.dtype.kind not in "iu" or len(set(order.tolist())) != len(order):
            raise self.plugin.unfit(f"its order of the group {group.name} does not name channels, each once")
        if len(order) >= group.channels or (len(order) and not 0 <= order.min() <= order.max() < group.channels):
            raise self.plugin.unfit(
                f"its order of the group {group.name} names {len(order)} of {group.channels} channels, or others; one "
                "must stay"
            )
        if costs.shape != order.shape or not np.isfinite(costs).all() or (np.diff(costs) < 0).any():
            raise self.plugin.unfit(f"its costs of the group {group.name} are not finite and rising, one a channel")
        return Ranking(order.astype(np.int64), costs)


def plugin_criterion(plugin: Plugin, classes: Sequence[int], seed: int) -> PluginCriterion:
    """Raises `PluginError` for what cannot be imported, or is no criterion."""
    offered: Any = plugin.load()
    if not callable(offered):
        raise plugin.unfit(f"{plugin.entry.value} is a {type(offered).__name__}, which cannot be called")
    with plugin.answering("was made"):
        found: Any = offered(classes=tuple(classes), seed=seed)
    if not callable(getattr(found, "rank", None)):
        raise plugin.unfit(f"it made a {type(found).__name__}, which has no function rank")
    return PluginCriterion(plugin, found)
