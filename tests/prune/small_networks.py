"""Small classifiers for [n, 3, 12, 12], one for each way in which layers share channels."""

from collections.abc import Callable
from typing import Any

import torch
from torch import nn
from torch.nn import functional

SIZE_PX = 12
CLASSES = 5


class Residual(nn.Module):
    """Two blocks, the second with a projection, as in ResNet."""

    def __init__(self) -> None:
        super().__init__()
        self.stem, self.bn = nn.Conv2d(3, 8, 3, padding=1, bias=False), nn.BatchNorm2d(8)
        self.one, self.bn_one = nn.Conv2d(8, 6, 3, padding=1), nn.BatchNorm2d(6)
        self.two, self.bn_two = nn.Conv2d(6, 8, 3, padding=1, bias=False), nn.BatchNorm2d(8)
        self.project, self.three = nn.Conv2d(8, 10, 1), nn.Conv2d(8, 10, 3, padding=1)
        self.head = nn.Linear(10, CLASSES)

    def forward(self, image: Any) -> Any:
        maps = functional.relu(self.bn(self.stem(image)))
        maps = functional.relu(maps + self.bn_two(self.two(functional.relu(self.bn_one(self.one(maps))))))
        maps = functional.relu(self.project(maps) + self.three(maps))
        return self.head(maps.mean((2, 3)))


class Dense(nn.Module):
    """Concatenations of concatenations, as in DenseNet, and branches, as in Inception."""

    def __init__(self) -> None:
        super().__init__()
        self.stem, self.left = nn.Conv2d(3, 4, 3), nn.Conv2d(4, 3, 3, padding=1)
        self.bn, self.right = nn.BatchNorm2d(7), nn.Conv2d(7, 5, 3, padding=1)
        self.wide, self.last = nn.Conv2d(12, 6, (1, 3)), nn.BatchNorm2d(12)
        self.head = nn.Linear(6, CLASSES)

    def forward(self, image: Any) -> Any:
        stem = functional.relu(self.stem(image))
        both = torch.cat([stem, self.left(stem)], 1)
        every = torch.cat([self.right(functional.relu(self.bn(both))), both], 1)
        maps = functional.max_pool2d(functional.relu(self.last(every)), 2)
        return self.head(functional.adaptive_avg_pool2d(functional.relu(self.wide(maps)), 1).flatten(1))


class Inverted(nn.Module):
    """A depthwise convolution with squeeze and excite, and a residual sum, as in MobileNetV3."""

    def __init__(self) -> None:
        super().__init__()
        self.stem, self.expand = nn.Conv2d(3, 6, 3, padding=1), nn.Conv2d(6, 12, 1, bias=False)
        self.bn = nn.BatchNorm2d(12)
        self.depthwise, self.bn_depthwise = nn.Conv2d(12, 12, 3, padding=1, groups=12), nn.BatchNorm2d(12)
        self.squeeze, self.excite = nn.Conv2d(12, 4, 1), nn.Conv2d(4, 12, 1)
        self.project, self.bn_project = nn.Conv2d(12, 6, 1), nn.BatchNorm2d(6)
        self.head = nn.Linear(6, CLASSES)

    def forward(self, image: Any) -> Any:
        stem = functional.hardswish(self.stem(image))
        maps = functional.hardswish(self.bn(self.expand(stem)))
        maps = functional.hardswish(self.bn_depthwise(self.depthwise(maps)))
        gates = functional.hardsigmoid(self.excite(functional.relu(self.squeeze(maps.mean((2, 3), keepdim=True)))))
        maps = stem + self.bn_project(self.project(maps * gates))
        return self.head(maps.mean((2, 3)))


class Grouped(nn.Module):
    """Grouped convolutions, one of which gives twice what it takes, and PReLU."""

    def __init__(self) -> None:
        super().__init__()
        self.stem, self.act = nn.Conv2d(3, 12, 3), nn.PReLU(12)
        self.grouped, self.bn = nn.Conv2d(12, 12, 3, groups=4), nn.BatchNorm2d(12)
        self.mixed, self.twice = nn.Conv2d(12, 6, 1), nn.Conv2d(6, 12, 3, groups=3)
        self.multiplied = nn.Conv2d(12, 24, 3, groups=12)
        self.head = nn.Linear(24, CLASSES)

    def forward(self, image: Any) -> Any:
        maps = functional.relu(self.bn(self.grouped(self.act(self.stem(image)))))
        maps = functional.relu(self.twice(functional.relu(self.mixed(maps))))
        return self.head(functional.leaky_relu(self.multiplied(maps), 0.1).mean((2, 3)))


class Chunked(nn.Module):
    """One convolution whose two halves go different ways."""

    def __init__(self) -> None:
        super().__init__()
        self.stem, self.bn = nn.Conv2d(3, 12, 3), nn.BatchNorm2d(12)
        self.left, self.right = nn.Conv2d(6, 4, 3), nn.Conv2d(6, 4, 1)
        self.head = nn.Linear(4, CLASSES)

    def forward(self, image: Any) -> Any:
        left, right = functional.relu(self.bn(self.stem(image))).chunk(2, 1)
        return self.head(self.left(left).mean((2, 3)) + self.right(right).mean((2, 3)))


class Flat(nn.Module):
    """A flattened map before dense layers, as in VGG; one of them has a batch norm."""

    def __init__(self) -> None:
        super().__init__()
        self.conv, self.dense, self.bn = nn.Conv2d(3, 6, 3, stride=4), nn.Linear(6 * 9, 8), nn.BatchNorm1d(8)
        self.head = nn.Linear(8, CLASSES)

    def forward(self, image: Any) -> Any:
        return self.head(functional.relu(self.bn(self.dense(functional.relu(self.conv(image)).flatten(1)))))


class Ghost(nn.Module):
    """Cheap copies beside their originals, summed with what came in: channels i and i + 4 go together."""

    def __init__(self) -> None:
        super().__init__()
        self.stem = nn.Conv2d(3, 8, 3, padding=1)
        self.primary, self.cheap = nn.Conv2d(8, 4, 1), nn.Conv2d(4, 4, 3, padding=1, groups=4)
        self.head = nn.Linear(8, CLASSES)

    def forward(self, image: Any) -> Any:
        maps = functional.relu(self.stem(image))
        primary = functional.relu(self.primary(maps))
        return self.head((maps + torch.cat([primary, self.cheap(primary)], 1)).mean((2, 3)))


class Upsampled(nn.Module):
    """Transposed convolutions, dense and depthwise, with instance norms."""

    def __init__(self) -> None:
        super().__init__()
        self.stem, self.norm = nn.Conv2d(3, 6, 3, stride=2), nn.InstanceNorm2d(6, affine=True)
        self.up, self.bn = nn.ConvTranspose2d(6, 8, 2, stride=2), nn.BatchNorm2d(8)
        self.each = nn.ConvTranspose2d(8, 8, 2, groups=8)
        self.head = nn.Linear(8, CLASSES)

    def forward(self, image: Any) -> Any:
        maps = functional.relu(self.norm(self.stem(image)))
        return self.head(functional.leaky_relu(self.each(functional.relu(self.bn(self.up(maps)))), 0.1).mean((2, 3)))


NETWORKS: tuple[Callable[[], nn.Module], ...] = (
    Residual,
    Dense,
    Inverted,
    Grouped,
    Chunked,
    Flat,
    Ghost,
    Upsampled,
)


def drawn(make: Callable[[], nn.Module], seed: int = 0) -> nn.Module:
    """A small network in float64 and eval mode whose weights and norms are drawn."""
    from edgewise.prune.architectures import randomise

    with torch.random.fork_rng():
        torch.manual_seed(seed)
        network = make().double().eval()
    randomise(network, seed)
    return network


def noise(images: int = 2, seed: int = 1) -> torch.Tensor:
    """Images of noise, float64 [n, 3, 12, 12]."""
    generator = torch.Generator().manual_seed(seed)
    return torch.randn(images, 3, SIZE_PX, SIZE_PX, generator=generator, dtype=torch.float64)
