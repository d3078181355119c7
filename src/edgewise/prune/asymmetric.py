"""Asymmetric pruning carried out: layers that read or write one tensor keep sets of channels of their own.

A plan's `reads` and `writes` count the channels of the original network. What stays after its groups are cut is read
through a gather, or filled in among zeros. A channel that no layer reads any more is no matter of gathers: `folded`
cuts it from its group.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

import numpy as np
import torch
from torch import Tensor, nn

from edgewise.errors import ModelError, UsageError
from edgewise.prune.chain import chain_of
from edgewise.prune.groups import Group, Loss, Member, Side, losses
from edgewise.prune.layers import channels_of, silence_layer
from edgewise.prune.network import quiet_copy
from edgewise.prune.plan import Cut, Plan
from edgewise.prune.selective_layers import let_fill, let_give, let_read, why_not_selective

_OTHER_PLAN = "Give the network that the plan was made for."


def keep_own_sets(network: nn.Module, smaller: nn.Module, groups: Sequence[Group], plan: Plan, image: Tensor) -> None:
    """Give the layers of `smaller`, in place, the sets that a plan names; its groups are cut from it already.

    `network` is the original, `image` float [n, c, h, w]. A batch norm that a writer alone goes into shrinks with it,
    and what is missing is filled in behind it. Raises `UsageError` where the plan is another network's or contradicts
    itself, `ModelError` for a layer that cannot keep a set of its own.
    """
    lost = losses(groups, plan.kept)
    _see_that_layers_fit(network, plan, lost)
    for path, kept in own_sets(plan.reads, lost, "reads").items():
        let_read(smaller.get_submodule(path), kept)
    norms = norms_after(network, image) if plan.writes else {}
    for path, kept in own_sets(plan.writes, lost, "writes").items():
        if path in norms:
            let_give(smaller.get_submodule(path), kept)
        let_fill(smaller.get_submodule(norms.get(path, path)), kept)


def silence_own_sets(network: nn.Module, twin: nn.Module, groups: Sequence[Group], plan: Plan, image: Tensor) -> None:
    """Zero in `twin`, of full width and in place, what the layers that a plan names neither read nor write.

    Raises as `keep_own_sets` does.
    """
    _see_that_layers_fit(network, plan, losses(groups, plan.kept))
    for path, cut in plan.reads.items():
        with torch.no_grad():
            twin.get_parameter(f"{path}.weight")[:, list(cut.removed)] = 0
    norms = norms_after(network, image) if plan.writes else {}
    for path, cut in plan.writes.items():
        gone, none = np.asarray(cut.removed, np.int64), np.zeros(0, np.int64)
        silence_layer(twin.get_submodule(path), Loss(gone, none, none))
        if path in norms:
            silence_layer(twin.get_submodule(norms[path]), Loss(none, none, gone))


def own_sets(cuts: Mapping[str, Cut], lost: Mapping[str, Loss], side: Side) -> dict[str, np.ndarray]:
    """By the layer's path what a plan's `reads` or `writes` keep, int64, counted among what the groups' cuts leave.

    Layers that keep all of that are left out.
    """
    found: dict[str, np.ndarray] = {}
    for path, cut in cuts.items():
        left = np.setdiff1d(np.arange(cut.channels), _gone(lost, path, side))
        if len(cut.kept) < len(left):
            found[path] = np.searchsorted(left, cut.kept)
    return found


def folded(plan: Plan, groups: Sequence[Group], *, step: int = 1) -> Plan:
    """A plan that answers the same and gathers less: channels that no layer reads are cut from their groups.

    Where one layer alone reads a group, its gather vanishes: that is symmetric pruning. Of each group a multiple of
    `step` channels stays where that many can go; the others are left to the gathers. Groups whose writers keep sets
    of their own stay as they are.
    """
    cuts = dict(plan.cuts)
    for group in groups:
        kept = _folded_kept(group, plan, step) if _can_fold(group, plan) else ()
        if kept:
            cuts[group.name] = Cut(group.channels, kept)
    order = [group.name for group in groups if group.name in cuts]
    lost = losses(groups, {name: cut.kept for name, cut in cuts.items()})
    reads = {path: plan.reads[path] for path in own_sets(plan.reads, lost, "reads")}
    return replace(plan, cuts={name: cuts[name] for name in order}, reads=reads)


def norms_after(network: nn.Module, image: Tensor) -> dict[str, str]:
    """Of each layer whose output goes into a plain batch norm and nowhere else, the path of that norm."""
    with quiet_copy(network) as copied:
        return {
            path: norm for segment in chain_of(copied, image[:1]) for path, norm in _pairs(segment.module.graph, copied)
        }


def _pairs(graph: torch.fx.Graph, network: nn.Module) -> Iterator[tuple[str, str]]:
    for node in graph.nodes:
        following = next(iter(node.users), None)
        if node.op == "call_module" and len(node.users) == 1 and following is not None:
            path = str(following.target)
            if following.op == "call_module" and type(network.get_submodule(path)) is nn.BatchNorm2d:
                yield str(node.target), path


def _can_fold(group: Group, plan: Plan) -> bool:
    own = any(member.side == "writes" and member.path in plan.writes for member in group.members)
    return group.whole is None and not own


def _folded_kept(group: Group, plan: Plan, step: int) -> tuple[int, ...]:
    """The channels of a group that stay; empty where nothing changes."""
    kept = plan.kept.get(group.name, tuple(range(group.channels)))
    readers = [member for member in group.members if member.side == "reads"]
    unread = [channel for channel in kept if not any(_is_read(plan.reads, one, channel) for one in readers)]
    stays = len(kept) - len(unread)
    stays = max(-(-stays // step) * step, 1)
    gone = (len(kept) - stays) // group.step * group.step
    if gone <= 0:
        return ()
    return tuple(sorted({*kept} - {*unread[:gone]}))


def _is_read(reads: Mapping[str, Cut], member: Member, channel: int) -> bool:
    return member.path not in reads or not {*member.index[channel].tolist()}.isdisjoint(reads[member.path].kept)


def _see_that_layers_fit(network: nn.Module, plan: Plan, lost: Mapping[str, Loss]) -> None:
    """See that the layers that a plan names are there, as wide as it says, and can keep sets of their own."""
    known = dict(network.named_modules())
    reads: list[tuple[Side, str, Cut]] = [("reads", path, cut) for path, cut in plan.reads.items()]
    writes: list[tuple[Side, str, Cut]] = [("writes", path, cut) for path, cut in plan.writes.items()]
    for verb, path, cut in reads + writes:
        if path not in known:
            raise UsageError(f"The network has no layer {path!r}.", _OTHER_PLAN)
        reason = why_not_selective(known[path])
        if reason is not None:
            raise ModelError(f"{path} cannot keep a set of channels of its own: {reason}.", "Leave it out of the plan.")
        width = channels_of(known[path])[0 if verb == "reads" else 1]
        if width != cut.channels:
            raise UsageError(f"{path} {verb} {width} channels; the plan was made for {cut.channels}.", _OTHER_PLAN)
        both = np.intersect1d(cut.kept, _gone(lost, path, verb))
        if len(both):
            raise UsageError(f"{path} {verb} channel {both[0]}, which the plan removes.", "Correct the plan.")


def _gone(lost: Mapping[str, Loss], path: str, side: Side) -> np.ndarray:
    """What the groups' cuts take from a side of a layer."""
    if path not in lost:
        return np.zeros(0, np.int64)
    return lost[path].inputs if side == "reads" else lost[path].outputs
