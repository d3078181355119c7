"""A network opened at one place: a frozen prefix that inference has paid for, and a tail that is trained behind it.

Source: Goyal, Das, Bertacco 2022 (computation shared between inference and pruning; a backward pass of its own).
Reading: what enters the first unfrozen segment is shared, and the backward pass ends there, at the weights of its first
layers.
"""

from collections.abc import Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from edgewise.errors import ModelError, UsageError
from edgewise.prune.chain import Segment, chain_of

_MAPS = 4  # batch, channels, height, width


@dataclass(frozen=True, eq=False)
class Served:
    """One inference, and what an `ActivationCache` takes of it."""

    activations: Tensor  # float [n, channels, ...], what entered the tail
    logits: Tensor  # float [n, C]
    features: Tensor  # float [n, d], pooled


@dataclass(frozen=True, eq=False)
class Tail:
    """The open part of a network. Layers are the network's own: what is trained here is trained there.

    Everything runs in eval mode, so that the statistics of batch norm stay what they are.
    """

    network: nn.Module
    prefix: tuple[Segment, ...]
    segments: tuple[Segment, ...]
    head: str  # path of the last layer with weights

    def enter(self, images: Tensor) -> Tensor:
        """What enters the tail for float [n, 3, h, w]; no gradient goes back from it."""
        with torch.no_grad():
            for segment in self.prefix:
                images = segment(images)
        return images

    def __call__(self, activations: Tensor) -> Tensor:
        """Logits of what entered; the prefix does not run."""
        for segment in self.segments:
            activations = segment(activations)
        return activations

    def answers(self, activations: Tensor) -> tuple[Tensor, Tensor]:
        """Logits, and the features [n, d] that the last layer takes, averaged over places where it takes maps."""
        taken: list[Tensor] = []
        layer = self.network.get_submodule(self.head)
        hook = layer.register_forward_pre_hook(lambda _layer, inputs: taken.append(inputs[0]))
        try:
            logits = self(activations)
        finally:
            hook.remove()
        features = taken[0]
        return logits, features.mean((2, 3)) if features.dim() == _MAPS else features.flatten(1)

    def serve(self, images: Tensor) -> Served:
        """Answer, once through the network, and keep what was seen on the way."""
        with torch.no_grad():
            activations = self.enter(images)
            logits, features = self.answers(activations)
        return Served(activations, logits, features)

    def parameters(self, retrained: Collection[str] | None = None) -> dict[str, nn.Parameter]:
        """By their names in the network. `retrained`: paths of layers, blocks or parameters; None: the whole tail.

        Raises `UsageError` for a path under which the tail has none.
        """
        own = {name: weight for segment in self.segments for name, weight in segment.module.named_parameters()}
        if retrained is None:
            return own
        for path in retrained:
            if not any(_under(name, path) for name in own):
                raise UsageError(f"The open tail has no parameter at {path!r}.", f"It has {', '.join(own)}.")
        return {name: weight for name, weight in own.items() if any(_under(name, path) for path in retrained)}

    @contextmanager
    def opened(self, retrained: Collection[str] | None = None) -> Iterator[dict[str, nn.Parameter]]:
        """Within, these parameters of the tail get gradients, and no other of the network; none is left over."""
        chosen = self.parameters(retrained)
        before = [(weight, weight.requires_grad, weight.grad) for weight in self.network.parameters()]
        for weight, _, _ in before:
            weight.requires_grad_(False)
            weight.grad = None
        for weight in chosen.values():
            weight.requires_grad_(True)
        try:
            yield chosen
        finally:
            for weight, required, gradient in before:
                weight.requires_grad_(required)
                weight.grad = gradient


def open_at(network: nn.Module, image: Tensor, place: str | int) -> Tail:
    """Open a network, in eval mode, before one of its segments (`chain_of`), by number or by path.

    `place`: a path names the segment that begins with its first layer, as "layer4", "layer4.0" and "layer4.0.conv1" do
    in ResNet; 0 opens the whole network. `image`: float [1, 3, h, w].
    Raises `UsageError` for a place that no segment begins at, or a network in training mode; `ModelError` as `chain_of`
    does.
    """
    training = [path or "the network" for path, module in network.named_modules() if module.training]
    if training:
        raise UsageError(f"{training[0]} is in training mode, where batch norm learns.", "Call network.eval() first.")
    segments = chain_of(network, image)
    number = place if isinstance(place, int) else _segment_at(segments, place)
    if not 0 <= number < len(segments):
        raise UsageError(f"Segment {number} was asked for; there are 0 to {len(segments) - 1}.")
    return Tail(network, segments[:number], segments[number:], _head_of(network, segments[-1]))


def _segment_at(segments: tuple[Segment, ...], path: str) -> int:
    for number, segment in enumerate(segments):
        if any(_under(layer, path) for layer in segment.layers):
            if _under(segment.name, path):
                return number
            break
    begins = ", ".join(segment.name for segment in segments)
    raise UsageError(f"The network cannot be opened at {path!r}.", f"Its segments begin at {begins}.")


def _head_of(network: nn.Module, segment: Segment) -> str:
    for path in reversed(segment.layers):
        if isinstance(network.get_submodule(path), nn.Linear | nn.Conv2d):
            return path
    raise ModelError("The network's last segment calls no convolution or linear layer.")


def _under(name: str, path: str) -> bool:
    return name == path or name.startswith(f"{path}.")
