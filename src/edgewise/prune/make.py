"""A user's network out of the generic one: rank, allocate, cut, solve anew, restrict the head, ask the guard."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from time import perf_counter
from typing import Literal

import numpy as np
import torch
from torch import Tensor, nn

from edgewise.errors import ModelError, UsageError
from edgewise.progress import Progress, silent
from edgewise.prune.allocate import Limits, by_latency, uniform
from edgewise.prune.chain import chain_of
from edgewise.prune.criterion import Ranking, criterion_named
from edgewise.prune.evidence import Evidence
from edgewise.prune.groups import Group, losses
from edgewise.prune.guard import Guard
from edgewise.prune.head import distilled_head
from edgewise.prune.plan import Plan
from edgewise.prune.posterior import Posterior
from edgewise.prune.reconstruct import Solved, Sweep, reconstruct
from edgewise.prune.seen_classes import seen_classes
from edgewise.prune.surgery import cut_groups
from edgewise.prune.torch_pruning_groups import find_groups
from edgewise.prune.user_classes import check_classes
from edgewise.prune.watch import values_of
from edgewise.prune.work import NetworkWork, network_work, planned_macs

_BATCH = 25
_TIMED_RUNS = 5
_FEWEST_IMAGES = 2


@dataclass(frozen=True)
class Settings:
    """What is asked for, and how it is gone about."""

    target_speedup: float = 2.0
    criterion: str = "reconstruction"
    where: Literal["latency", "uniform"] = "latency"  # which groups give how much; `uniform`: all the same share
    streams: bool = False  # cut channels too that several layers write, as residual sums do
    limits: Limits = field(default_factory=Limits)
    sweep: Sweep = field(default_factory=Sweep)
    held_out: float = 0.5  # of the images, for the guard alone
    temperature: float = 1.0  # of the generic model's posterior
    seed: int = 0


@dataclass(frozen=True)
class Spent:
    """One step of the work."""

    step: str
    seconds: float


@dataclass(frozen=True, eq=False)
class UserNetwork:
    """What came out: a dense network for K classes and all others together, and what it is worth."""

    network: nn.Module  # [n, 3, h, w] to [n, K + 1]: the user's classes in their order, then all others
    classes: tuple[int, ...]  # of the generic model
    plan: Plan
    evidence: Evidence
    macs_before: int
    macs: int
    solved: tuple[Solved, ...]
    other_r_squared: float  # how well the last output tells what it stands for, on images left out of its fit
    images: int  # that it was made from
    spent: tuple[Spent, ...] = field(default=())


def make_user_network(
    generic: nn.Module,
    images: Tensor,
    classes: Sequence[int] | None,
    settings: Settings | None = None,
    guard: Guard | None = None,
    *,
    source: str = "",
    progress: Progress = silent,
) -> UserNetwork:
    """Make a network of about the speed that is asked for, of unlabelled images of one user.

    `generic`: in eval mode, [n, 3, h, w] to [n, C]; it is left as it is. `images`: float32 [n, 3, h, w], in any order
    that does not sort them: the last, `held_out` of all, are the guard's. `classes`: the user's, indices of C;
    None: those that the images show (`seen_classes`), the guard's left out.
    The speed is reckoned from measured times of layers; what a runtime makes of it, only measuring the result tells.
    Raises `UsageError` for classes, settings or images that cannot work, `ModelError` for a network that cannot be cut;
    whether the guard lets the network in stands in its `evidence`.
    """
    settings, guard = settings or Settings(), guard or Guard()
    _see_that_it_can_work(images, settings)
    spent: list[Spent] = []
    made_from = len(images) - max(1, round(settings.held_out * len(images)))
    batches, held = _with_flips(images[:made_from]), images[made_from:]
    image = images[:1]
    if classes is None:
        with _clock("learning the classes", spent):
            classes = seen_classes(_answers(generic, images[:made_from]), settings.temperature)
    own = tuple(check_classes(classes, _answers(generic, image).shape[1]).tolist())
    with _clock("finding groups", spent):
        groups = find_groups(generic, image)
        work = network_work(generic, image, runs=_TIMED_RUNS)
    can_go = [group for group in groups if group.whole is None and (settings.streams or _writers(group) == 1)]
    if not can_go:
        raise ModelError("No group of this network can be cut.", "`edgewise prune inspect` says why.")
    with _clock("ranking channels", spent):
        criterion = criterion_named(settings.criterion, own, settings.seed)
        rankings = criterion.rank(generic, can_go, batches, progress)
    kept = _allocated(can_go, rankings, work, settings)
    plan = Plan.of(groups, kept, source=source, input=(int(image.shape[1]), int(image.shape[2]), int(image.shape[3])))
    with _clock("cutting", spent):
        network = cut_groups(generic, groups, plan.kept).eval()
    with _clock("solving layers", spent):
        solved = reconstruct(generic, network, _outputs_left(generic, groups, plan), batches, settings.sweep, progress)
    with _clock("restricting the head", spent):
        r_squared = _restrict_head(network, own, batches)
    with _clock("asking the guard", spent):
        posterior = Posterior(own, settings.temperature)
        evidence = guard.judge(_answers(generic, held), _answers(network, held), posterior)
    return UserNetwork(
        network=network,
        classes=own,
        plan=plan,
        evidence=evidence,
        macs_before=work.macs,
        macs=planned_macs(work.layers, groups, plan.kept),
        solved=solved,
        other_r_squared=r_squared,
        images=made_from,
        spent=tuple(spent),
    )


def _with_flips(images: Tensor) -> list[Tensor]:
    """Batches of the images, each followed by its mirror images: twice as much to learn from."""
    return [one for batch in images.split(_BATCH) for one in (batch, batch.flip(3))]


def _see_that_it_can_work(images: Tensor, settings: Settings) -> None:
    if settings.target_speedup <= 1:
        raise UsageError(f"The target is {settings.target_speedup:g}x; it must be above 1.")
    if not 0 < settings.held_out < 1:
        raise UsageError(f"held_out is {settings.held_out:g}; it must be between 0 and 1.")
    if len(images) < 2 * _FEWEST_IMAGES:
        raise UsageError(f"There are {len(images)} images; a network is made and judged from more.", "Give hundreds.")


def _writers(group: Group) -> int:
    return sum(member.side == "writes" for member in group.members)


def _allocated(
    groups: Sequence[Group], rankings: dict[str, Ranking], work: NetworkWork, settings: Settings
) -> dict[str, tuple[int, ...]]:
    target = 1 / settings.target_speedup
    if settings.where == "latency":
        return by_latency(groups, rankings, work.layers, target, settings.limits)
    # Most layers shrink with their inputs and their outputs, so the share of channels is near the root of the target.
    return uniform(groups, rankings, target**0.5, settings.limits)


def _outputs_left(generic: nn.Module, groups: Sequence[Group], plan: Plan) -> dict[str, Tensor]:
    """Of each layer that loses outputs, those that stay."""
    left: dict[str, Tensor] = {}
    for path, loss in losses(groups, plan.kept).items():
        gone = np.union1d(loss.outputs, loss.passing)
        layer = generic.get_submodule(path)
        if len(gone) and isinstance(layer, nn.Conv2d | nn.Linear):
            left[path] = torch.from_numpy(np.setdiff1d(np.arange(len(layer.weight)), gone))
    return left


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


@contextmanager
def _clock(step: str, spent: list[Spent]) -> Iterator[None]:
    """Notes how long a step takes."""
    started = perf_counter()
    yield
    spent.append(Spent(step, perf_counter() - started))
