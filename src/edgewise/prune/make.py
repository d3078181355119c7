"""A user's network out of the generic one: rank, allocate, cut, recover, restrict the head, ask the guard."""

from collections.abc import Mapping, Sequence
from contextlib import nullcontext, suppress
from dataclasses import dataclass, replace

from torch import Tensor, nn

from edgewise.errors import UsageError
from edgewise.progress import Progress, silent
from edgewise.prune.allocation import Measured, allocated
from edgewise.prune.asymmetric import keep_own_sets
from edgewise.prune.asymmetric_plan import with_own_reads
from edgewise.prune.cost import Cost
from edgewise.prune.cost_meter import CostMeter
from edgewise.prune.criterion import Ranking, criterion_named
from edgewise.prune.evidence import Evidence
from edgewise.prune.guard import Guard
from edgewise.prune.material import Material, answers
from edgewise.prune.outputs_left import outputs_left
from edgewise.prune.plan import Plan
from edgewise.prune.recover import Recovered, recovered
from edgewise.prune.seen_classes import seen_classes
from edgewise.prune.settings import Settings
from edgewise.prune.surgery import cut_groups
from edgewise.prune.taught import Taught
from edgewise.prune.user_classes import check_classes
from edgewise.prune.walk import Step
from edgewise.prune.work import network_work, planned_macs


@dataclass(frozen=True, eq=False)
class UserNetwork:
    """What came out: a dense network for K classes and all others together, and what it is worth."""

    network: nn.Module  # [n, 3, h, w] to [n, K + 1]: the user's classes in their order, then all others
    classes: tuple[int, ...]  # of the generic model
    plan: Plan
    evidence: Evidence
    macs_before: int
    macs: int
    walked: tuple[Step, ...]  # block by block, where it was a walk that allocated
    recovered: Recovered
    images: int  # that it was made from
    cost: Cost
    criterion: str = ""  # by which channels were ranked; empty where none were


def make_user_network(
    generic: nn.Module,
    images: Tensor,
    classes: Sequence[int] | None,
    settings: Settings | None = None,
    guard: Guard | None = None,
    *,
    taught: Taught | None = None,
    measured: Measured | None = None,
    source: str = "",
    progress: Progress = silent,
) -> UserNetwork:
    """Make a network of the speed that is asked for, of unlabelled images of one user.

    `generic`: in eval mode, [n, 3, h, w] to [n, C]; it is left as it is. `images`: float32 [n, 3, h, w], in any order
    that does not sort them: the last, `held_out` of all, are the guard's. `classes`: the user's, indices of C;
    None: those that the images show (`seen_classes`), the guard's left out. `taught`: what the network that it is to
    replace said of the images, where that is another or takes a larger input: what the guard holds it against.
    `measured`: the time that a network takes on the runtime that it is for, as a share of that of the network that it
    is to replace; cuts are set right by it until the target is met (`OnnxClock.share`). Without it, the times of layers
    on PyTorch tell, and a walk has its own way to stop.
    Raises `UsageError` for classes, settings or images that cannot work and for targets that cannot be met,
    `ModelError` for a network that cannot be cut; whether the guard lets the network in stands in its `evidence`.
    """
    settings = settings or Settings()
    (made,) = make_user_networks(
        generic,
        images,
        classes,
        (settings.target_speedup,),
        settings,
        guard,
        taught=taught,
        measured=measured,
        source=source,
        progress=progress,
    )
    return made


def make_user_networks(
    generic: nn.Module,
    images: Tensor,
    classes: Sequence[int] | None,
    target_speedups: Sequence[float],
    settings: Settings | None = None,
    guard: Guard | None = None,
    *,
    taught: Taught | None = None,
    measured: Measured | None = None,
    source: str = "",
    progress: Progress = silent,
) -> list[UserNetwork]:
    """As `make_user_network`, one for each speed that can be met, in that order; channels are ranked once.

    What ranking took stands in the first one's cost, and what was tried in vain in the next one's. Raises `UsageError`
    where no speed can be met, as `make_user_network` does for the last.
    """
    settings, meter = settings or Settings(), CostMeter()
    ranked = _ranked(generic, images, classes, settings, meter, progress)
    made: list[UserNetwork] = []
    for number, target in enumerate(target_speedups, start=1):
        wanted, must = replace(settings, target_speedup=target), not made and number == len(target_speedups)
        with nullcontext() if must else suppress(UsageError):
            made.append(_made(ranked, wanted, guard or Guard(), meter, taught, measured, source, progress))
            meter = CostMeter()
    return made


@dataclass(frozen=True, eq=False)
class _Ranked:
    """What is the same for all speeds."""

    material: Material
    classes: tuple[int, ...]
    rankings: Mapping[str, Ranking]


def _ranked(
    generic: nn.Module,
    images: Tensor,
    classes: Sequence[int] | None,
    settings: Settings,
    meter: CostMeter,
    progress: Progress,
) -> _Ranked:
    material = Material.of(generic, images, settings.held_out, streams=settings.streams)
    if classes is None:
        with meter.step("learning the classes"):
            classes = seen_classes(answers(generic, material.images), settings.temperature)
    own = tuple(check_classes(classes, answers(generic, material.image).shape[1]).tolist())
    with meter.step("finding groups"):
        can_go, _ = material.can_go, material.work
    with meter.step("ranking channels"):
        criterion = criterion_named(settings.criterion, own, settings.seed)
        rankings = criterion.rank(generic, can_go, material.batches, progress)
    return _Ranked(material, own, rankings)


def _made(
    ranked: _Ranked,
    settings: Settings,
    guard: Guard,
    meter: CostMeter,
    taught: Taught | None,
    measured: Measured | None,
    source: str,
    progress: Progress,
) -> UserNetwork:
    material, own, generic, work = ranked.material, ranked.classes, ranked.material.generic, ranked.material.work
    found = allocated(material, ranked.rankings, own, settings, measured, meter, progress)
    plan = Plan.of(material.groups, found.kept, source=source, input=material.shape)
    if settings.reads < 1:
        with meter.step("letting layers choose", counted=False):
            plan = _with_own_reads(material, plan, settings, progress)
    with meter.step("cutting"):
        network = cut_groups(generic, material.groups, plan.kept).eval()
        keep_own_sets(generic, network, material.groups, plan, material.image)
    left = outputs_left(generic, material.groups, plan.kept)
    back = recovered(material, network, left, own, settings, meter, progress)
    with meter.step("asking the guard"):
        taught = taught or Taught(answers(generic, material.held), own)
        evidence = taught.judge(guard, answers(network, material.held), settings.temperature)
    foretold = planned_macs(work.layers, material.groups, plan.kept)
    return UserNetwork(
        network=network,
        classes=own,
        plan=plan,
        evidence=evidence,
        macs_before=work.macs,
        macs=network_work(network, material.image).macs if plan.reads else foretold,
        walked=found.walked,
        recovered=back,
        images=len(material.images),
        cost=meter.cost,
        criterion=settings.criterion,
    )


def _with_own_reads(material: Material, plan: Plan, settings: Settings, progress: Progress) -> Plan:
    batches, share = material.batches, settings.reads
    worth = with_own_reads(
        material.generic, material.groups, plan, batches, share, seed=settings.seed, progress=progress
    )
    return worth.plan
