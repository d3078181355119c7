"""Groups by trying: zero one channel of a layer, and see which inputs of which layers are then another's.

No graph is read. While one layer is tried, what each of them writes is held at noise, so that what changes at an input
is what comes there from that one channel, and no unit is dead.
"""

from collections.abc import Iterable
from typing import Any

import torch
from torch import nn

Channel = tuple[str, str, int]  # path, "out" or "in", number


def coupled(network: nn.Module, image: torch.Tensor) -> set[frozenset[Channel]]:
    """Which outputs and inputs of the convolutions and dense layers go together; grouped ones let channels pass."""
    kinds = (nn.Conv2d, nn.ConvTranspose2d, nn.Linear)
    writers = {
        path: layer
        for path, layer in network.named_modules()
        if isinstance(layer, kinds) and getattr(layer, "groups", 1) == 1
    }
    shapes = _watched(network, image, writers, held={}, zeroed=None)
    generator = torch.Generator().manual_seed(0)
    held = {
        path: 2 * torch.randn(shapes[path, "out"].shape, generator=generator, dtype=image.dtype) for path in writers
    }
    usual = _watched(network, image, writers, held, zeroed=None)
    sets: list[set[Channel]] = []
    for path in writers:
        for channel in range(held[path].shape[1]):
            found = _watched(network, image, writers, held, zeroed=(path, channel))
            inputs = {reader: given for (reader, side), given in found.items() if side == "in"}
            changed = {
                (reader, "in", number)
                for reader, given in inputs.items()
                for number in _differing(given, usual[reader, "in"])
            }
            sets.append({(path, "out", channel)} | changed)
    return set(map(frozenset, _joined(sets)))


def _watched(
    network: nn.Module,
    image: torch.Tensor,
    writers: dict[str, Any],
    held: dict[str, torch.Tensor],
    zeroed: tuple[str, int] | None,
) -> dict[tuple[str, str], torch.Tensor]:
    """What each writer takes and gives, while those that are held give what they gave before."""
    seen: dict[tuple[str, str], torch.Tensor] = {}

    def hook(path: str, inputs: tuple[torch.Tensor, ...], output: torch.Tensor) -> torch.Tensor:
        given = held.get(path, output).clone()
        if zeroed is not None and zeroed[0] == path:
            given[:, zeroed[1]] = 0
        seen[path, "in"], seen[path, "out"] = inputs[0].clone(), given.clone()
        return given

    hooks = [
        layer.register_forward_hook(lambda _, inputs, output, path=path: hook(path, inputs, output))
        for path, layer in writers.items()
    ]
    try:
        with torch.inference_mode():
            network(image)
    finally:
        for one in hooks:
            one.remove()
    return seen


def _differing(one: torch.Tensor, other: torch.Tensor) -> list[int]:
    apart = (one != other).transpose(0, 1).flatten(1).any(1)
    return apart.nonzero().flatten().tolist()


def _joined(sets: Iterable[set[Channel]]) -> list[set[Channel]]:
    """Sets that share a channel, as one."""
    joined: list[set[Channel]] = []
    for one in sets:
        meeting = [other for other in joined if other & one]
        joined = [other for other in joined if not other & one]
        joined.append(one.union(*meeting))
    return joined
