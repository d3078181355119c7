"""A plan carried out: the smaller network, or its twin in full width whose removed channels are silent."""

import copy
from collections.abc import Callable, Collection, Mapping, Sequence
from typing import TYPE_CHECKING

from edgewise.prune.groups import Group, Loss, losses
from edgewise.prune.layers import cut_layer, silence_layer

if TYPE_CHECKING:
    from torch import Tensor, nn

    from edgewise.prune.plan import Plan


def cut(network: "nn.Module", plan: "Plan", image: "Tensor") -> "nn.Module":
    """A dense, smaller copy of a network that lacks the channels which a plan removes.

    `image` is float [n, channels, h, w], of the kind that the network takes; the given network stays as it is. What is
    left of its weights is equal to the bit. Raises `ModelError` for a network that cannot be followed, `UsageError`
    where the plan is another network's.
    """
    groups = _groups(network, plan, image)
    smaller = cut_groups(network, groups, plan.kept)
    if plan.reads or plan.writes:
        from edgewise.prune.asymmetric import keep_own_sets

        keep_own_sets(network, smaller, groups, plan, image)
    return smaller


def masked(network: "nn.Module", plan: "Plan", image: "Tensor") -> "nn.Module":
    """A copy in full width that answers as the cut network does: what the plan removes is zero in it.

    Zero are weights, biases and norm statistics of the layers that write the removed channels or let them pass; those
    that read them keep all their weights, but where the plan gives them sets of their own. Raises as `cut` does.
    """
    groups = _groups(network, plan, image)
    twin = mask_groups(network, groups, plan.kept)
    if plan.reads or plan.writes:
        from edgewise.prune.asymmetric import silence_own_sets

        silence_own_sets(network, twin, groups, plan, image)
    return twin


def cut_groups(network: "nn.Module", groups: Sequence[Group], kept: Mapping[str, Collection[int]]) -> "nn.Module":
    """As `cut`, for groups that are known: `kept` names, for each that is cut, the channels that stay."""
    return _changed(network, losses(groups, kept), cut_layer)


def mask_groups(network: "nn.Module", groups: Sequence[Group], kept: Mapping[str, Collection[int]]) -> "nn.Module":
    """As `masked`, for groups that are known."""
    return _changed(network, losses(groups, kept), silence_layer)


def _groups(network: "nn.Module", plan: "Plan", image: "Tensor") -> tuple[Group, ...]:
    from edgewise.prune.torch_pruning_groups import find_groups  # which tries cuts out itself

    groups = find_groups(network, image)
    plan.check(groups)
    return groups


def _changed(
    network: "nn.Module", lost: Mapping[str, Loss], change: "Callable[[nn.Module, Loss], None]"
) -> "nn.Module":
    copied = copy.deepcopy(network)
    for path, loss in lost.items():
        change(copied.get_submodule(path), loss)
    return copied
