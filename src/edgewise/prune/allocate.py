"""Where to cut: how many channels each group gives up, so that a target is met at the least cost."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from edgewise.errors import UsageError
from edgewise.prune.criterion import Ranking
from edgewise.prune.groups import Group
from edgewise.prune.work import LayerWork


@dataclass(frozen=True)
class Limits:
    """What no allocation does."""

    step: int = 8  # channels that go at once: of a width that is no multiple, the rest goes with the first step
    fewest: float = 0.5  # of a group's channels that stay at least


def uniform(
    groups: Sequence[Group], rankings: Mapping[str, Ranking], keep: float, limits: Limits = Limits()
) -> dict[str, tuple[int, ...]]:
    """The share `keep` of every group that is ranked, in steps. Raises `UsageError` for a share outside of 0 to 1."""
    if not 0 < keep <= 1:
        raise UsageError(f"keep is {keep:g}; it must be above 0 and at most 1.")
    removed: dict[str, int] = {}
    for group in groups:
        if group.name in rankings:
            sizes = _sizes(group, limits)
            removed[group.name] = min(sizes, key=lambda size, wanted=(1 - keep) * group.channels: abs(size - wanted))
    return _kept(groups, rankings, removed)


def by_latency(
    groups: Sequence[Group],
    rankings: Mapping[str, Ranking],
    layers: Sequence[LayerWork],
    target: float,
    limits: Limits = Limits(),
) -> dict[str, tuple[int, ...]]:
    """The channels that stay where the layers' time is to fall to the share `target` of what was measured.

    Step by step the channels go whose going costs least for the time that it saves. A layer's time is taken to shrink
    with its inputs and its outputs alike; what that is worth on a runtime, only a measurement tells. Raises
    `UsageError` for a target outside of 0 to 1, and where even the smallest network that the limits allow would take
    longer.
    """
    return _walk(groups, rankings, layers, target, limits, lambda s: s.cost / s.ms if s.ms > 0 else np.inf)


def global_(
    groups: Sequence[Group],
    rankings: Mapping[str, Ranking],
    layers: Sequence[LayerWork],
    target: float,
    limits: Limits = Limits(),
) -> dict[str, tuple[int, ...]]:
    """As `by_latency`, but the channels go that cost least each, wherever they are and whatever time they save.

    That is one threshold for all groups, and needs costs that mean the same in each of them.
    """
    return _walk(groups, rankings, layers, target, limits, lambda step: step.cost / step.channels)


def time_left(groups: Sequence[Group], layers: Sequence[LayerWork], kept: Mapping[str, Collection[int]]) -> float:
    """The foretold share of the layers' time that is left when only `kept` stays of the groups named there."""
    clock = _Clock(groups, layers)
    for group in groups:
        if group.name in kept:
            clock.remove(group.name, group.channels - len(kept[group.name]))
    return clock.share


@dataclass(frozen=True)
class _Step:
    """What comes next in one group."""

    group: str
    removed: int  # channels that are gone in all after it,
    channels: int  # and of those the ones that go with it
    cost: float
    ms: float  # saved


def _walk(
    groups: Sequence[Group],
    rankings: Mapping[str, Ranking],
    layers: Sequence[LayerWork],
    target: float,
    limits: Limits,
    price: Callable[[_Step], float],
) -> dict[str, tuple[int, ...]]:
    """Take the step with the lowest price until the target is met."""
    if not 0 < target < 1:
        raise UsageError(f"The target is {target:g} of the layers' time; it must be above 0 and below 1.")
    clock = _Clock(groups, layers)
    removed = dict.fromkeys(rankings, 0)
    ladders = {group.name: _sizes(group, limits) for group in groups if group.name in rankings}
    while clock.share > target:
        steps: list[_Step] = []
        for name, sizes in ladders.items():
            was = removed[name]
            further = next((size for size in sizes if size > was), None)
            if further is not None:
                cost = _cost(rankings[name], further) - _cost(rankings[name], was)
                steps.append(_Step(name, further, further - was, cost, clock.saving(name, further)))
        if not steps:
            raise UsageError(
                f"The target, {target:.0%} of the layers' time, cannot be met: with {limits.fewest:.0%} of all "
                f"channels that can go kept, {clock.share:.0%} would be left.",
                "Ask for less speed, or begin with a smaller network or input.",
            )
        step = min(steps, key=price)
        clock.remove(step.group, step.removed)
        removed[step.group] = step.removed
    return _kept(groups, rankings, removed)


def _sizes(group: Group, limits: Limits) -> list[int]:
    """How many channels of a group may go, rising: what stays is a multiple of the step."""
    step = max(limits.step, group.step)
    fewest = max(1, int(np.ceil(limits.fewest * group.channels)))
    stays = range(group.channels // step * step, 0, -step)
    return sorted({0, *(group.channels - size for size in stays if size >= fewest)})


def _cost(ranking: Ranking, removed: int) -> float:
    return float(ranking.costs[removed - 1]) if removed else 0.0


def _kept(
    groups: Sequence[Group], rankings: Mapping[str, Ranking], removed: Mapping[str, int]
) -> dict[str, tuple[int, ...]]:
    kept: dict[str, tuple[int, ...]] = {}
    for group in groups:
        if removed.get(group.name):
            gone = set(rankings[group.name].order[: removed[group.name]].tolist())
            kept[group.name] = tuple(channel for channel in range(group.channels) if channel not in gone)
    return kept


class _Clock:
    """The time that is left, layer by layer, as groups shrink."""

    def __init__(self, groups: Sequence[Group], layers: Sequence[LayerWork]) -> None:
        self._layers = {layer.path: layer for layer in layers}
        self._total = sum(layer.ms for layer in layers)
        self._outputs = dict.fromkeys(self._layers, 1.0)  # shares that are left
        self._inputs = dict.fromkeys(self._layers, 1.0)
        self._removed = {group.name: 0 for group in groups}
        self._touches: dict[str, list[tuple[str, bool, float]]] = {}  # layer, its outputs?, the share of one channel
        for group in groups:
            touched = self._touches.setdefault(group.name, [])
            for member in group.members:
                layer = self._layers.get(member.path)
                if layer is not None:
                    reads = member.side == "reads"
                    width = layer.takes if reads else layer.gives
                    touched.append((member.path, not reads, member.index.shape[1] / max(width, 1)))

    @property
    def share(self) -> float:
        """Of the whole."""
        return sum(self._ms(path) for path in self._layers) / max(self._total, 1e-12)

    def saving(self, name: str, removed: int) -> float:
        """The ms that are saved when so many channels of a group are gone in all."""
        paths = {path for path, _, _ in self._touches[name]}
        before = sum(self._ms(path) for path in paths)
        was = self._removed[name]
        self.remove(name, removed)
        after = sum(self._ms(path) for path in paths)
        self.remove(name, was)
        return before - after

    def remove(self, name: str, removed: int) -> None:
        """Let so many channels of a group be gone in all."""
        further = removed - self._removed[name]
        for path, outputs, share in self._touches[name]:
            left = self._outputs if outputs else self._inputs
            left[path] -= further * share
        self._removed[name] = removed

    def _ms(self, path: str) -> float:
        return self._layers[path].ms * max(self._outputs[path], 0.0) * max(self._inputs[path], 0.0)
