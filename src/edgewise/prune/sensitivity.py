"""How much the user's answers would suffer from small errors in each output of each layer."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn

from edgewise.progress import Progress, silent
from edgewise.prune.own_answers import backward_from_drawn, few_at_once, frozen


def sensitivities(
    network: nn.Module,
    paths: Sequence[str],
    batches: Sequence[Tensor],
    classes: Sequence[int],
    *,
    images: int = 64,
    seed: int = 0,
    progress: Progress = silent,
) -> dict[str, Tensor]:
    """float64 [outputs] of each layer at `paths`: the mean Fisher information of its outputs, summed over all places.

    Half of it times an error's variance is what the error adds to the cross-entropy of the user's `classes`, for small
    errors that know nothing of each other. The labels are drawn from the network's own probabilities, restricted to
    those classes; about so many `images` are run forwards and backwards. The network keeps no gradient.
    Source: Theis et al. 2018, "Faster gaze prediction with dense networks and Fisher pruning"; Reading: per output of
    the layer that reads a channel, not per channel, so that it weighs what least squares misses there.
    """
    generator = torch.Generator().manual_seed(seed)
    found = {path: torch.zeros(0, dtype=torch.float64) for path in paths}
    hooks = [network.get_submodule(path).register_forward_hook(_Watch(found, path)) for path in paths]
    wanted = few_at_once(batches, images)
    seen = 0
    try:
        with frozen(network):
            for done, batch in enumerate(wanted):
                backward_from_drawn(network(batch.detach().requires_grad_()), classes, generator)
                seen += len(batch)
                progress("weighing outputs", done + 1, len(wanted))
    finally:
        for hook in hooks:
            hook.remove()
    return {path: sums / max(seen, 1) for path, sums in found.items()}


@dataclass(frozen=True, eq=False)
class _Watch:
    """Adds up the squared gradients that come back to one layer's outputs."""

    found: dict[str, Tensor]
    path: str

    def __call__(self, layer: nn.Module, taken: Any, given: Any) -> None:
        if given.requires_grad:
            given.register_hook(self._add)

    def _add(self, gradient: Tensor) -> None:
        squares = gradient.detach().square()
        own = squares.sum(dim=(0, 2, 3) if squares.ndim == 4 else 0, dtype=torch.float64)
        before = self.found[self.path]
        self.found[self.path] = before + own if len(before) else own
