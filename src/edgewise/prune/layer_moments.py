"""What layers are fed on a user's images, as second moments, in one run of the network."""

import math
from collections.abc import Sequence
from functools import partial

import torch
from torch import Tensor, nn

from edgewise.progress import Progress, silent
from edgewise.prune.brain_surgeon import Reading
from edgewise.prune.moments import Layer, Moments, inputs_at, positions_of
from edgewise.prune.precision import precision_for


def read_moments(
    network: nn.Module,
    paths: Sequence[str],
    batches: Sequence[Tensor],
    *,
    places_per_weight: float = 2.5,
    fewest_places: int = 10_000,
    seed: int = 0,
    progress: Progress = silent,
) -> dict[str, Moments]:
    """What the convolutions and linear layers at `paths` are fed; `batches` float32 [n, 3, h, w].

    Of each layer so many places are read for each weight of an output, and `fewest_places` at least.
    """
    images = sum(len(batch) for batch in batches)
    generator = torch.Generator().manual_seed(seed)
    moments: dict[str, Moments] = {}

    def look(own: Moments, layer: Layer, taken: tuple[Tensor], given: Tensor) -> None:
        places = math.ceil(max(fewest_places, places_per_weight * layer.weight[0].numel()) / images)
        own.add(inputs_at(layer, taken[0], positions_of(given.shape, places, generator)))

    hooks = []
    for path in paths:
        layer = network.get_submodule(path)
        assert isinstance(layer, nn.Conv2d | nn.Linear), path
        moments[path] = Moments.of(layer)
        hooks.append(layer.register_forward_hook(partial(look, moments[path])))
    try:
        with torch.no_grad():
            for done, batch in enumerate(batches):
                network(batch)
                progress("reading activations", done + 1, len(batches))
    finally:
        for hook in hooks:
            hook.remove()
    return moments


def reading_of(layer: Layer, moments: Moments, channels: Tensor, importance: Tensor | None = None) -> Reading:
    """How an ungrouped layer reads `channels`, int64 [n, r] of its inputs: a row for what goes together.

    `importance`: float [outputs], by which each output counts; all alike where it is None.
    """
    gram = moments.gram[0].to(precision_for(moments.upper.shape[1])) / moments.count
    mean = gram[-1, :-1]
    weights = layer.weight.detach().flatten(1)
    if importance is not None:
        weights = weights * importance.sqrt().to(weights.dtype)[:, None]
    taps = weights.shape[1] // layer.weight.shape[1]
    index = channels[:, :, None] * taps + torch.arange(taps)
    return Reading(gram[:-1, :-1] - torch.outer(mean, mean), weights, index.flatten(1))
