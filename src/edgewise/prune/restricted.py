"""A user's network that lost nothing but its head: the plainest of all, and often hard to beat."""

import copy
from collections.abc import Sequence

from torch import Tensor, nn

from edgewise.prune.cost_meter import CostMeter
from edgewise.prune.guard import Guard
from edgewise.prune.make import UserNetwork
from edgewise.prune.material import Material, answers
from edgewise.prune.plan import Plan
from edgewise.prune.recover import Recovered
from edgewise.prune.restrict import restrict_head
from edgewise.prune.settings import Settings
from edgewise.prune.taught import Taught
from edgewise.prune.user_classes import check_classes
from edgewise.prune.work import network_work


def restricted_network(
    base: nn.Module,
    images: Tensor,
    classes: Sequence[int],
    settings: Settings,
    guard: Guard,
    taught: Taught,
    *,
    source: str = "",
) -> UserNetwork:
    """All of `base` with K + 1 outputs, and what the guard says of it. As `make_user_network`, which cuts besides."""
    meter = CostMeter()
    material = Material.of(base, images, settings.held_out, streams=settings.streams)
    own = tuple(check_classes(classes, answers(base, material.image).shape[1]).tolist())
    network = copy.deepcopy(base)
    with meter.step("restricting the head"):
        r_squared = restrict_head(network, own, material.batches)
    with meter.step("asking the guard"):
        evidence = taught.judge(guard, answers(network, material.held), settings.temperature)
    return UserNetwork(
        network=network,
        classes=own,
        plan=Plan(source, material.shape, {}),
        evidence=evidence,
        macs_before=network_work(base, material.image).macs,
        macs=network_work(network, material.image).macs,
        walked=(),
        recovered=Recovered((), None, r_squared),
        images=len(material.images),
        cost=meter.cost,
    )
