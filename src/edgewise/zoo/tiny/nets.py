"""The four architectures: plain small CNNs that are weak or strong by width, depth and input size alone."""

from dataclasses import dataclass

import torch
from safetensors.torch import load_file
from torch import nn

from edgewise.drawn import CLASSES
from edgewise.zoo.tiny.shipped import NAMES, shipped_path


@dataclass(frozen=True)
class Shape:
    """One network: its input, its stem and its stages, each (channels, blocks, stride of the first block)."""

    size_px: int
    stem: int
    stages: tuple[tuple[int, int, int], ...]
    residual: bool


SHAPES: dict[str, Shape] = {
    "tiny:xs": Shape(32, 12, ((20, 1, 1), (32, 1, 2)), residual=False),
    "tiny:s": Shape(64, 16, ((24, 1, 2), (40, 1, 2), (64, 1, 1)), residual=False),
    "tiny:m": Shape(64, 12, ((12, 1, 1), (24, 1, 2), (40, 1, 2)), residual=True),
    "tiny:l": Shape(64, 24, ((32, 2, 1), (56, 2, 2), (104, 1, 2)), residual=True),
}


class Residual(nn.Module):
    """Two 3x3 convolutions around a shortcut: [n, c_in, h, w] to [n, c_out, h / stride, w / stride]."""

    def __init__(self, channels_in: int, channels_out: int, stride: int) -> None:
        super().__init__()
        self.body = nn.Sequential(
            *_conv(channels_in, channels_out, 3, stride),
            nn.ReLU(),
            *_conv(channels_out, channels_out, 3, 1),
        )
        same = channels_in == channels_out and stride == 1
        self.shortcut = nn.Identity() if same else nn.Sequential(*_conv(channels_in, channels_out, 1, stride))
        self.relu = nn.ReLU()

    def forward(self, features: torch.Tensor) -> torch.Tensor:
        return self.relu(self.body(features) + self.shortcut(features))


class Separable(nn.Sequential):
    """A depthwise 3x3 and a pointwise convolution: [n, c_in, h, w] to [n, c_out, h / stride, w / stride]."""

    def __init__(self, channels_in: int, channels_out: int, stride: int) -> None:
        super().__init__(
            *_conv(channels_in, channels_in, 3, stride, groups=channels_in),
            nn.ReLU(),
            *_conv(channels_in, channels_out, 1, 1),
            nn.ReLU(),
        )


class TinyNet(nn.Module):
    """A stem at half size, stages of blocks, global average pooling and a linear head."""

    def __init__(self, shape: Shape, classes: int) -> None:
        super().__init__()
        self.stem = nn.Sequential(*_conv(3, shape.stem, 3, 2), nn.ReLU())
        block = Residual if shape.residual else Separable
        channels, blocks = shape.stem, []
        for width, depth, stride in shape.stages:
            for index in range(depth):
                blocks.append(block(channels, width, stride if index == 0 else 1))
                channels = width
        self.blocks = nn.Sequential(*blocks)
        self.pool = nn.AdaptiveAvgPool2d(1)
        self.head = nn.Linear(channels, classes)

    def forward(self, image: torch.Tensor) -> torch.Tensor:
        """Float32 [n, 3, size, size] to logits float32 [n, classes]."""
        return self.head(self.pool(self.blocks(self.stem(image))).flatten(1))


def build(name: str) -> nn.Module:
    """A fresh, untrained network; its weights come from torch's global generator.

    Raises ValueError for a name that is not a tiny network.
    """
    if name not in SHAPES:
        raise ValueError(f"no tiny network is named {name!r}; allowed: {', '.join(NAMES)}")
    return TinyNet(SHAPES[name], len(CLASSES))


def load(name: str) -> nn.Module:
    """The bundled, trained network in evaluation mode.

    Raises ValueError for a name that is not a tiny network.
    """
    network = build(name)
    network.load_state_dict(load_file(shipped_path(name, ".safetensors")))
    return network.eval()


def _conv(
    channels_in: int, channels_out: int, kernel: int, stride: int, groups: int = 1
) -> tuple[nn.Module, nn.Module]:
    convolution = nn.Conv2d(channels_in, channels_out, kernel, stride, kernel // 2, groups=groups, bias=False)
    return convolution, nn.BatchNorm2d(channels_out)
