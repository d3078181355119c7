"""How many channels each group gives: by foretold times set right by measured ones, or by a walk."""

from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import get_args

from torch import nn

from edgewise.errors import UsageError
from edgewise.progress import Progress, silent
from edgewise.prune.allocate import by_latency, global_, uniform
from edgewise.prune.cost_meter import CostMeter
from edgewise.prune.criterion import Ranking
from edgewise.prune.material import Material
from edgewise.prune.posterior import Posterior
from edgewise.prune.settings import Settings
from edgewise.prune.surgery import cut_groups
from edgewise.prune.target import TRIES, Kept, meet
from edgewise.prune.walk import Order, Step, walk

Measured = Callable[[nn.Module], float]


@dataclass(frozen=True, eq=False)
class Allocated:
    """What stays of each group that is cut; block by block, where a walk found it."""

    kept: Kept
    walked: tuple[Step, ...] = ()


def allocated(
    material: Material,
    rankings: Mapping[str, Ranking],
    classes: Sequence[int],
    settings: Settings,
    measured: Measured | None,
    meter: CostMeter,
    progress: Progress = silent,
) -> Allocated:
    """As `settings.where` says. Raises `UsageError` for targets that cannot be met."""
    order = next((order for order in get_args(Order) if order == settings.where), None)
    if order is None:
        with meter.step("allocating", counted=measured is None):
            return Allocated(_Allocation(material, rankings, settings).met(measured, progress))
    with meter.step("walking"):
        found = walk(
            material.generic,
            material.groups,
            rankings,
            material.work.layers,
            1 / settings.target_speedup,
            material.images,
            Posterior(tuple(classes), settings.temperature),
            replace(settings.stride, order=order),
            settings.limits,
            settings.sweep,
            progress,
        )
    meter.keep("activations of the walk", found.cached_bytes)
    return Allocated(found.kept, found.steps)


@dataclass(frozen=True, eq=False)
class _Allocation:
    material: Material
    rankings: Mapping[str, Ranking]
    settings: Settings

    def met(self, measured: Measured | None, progress: Progress) -> Kept:
        wanted = 1 / self.settings.target_speedup
        if measured is None:
            return self.kept(wanted)
        tries = 0

        def share(kept: Kept) -> float:
            nonlocal tries
            tries += 1
            progress("measuring the speed", tries, max(tries, TRIES))
            return measured(cut_groups(self.material.generic, self.material.groups, kept).eval())

        kept = meet(wanted, measured(self.material.generic), self.kept, share)
        progress("measuring the speed", TRIES, TRIES)
        return kept

    def kept(self, target: float) -> Kept:
        """Gently, or with half of what should stay at least where the target cannot be met so."""
        if self.settings.where == "uniform":
            # Most layers shrink with their inputs and outputs, so the share of channels is near the target's root.
            return uniform(self.material.can_go, self.rankings, target**0.5, self.settings.limits)
        allocate = by_latency if self.settings.where == "latency" else global_
        limits = self.settings.limits
        with suppress(UsageError):
            return allocate(self.material.can_go, self.rankings, self.material.work.layers, target, limits)
        limits = replace(limits, fewest=limits.fewest / 2)
        return allocate(self.material.can_go, self.rankings, self.material.work.layers, target, limits)
