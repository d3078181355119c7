"""Second moments of what a layer reads, and of what it should give: all that least squares needs to know of images."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Self

import torch
from torch import Tensor, nn
from torch.nn import functional

from edgewise.errors import ModelError
from edgewise.prune.precision import precision_for
from edgewise.prune.selective_layers import Selective

Layer = nn.Conv2d | nn.Linear
_MOST_STRETCHED = 3.0
_BLOCK = 512  # columns of a Gram matrix that are summed up at a time: a large one takes two thirds of the work so


def positions_of(shape: torch.Size, most: int, generator: torch.Generator) -> Tensor:
    """int64 [n, p]: of each of n outputs of `shape` [n, c, h, w] or [n, c], at most so many places, drawn at random."""
    places = int(torch.Size(shape[2:]).numel()) if len(shape) == 4 else 1
    if places <= most:
        return torch.arange(places).expand(shape[0], places)
    return torch.rand((shape[0], places), generator=generator).argsort(dim=1)[:, :most]


def outputs_at(outputs: Tensor, positions: Tensor) -> Tensor:
    """float32 [n * p, c] of `outputs` [n, c, h, w] or [n, c] at `positions` int64 [n, p]."""
    flat = outputs.flatten(2) if outputs.ndim == 4 else outputs[:, :, None]
    return _gathered(flat, positions)


def inputs_at(layer: Layer, inputs: Tensor, positions: Tensor) -> Tensor:
    """float32 [n * p, g, d]: what each output at `positions` int64 [n, p] is a weighted sum of.

    g is the layer's number of groups, d the inputs of each: channels * kernel height * kernel width, as in its weights.
    """
    if isinstance(layer, Selective):
        inputs = layer.taken(inputs)
    if isinstance(layer, nn.Linear):
        return inputs.flatten(1)[:, None] if inputs.ndim > 2 else inputs[:, None]
    if isinstance(layer.padding, str) or layer.padding_mode != "zeros":
        raise ModelError(
            f"A convolution pads with {layer.padding!r}, {layer.padding_mode}; its inputs cannot be read.",
            "Give the padding as numbers, and pad with zeros.",
        )
    (down, right), (step_y, step_x) = layer.kernel_size, layer.stride
    (pad_y, pad_x), (far_y, far_x) = layer.padding, layer.dilation
    padded = functional.pad(inputs, (pad_x, pad_x, pad_y, pad_y))
    width = (padded.shape[3] - far_x * (right - 1) - 1) // step_x + 1
    rows, columns = positions // width * step_y, positions % width * step_x
    flat = padded.flatten(2)
    taps = [
        _gathered(flat, (rows + y * far_y) * padded.shape[3] + columns + x * far_x)
        for y in range(down)
        for x in range(right)
    ]
    return torch.stack(taps, dim=2).reshape(len(taps[0]), layer.groups, -1)


def _gathered(flat: Tensor, positions: Tensor) -> Tensor:
    """float32 [n * p, c] of `flat` [n, c, places]."""
    index = positions[:, None].expand(-1, flat.shape[1], -1)
    return flat.gather(2, index).transpose(1, 2).reshape(-1, flat.shape[1]).float()


@dataclass(eq=False)
class Moments:
    """Sums over some thousands of places: of inputs times inputs and inputs times targets, a 1 as the last input."""

    upper: Tensor  # float32 [g, d + 1, d + 1]: of the symmetric sums the upper triangle, and what lies near it
    cross: Tensor  # float32 [g, d + 1, o / g]
    squares: float = 0.0  # of the targets
    count: int = 0

    @classmethod
    def of(cls, layer: Layer) -> Self:
        """None seen yet."""
        groups = layer.groups if isinstance(layer, nn.Conv2d) else 1
        inputs = layer.weight[0].numel() + 1
        return cls(torch.zeros(groups, inputs, inputs), torch.zeros(groups, inputs, len(layer.weight) // groups))

    def add(self, inputs: Tensor, targets: Tensor | None = None) -> None:
        """`inputs`: float32 [n, g, d]; `targets`: float32 [n, o], in the order of the layer's outputs."""
        by_group = functional.pad(inputs, (0, 1), value=1.0).transpose(0, 1)
        for begin in range(0, self.upper.shape[1], _BLOCK):
            block = slice(begin, begin + _BLOCK)
            self.upper[:, block, begin:].baddbmm_(by_group[:, :, block].transpose(1, 2), by_group[:, :, begin:])
        if targets is not None:
            wanted = targets.reshape(len(targets), len(self.cross), -1).transpose(0, 1)
            self.cross.baddbmm_(by_group.transpose(1, 2), wanted)
            self.squares += float(targets.double().square().sum())
        self.count += len(inputs)

    def __add__(self, other: Self) -> Self:
        """Of both sets of places."""
        return type(self)(
            self.upper + other.upper,
            self.cross + other.cross,
            self.squares + other.squares,
            self.count + other.count,
        )

    @property
    def gram(self) -> Tensor:
        """float32 [g, d + 1, d + 1]: the sums of inputs times inputs, both triangles."""
        return self.upper.triu() + self.upper.triu(1).transpose(1, 2)

    @property
    def variance(self) -> float:
        """Of the targets about their means, times the places."""
        means = self.cross[:, -1].double() / max(self.count, 1)
        return self.squares - self.count * float(means.square().sum())

    def missed(self, weights: Tensor, biases: Tensor) -> float:
        """The sum of squares by which a layer with these weights and biases misses the targets."""
        gram = self.gram.to(self._precision)
        groups, inputs = len(gram), gram.shape[1] - 1
        both = torch.cat([weights.reshape(groups, -1, inputs), biases.reshape(groups, -1, 1)], dim=2)
        wide = both.to(gram.dtype).transpose(1, 2)
        explained = (((gram @ wide) - 2 * self.cross.to(gram.dtype)) * wide).sum(dtype=torch.float64)
        return max(self.squares + float(explained), 0.0)

    def solve(self, layer: Layer, ridges: Sequence[float]) -> Iterator[tuple[Tensor, Tensor]]:
        """Weights like the layer's, and biases float32 [o], that miss the targets least in squares; for each ridge.

        A ridge draws the weights, by so many times the mean square of the inputs, to the layer's own, those of each
        output stretched so that they miss its target least: what is missing of the inputs has made the output smaller.
        """
        gram, cross = self.gram.to(self._precision) / self.count, self.cross.to(self._precision) / self.count
        groups, inputs = len(gram), gram.shape[1] - 1
        own = layer.weight.detach().to(gram.dtype).reshape(groups, -1, inputs).transpose(1, 2)
        own = functional.pad(own * _stretch(own, gram, cross), (0, 0, 0, 1))
        squares = gram.diagonal(dim1=1, dim2=2)[:, :-1].mean(dim=1, keepdim=True)
        for ridge in ridges:
            strength = functional.pad((ridge * squares).clamp(min=1e-12).expand(-1, inputs), (0, 1))
            found = _solved(gram + torch.diag_embed(strength), cross + strength[:, :, None] * own)
            weights = found[:, :-1].transpose(1, 2).reshape(layer.weight.shape)
            yield weights.to(layer.weight.dtype), found[:, -1].reshape(-1).to(layer.weight.dtype)

    @property
    def _precision(self) -> torch.dtype:
        return precision_for(self.upper.shape[1])


def _solved(held: Tensor, wanted: Tensor) -> Tensor:
    """By Cholesky's factors, in double where single precision does not do."""
    factor, failed = torch.linalg.cholesky_ex(held)
    if failed.any() and held.dtype == torch.float32:
        return _solved(held.double(), wanted.double()).float()
    return torch.linalg.solve(held, wanted) if failed.any() else torch.cholesky_solve(wanted, factor)


def _stretch(own: Tensor, gram: Tensor, cross: Tensor) -> Tensor:
    """[g, 1, o]: of least squares about the means, in one dimension for each output."""
    means = gram[:, -1, :-1, None]
    covariance = gram[:, :-1, :-1] - means * means.transpose(1, 2)
    wanted = cross[:, :-1] - means * cross[:, -1:]
    along = ((covariance @ own) * own).sum(dim=1, keepdim=True)
    found = (own * wanted).sum(dim=1, keepdim=True) / along.clamp(min=1e-30)
    return torch.where(along > 0, found.clamp(1 / _MOST_STRETCHED, _MOST_STRETCHED), 1.0)
