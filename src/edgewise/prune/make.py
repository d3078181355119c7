"""A user's network out of the generic one: rank, allocate, cut, recover, restrict the head, ask the guard."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Literal, get_args

import numpy as np
import torch
from torch import Tensor, nn

from edgewise.errors import ModelError, UsageError
from edgewise.progress import Progress, silent
from edgewise.prune.activation_cache import ActivationCache
from edgewise.prune.allocate import Limits, by_latency, global_, uniform
from edgewise.prune.asymmetric import keep_own_sets
from edgewise.prune.asymmetric_plan import with_own_reads
from edgewise.prune.chain import chain_of
from edgewise.prune.cost import Cost
from edgewise.prune.cost_meter import CostMeter
from edgewise.prune.criterion import Ranking, criterion_named
from edgewise.prune.distill import Distillation, Distilled, distil
from edgewise.prune.evidence import Evidence
from edgewise.prune.groups import Group
from edgewise.prune.guard import Guard
from edgewise.prune.head import distilled_head
from edgewise.prune.outputs_left import outputs_left
from edgewise.prune.plan import Plan
from edgewise.prune.posterior import Posterior
from edgewise.prune.reconstruct import Solved, Sweep, reconstruct
from edgewise.prune.renormalise import renormalise
from edgewise.prune.seen_classes import seen_classes
from edgewise.prune.surgery import cut_groups
from edgewise.prune.tail import open_at
from edgewise.prune.target import TRIES, Kept, meet
from edgewise.prune.torch_pruning_groups import find_groups
from edgewise.prune.user_classes import check_classes
from edgewise.prune.walk import Order, Step, Stride, walk
from edgewise.prune.watch import values_of
from edgewise.prune.work import NetworkWork, network_work, planned_macs

Where = Literal["latency", "global", "uniform", "bottom-up", "top-down"]
Recovery = Literal["renormalise", "solve", "distil"]

_BATCH = 25
_TIMED_RUNS = 7
_FEWEST_IMAGES = 2
_ENOUGH = 250  # images, from which their mirror images are not needed


@dataclass(frozen=True)
class Settings:
    """What is asked for, and how it is gone about."""

    target_speedup: float = 2.0
    criterion: str = "reconstruction"
    where: Where = "latency"  # which groups give how much
    recovery: tuple[Recovery, ...] = ("solve",)  # in the order of `Recovery`, whatever the order here
    reads: float = 1.0  # the share of its inputs that each layer keeps that shares them with others; 1: all
    streams: bool = False  # cut channels too that several layers write, as residual sums do
    limits: Limits = field(default_factory=Limits)
    sweep: Sweep = field(default_factory=Sweep)
    stride: Stride = field(default_factory=Stride)  # of a walk, bottom-up or top-down
    distillation: Distillation = field(default_factory=Distillation)
    opened: float = 0.25  # the share of the MACs, from the output on, that is distilled at least
    memory_mb: float = 600.0  # for the activations that distillation keeps
    held_out: float = 0.5  # of the images, for the guard alone
    temperature: float = 1.0  # of the generic model's posterior
    seed: int = 0


@dataclass(frozen=True, eq=False)
class UserNetwork:
    """What came out: a dense network for K classes and all others together, and what it is worth."""

    network: nn.Module  # [n, 3, h, w] to [n, K + 1]: the user's classes in their order, then all others
    classes: tuple[int, ...]  # of the generic model
    plan: Plan
    evidence: Evidence
    macs_before: int
    macs: int
    solved: tuple[Solved, ...]  # layer by layer, where they were
    walked: tuple[Step, ...]  # block by block, where it was a walk that allocated
    distilled: Distilled | None
    other_r_squared: float  # how well the last output tells what it stands for, on images left out of its fit
    images: int  # that it was made from
    cost: Cost


def make_user_network(
    generic: nn.Module,
    images: Tensor,
    classes: Sequence[int] | None,
    settings: Settings | None = None,
    guard: Guard | None = None,
    *,
    measured: Callable[[nn.Module], float] | None = None,
    source: str = "",
    progress: Progress = silent,
) -> UserNetwork:
    """Make a network of the speed that is asked for, of unlabelled images of one user.

    `generic`: in eval mode, [n, 3, h, w] to [n, C]; it is left as it is. `images`: float32 [n, 3, h, w], in any order
    that does not sort them: the last, `held_out` of all, are the guard's. `classes`: the user's, indices of C;
    None: those that the images show (`seen_classes`), the guard's left out. `measured`: the time that a network takes
    on the runtime that it is for, as a share of that of the network that it is to replace; cuts are set right by it
    until the target is met (`OnnxClock.share`). Without it, the times of layers on PyTorch tell, and a walk has its
    own way to stop.
    Raises `UsageError` for classes, settings or images that cannot work and for targets that cannot be met,
    `ModelError` for a network that cannot be cut; whether the guard lets the network in stands in its `evidence`.
    """
    settings, guard = settings or Settings(), guard or Guard()
    _see_that_it_can_work(images, settings)
    meter = CostMeter()
    made_from = len(images) - max(1, round(settings.held_out * len(images)))
    own_images, held = images[:made_from], images[made_from:]
    batches, image = _batches(own_images), images[:1]
    if classes is None:
        with meter.step("learning the classes"):
            classes = seen_classes(_answers(generic, own_images), settings.temperature)
    own = tuple(check_classes(classes, _answers(generic, image).shape[1]).tolist())
    posterior = Posterior(own, settings.temperature)
    with meter.step("finding groups"):
        groups = find_groups(generic, image)
        work = network_work(generic, image, runs=_TIMED_RUNS)
    can_go = [group for group in groups if group.whole is None and (settings.streams or _writers(group) == 1)]
    if not can_go:
        raise ModelError("No group of this network can be cut.", "`edgewise prune inspect` says why.")
    with meter.step("ranking channels"):
        rankings = criterion_named(settings.criterion, own, settings.seed).rank(generic, can_go, batches, progress)
    walked: tuple[Step, ...] = ()
    with meter.step("allocating", counted=measured is None or settings.where in get_args(Order)):
        if settings.where in get_args(Order):
            target = 1 / settings.target_speedup
            stride = replace(settings.stride, order=settings.where)
            trail = walk(
                generic, groups, rankings, work.layers, target, own_images, posterior, stride,
                settings.limits, settings.sweep, progress,
            )  # fmt: skip
            kept, walked = trail.kept, trail.steps
            meter.keep("activations of the walk", trail.cached_bytes)
        else:
            allocation = _Allocation(generic, groups, can_go, rankings, work, settings)
            kept = allocation.met(measured, progress)
    plan = Plan.of(groups, kept, source=source, input=(int(image.shape[1]), int(image.shape[2]), int(image.shape[3])))
    if settings.reads < 1:
        with meter.step("letting layers choose", counted=False):
            plan = with_own_reads(
                generic, groups, plan, batches, settings.reads, seed=settings.seed, progress=progress
            ).plan
    with meter.step("cutting"):
        network = cut_groups(generic, groups, plan.kept).eval()
        keep_own_sets(generic, network, groups, plan, image)
        left = outputs_left(generic, groups, plan.kept)
    solved: tuple[Solved, ...] = ()
    if "renormalise" in settings.recovery:
        with meter.step("re-estimating norms"):
            renormalise(generic, network, left, batches, progress=progress)
    if "solve" in settings.recovery:
        with meter.step("solving layers"):
            solved = reconstruct(generic, network, left, batches, settings.sweep, progress)
    with meter.step("restricting the head"):
        r_squared = _restrict_head(network, own, batches)
    distilled = None
    if "distil" in settings.recovery:
        with meter.step("distilling"):
            distilled = _distilled(generic, network, own, own_images, settings, progress)
        meter.keep("activations to distil", distilled.cached_bytes)
    with meter.step("asking the guard"):
        evidence = guard.judge(_answers(generic, held), _answers(network, held), posterior)
    return UserNetwork(
        network=network,
        classes=own,
        plan=plan,
        evidence=evidence,
        macs_before=work.macs,
        macs=network_work(network, image).macs if plan.reads else planned_macs(work.layers, groups, plan.kept),
        solved=solved,
        walked=walked,
        distilled=distilled,
        other_r_squared=r_squared,
        images=made_from,
        cost=meter.cost,
    )


def _batches(images: Tensor) -> list[Tensor]:
    """Of few images, each batch is followed by its mirror images: twice as much to learn from."""
    if len(images) >= _ENOUGH:
        return list(images.split(_BATCH))
    return [one for batch in images.split(_BATCH) for one in (batch, batch.flip(3))]


def _see_that_it_can_work(images: Tensor, settings: Settings) -> None:
    if not settings.target_speedup > 1:
        raise UsageError(f"The target is {settings.target_speedup:g}x; it must be above 1.")
    if not 0 < settings.held_out < 1:
        raise UsageError(f"held_out is {settings.held_out:g}; it must be between 0 and 1.")
    if settings.where not in get_args(Where):
        raise UsageError(f"There is no allocation {settings.where!r}.", f"Choose one of {', '.join(get_args(Where))}.")
    for step in settings.recovery:
        if step not in get_args(Recovery):
            raise UsageError(f"There is no recovery {step!r}.", f"Choose of {', '.join(get_args(Recovery))}.")
    if len(images) < 2 * _FEWEST_IMAGES:
        raise UsageError(f"There are {len(images)} images; a network is made and judged from more.", "Give hundreds.")


def _writers(group: Group) -> int:
    return sum(member.side == "writes" for member in group.members)


@dataclass(frozen=True, eq=False)
class _Allocation:
    """How many channels each group gives, by foretold times, set right by measured ones where they can be had."""

    generic: nn.Module
    groups: Sequence[Group]
    can_go: Sequence[Group]
    rankings: dict[str, Ranking]
    work: NetworkWork
    settings: Settings

    def met(self, measured: Callable[[nn.Module], float] | None, progress: Progress) -> Kept:
        wanted = 1 / self.settings.target_speedup
        if measured is None:
            return self.kept(wanted)
        tries = 0

        def share(kept: Kept) -> float:
            nonlocal tries
            tries += 1
            progress("measuring the speed", tries, max(tries, TRIES))
            return measured(cut_groups(self.generic, self.groups, kept).eval())

        kept = meet(wanted, measured(self.generic), self.kept, share)
        progress("measuring the speed", TRIES, TRIES)
        return kept

    def kept(self, target: float) -> Kept:
        layers, limits = self.work.layers, self.settings.limits
        if self.settings.where == "uniform":
            # Most layers shrink with their inputs and outputs, so the share of channels is near the target's root.
            return uniform(self.can_go, self.rankings, target**0.5, limits)
        allocate = by_latency if self.settings.where == "latency" else global_
        return allocate(self.can_go, self.rankings, layers, target, limits)


def _distilled(
    generic: nn.Module, network: nn.Module, own: Sequence[int], images: Tensor, settings: Settings, progress: Progress
) -> Distilled:
    """Train the tail of the cut network from what the generic one says; it is left with what serves best."""
    image = images[:1]
    tail, whole = open_at(network, image, _opened(network, image, settings.opened)), open_at(generic, image, 0)
    cache = ActivationCache(settings.memory_mb, seed=settings.seed)
    for batch in images.split(_BATCH):
        taught = whole.serve(batch)
        cache.add(tail.enter(batch), taught.logits.flatten(1), taught.features)
    alike = tail.serve(image).features.shape == whole.serve(image).features.shape
    distillation = settings.distillation if alike else replace(settings.distillation, mimicry=0.0)
    return distil(tail, cache, own, distillation, progress=progress)


def _opened(network: nn.Module, image: Tensor, share: float) -> int:
    """The last segment from which on at least such a share of the MACs is computed."""
    macs = {layer.path: layer.macs for layer in network_work(network, image).layers}
    segments = chain_of(network, image)
    behind = np.cumsum([sum(macs.get(path, 0) for path in set(segment.layers)) for segment in segments][::-1])[::-1]
    return int(np.flatnonzero(behind >= share * behind[0])[-1])


def _restrict_head(network: nn.Module, classes: Sequence[int], batches: Sequence[Tensor]) -> float:
    """Give the network K + 1 outputs, in place; how well the last one tells the others' logsumexp."""
    *before, last = chain_of(network, batches[0][:1])
    nodes = [node for node in last.module.graph.nodes if node.op == "call_module"]
    heads = [node for node in nodes if isinstance(last.module.get_submodule(str(node.target)), nn.Linear | nn.Conv2d)]
    path, taken = str(heads[-1].target), heads[-1].args[0].name
    features: list[np.ndarray] = []
    with torch.no_grad():
        for batch in batches:
            for segment in before:
                batch = segment(batch)
            features.append(values_of(last, batch, [taken])[taken].flatten(1).numpy())
    head = network.get_submodule(path)
    assert isinstance(head, nn.Linear | nn.Conv2d)
    distilled = distilled_head(head, classes, np.concatenate(features))
    network.set_submodule(path, distilled.layer.eval())
    return distilled.r_squared


def _answers(network: nn.Module, images: Tensor) -> np.ndarray:
    """float32 [n, outputs]."""
    with torch.no_grad():
        return torch.cat([network(batch).flatten(1) for batch in images.split(_BATCH)]).float().numpy()
