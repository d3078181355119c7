"""How wide each layer of a user's network is, and what it computes, beside the generic network's."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from edgewise.prune.work import network_work

if TYPE_CHECKING:
    from torch import Tensor, nn


@dataclass(frozen=True)
class LayerWidth:
    """One convolution or dense layer, for one image."""

    layer: str
    channels: int  # outputs that it had
    kept: int
    generic_macs: int
    macs: int


def layer_widths(generic: "nn.Module", user: "nn.Module", image: "Tensor") -> tuple[LayerWidth, ...]:
    """From the input to the output; `user` was cut out of `generic`, and `image` [1, channels, h, w] runs through both.

    Both are left as they are.
    """
    before, after = (
        network_work(generic, image).layers,
        {layer.path: layer for layer in network_work(user, image).layers},
    )
    return tuple(
        LayerWidth(layer.path, layer.gives, after[layer.path].gives, layer.macs, after[layer.path].macs)
        for layer in before
        if layer.macs
    )
