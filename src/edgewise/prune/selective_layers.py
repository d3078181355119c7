"""Layers that read some channels of a tensor that others read whole, or fill some channels of one that others fill.

The index of what is read is the bookkeeping of asymmetric pruning. It is no weight: a plan holds it, so the weights of
a network with such layers bear the names that they have without.
"""

from itertools import chain
from typing import cast

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from edgewise.prune.groups import Loss
from edgewise.prune.layers import channels_of, cut_layer

_NONE = np.zeros(0, np.int64)


class Selective(nn.Module):
    """What all of them share; the layer itself is narrow."""

    axis: int  # of the channels
    reads: Tensor | None  # int64, rising: the channels that are taken of what comes in
    run: tuple[int, int] | None  # their first and how many, where they follow each other: a slice, no gather
    fills: Tensor | None  # int64 [outputs]: which of the narrow layer's outputs it is; its width where it is 0

    def taken(self, input: Tensor) -> Tensor:
        """What the narrow layer is fed of a tensor."""
        if self.run is not None:
            return input.narrow(self.axis, *self.run)
        return input if self.reads is None else input.index_select(self.axis, self.reads)

    def forward(self, input: Tensor) -> Tensor:
        narrow = super().forward(self.taken(input))
        if self.fills is None:
            return narrow
        one_more = (0, 0) * (narrow.dim() - 2) + (0, 1) if self.axis == 1 else (0, 1)
        return functional.pad(narrow, one_more).index_select(self.axis, self.fills)


class SelectiveConv2d(Selective, nn.Conv2d):
    """[n, c, h, w] to [n, o, h, w]."""

    axis = 1


class SelectiveLinear(Selective, nn.Linear):
    """[..., c] to [..., o]."""

    axis = -1


class SelectiveBatchNorm2d(Selective, nn.BatchNorm2d):
    """[n, c, h, w] narrow to [n, o, h, w] wide."""

    axis = 1


_KINDS: dict[type[nn.Module], type[Selective]] = {
    nn.Conv2d: SelectiveConv2d,
    nn.Linear: SelectiveLinear,
    nn.BatchNorm2d: SelectiveBatchNorm2d,
}


def why_not_selective(layer: nn.Module) -> str | None:
    """Why a layer cannot keep sets of its own of what it reads and writes; None where it can."""
    if type(layer) not in (nn.Conv2d, nn.Linear):
        return f"it is a {type(layer).__name__}; only plain Conv2d and Linear layers can"
    if getattr(layer, "groups", 1) > 1:
        return "it is a grouped convolution, whose inputs belong to its outputs"
    return None


def let_read(layer: nn.Module, kept: np.ndarray) -> None:
    """Make a layer that can (`why_not_selective`) read `kept`, int64 rising, of its inputs alone, in place."""
    wide, _ = channels_of(layer)
    own = _made_selective(layer)
    cut_layer(own, Loss(_NONE, np.setdiff1d(np.arange(wide), kept), _NONE))
    if int(kept[-1] - kept[0]) == len(kept) - 1:
        own.run = int(kept[0]), len(kept)
    else:
        _hold(own, "reads", kept)


def let_read_as(layer: nn.Module, other: Selective) -> None:
    """Make a layer as wide as `other` read what that one reads, in place."""
    own = _made_selective(layer)
    own.run = other.run
    if other.reads is not None:
        own.reads = other.reads.clone()


def let_fill(layer: nn.Module, kept: np.ndarray) -> None:
    """Make a layer compute `kept`, int64 rising, of its outputs alone and give zeros for the others, in place."""
    _, wide = channels_of(layer)
    own = _made_selective(layer)
    let_give(own, kept)
    fills = np.full(wide, len(kept))
    fills[kept] = np.arange(len(kept))
    _hold(own, "fills", fills)


def let_give(layer: nn.Module, kept: np.ndarray) -> None:
    """Make a layer give `kept` of its outputs alone, in place: what follows it fills in the others."""
    _, wide = channels_of(layer)
    gone = np.setdiff1d(np.arange(wide), kept)
    passes = isinstance(layer, nn.BatchNorm2d)
    cut_layer(layer, Loss(_NONE if passes else gone, _NONE, gone if passes else _NONE))


def _made_selective(layer: nn.Module) -> Selective:
    """The layer itself: its numbers, hooks and place in the network stay, as with torch.nn.utils.parametrize."""
    if isinstance(layer, Selective):
        return layer
    layer.__class__ = _KINDS[type(layer)]
    own = cast("Selective", layer)
    own.run = None
    for name in ("reads", "fills"):
        own.register_buffer(name, None, persistent=False)
    return own


def _hold(layer: Selective, name: str, index: np.ndarray) -> None:
    device = next(chain(layer.parameters(), layer.buffers())).device
    setattr(layer, name, torch.from_numpy(index.astype(np.int64)).to(device))
