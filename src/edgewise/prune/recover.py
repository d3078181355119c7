"""What a network is given back after channels went, cheap first, and the user's head."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from torch import Tensor, nn

from edgewise.progress import Progress, silent
from edgewise.prune.activation_cache import ActivationCache
from edgewise.prune.chain import chain_of
from edgewise.prune.cost_meter import CostMeter
from edgewise.prune.distill import Distilled, distil
from edgewise.prune.material import Material
from edgewise.prune.opening import macs_behind, place_for
from edgewise.prune.reconstruct import Solved, reconstruct
from edgewise.prune.renormalise import renormalise
from edgewise.prune.restrict import restrict_head
from edgewise.prune.settings import Settings
from edgewise.prune.tail import open_at

_BATCH = 25


@dataclass(frozen=True)
class Recovered:
    """What came of it."""

    solved: tuple[Solved, ...]  # layer by layer, where they were
    distilled: Distilled | None
    other_r_squared: float  # how well the last output tells what it stands for, on images left out of its fit


def recovered(
    material: Material,
    network: nn.Module,
    left: Mapping[str, Tensor],
    classes: Sequence[int],
    settings: Settings,
    meter: CostMeter,
    progress: Progress = silent,
) -> Recovered:
    """Carry out `settings.recovery` on `network`, cut out of the generic one, in place; it has K + 1 outputs then.

    `left`: the outputs that layers still give (`outputs_left`).
    """
    batches = material.batches
    solved: tuple[Solved, ...] = ()
    distilled, entering = None, None
    if "renormalise" in settings.recovery:
        with meter.step("re-estimating norms"):
            renormalise(material.generic, network, left, batches, progress=progress)
    if "solve" in settings.recovery:
        with meter.step("solving layers"):
            swept = reconstruct(material.generic, network, left, batches, settings.sweep, progress)
        solved, entering = swept.layers, swept.entering
    with meter.step("restricting the head"):
        r_squared = restrict_head(network, classes, batches, entering)
    if "distil" in settings.recovery:
        with meter.step("distilling"):
            distilled = _distilled(material, network, classes, settings, progress)
        meter.keep("activations to distil", distilled.cached_bytes)
    return Recovered(solved, distilled, r_squared)


def _distilled(
    material: Material, network: nn.Module, own: Sequence[int], settings: Settings, progress: Progress
) -> Distilled:
    """Train the tail of the cut network from what the generic one says; it is left with what serves best."""
    image = material.image
    place = place_for(macs_behind(network, chain_of(network, image), image), settings.opened)
    tail, whole = open_at(network, image, place), open_at(material.generic, image, 0)
    cache = ActivationCache(settings.memory_mb, seed=settings.seed)
    for batch in material.images.split(_BATCH):
        taught = whole.serve(batch)
        cache.add(tail.enter(batch), taught.logits.flatten(1), taught.features)
    alike = tail.serve(image).features.shape == whole.serve(image).features.shape
    distillation = settings.distillation if alike else replace(settings.distillation, mimicry=0.0)
    return distil(tail, cache, own, distillation, progress=progress)
