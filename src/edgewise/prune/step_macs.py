"""What one training step of an open tail computes."""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from edgewise.prune.tail import Tail
from edgewise.prune.work import network_work


@dataclass(frozen=True)
class StepMacs:
    """MACs for one input, of convolutions and dense layers."""

    forward: int
    weights: int  # gradients of weights
    inputs: int  # gradients of what layers take

    @property
    def total(self) -> int:
        return self.forward + self.weights + self.inputs


def step_macs(tail: Tail, activations: Tensor, retrained: Collection[str] | None = None) -> StepMacs:
    """Counted by hooks on a forward pass of `activations`, float [n, channels, ...], as `Tail.opened` has it.

    Each gradient that a layer needs takes as many MACs as its forward pass: that of its weights where they are
    retrained, that of its input where something before it is.
    """
    forward: dict[str, int] = {}
    needs: dict[str, tuple[bool, bool]] = {}
    hooks = []
    with tail.opened(retrained):
        given = activations
        for segment in tail.segments:
            work = network_work(segment.module, given)
            forward |= {layer.path: layer.macs for layer in work.layers if layer.macs}
            for path in forward.keys() - needs.keys():

                def note(layer: Any, inputs: Any, path: str = path) -> None:
                    needs[path] = layer.weight.requires_grad, inputs[0].requires_grad

                hooks.append(segment.module.get_submodule(path).register_forward_pre_hook(note))
            with torch.enable_grad():
                given = segment(given)
    for hook in hooks:
        hook.remove()
    return StepMacs(
        sum(forward.values()),
        sum(macs for path, macs in forward.items() if needs[path][0]),
        sum(macs for path, macs in forward.items() if needs[path][1]),
    )
