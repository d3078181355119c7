"""Layers that train on block floating point: float32 weights are kept, and every product is the array's.

Needs the extra `torch`. Reading of the second paper: forward in int8, both gradients in BFP16, weights and their update
in float32 on the CPU.
"""

import copy
from typing import Any, get_args

import torch
from torch import Tensor, nn

from edgewise.accel.bfp_products import Forward, Numerics, convolved, multiplied
from edgewise.accel.blocks import BFP16, BlockFormat
from edgewise.accel.convolution import Convolution, Pair
from edgewise.errors import UsageError

_ONE_WAY = "Leave it to the CPU, or write it as a plain one."


class BfpConv2d(nn.Module):
    """A convolution by the array's products: float32 [n, takes, h, w] to [n, gives, ...]. See `bfp_products`.

    Its parameters are those of the layer that it was made of; any optimiser updates them. `seed`: of stochastic
    rounding.
    """

    weight: Tensor
    bias: Tensor | None

    def __init__(
        self,
        weight: Tensor,
        bias: Tensor | None,
        stride: Pair,
        padding: Pair,
        dilation: Pair,
        groups: int,
        numerics: Numerics,
    ) -> None:
        super().__init__()
        self.weight = weight
        self.register_parameter("bias", None)
        self.bias = bias
        self.stride, self.padding, self.dilation, self.groups = stride, padding, dilation, groups
        self.numerics = numerics

    @classmethod
    def of(cls, layer: nn.Conv2d, format: BlockFormat = BFP16, forward: Forward = "int8", seed: int = 0) -> "BfpConv2d":
        """Takes over the parameters of a layer, which shares them from then on.

        Raises `UsageError` for padding that is not of zeros, or more of them on one side than on the other; for
        parameters that are not float32; for a `forward` that there is not.
        """
        numerics = _numerics(layer, format, forward, seed)
        (down, across), dilation = _pair(layer.stride), _pair(layer.dilation)
        made = cls(layer.weight, layer.bias, (down, across), _padding(layer), dilation, layer.groups, numerics)
        return made.train(layer.training)

    def forward(self, given: Tensor) -> Tensor:
        """Raises `UsageError` for what is not float32 [n, takes, h, w], or smaller than the kernel.

        And `OutputError` for what is not finite, forward and backward.
        """
        gives, own, height, width = self.weight.shape
        takes = own * self.groups
        if given.ndim != 4 or given.shape[1] != takes or given.dtype != torch.float32:
            raise UsageError(f"The layer takes float32 [n, {takes}, h, w], not {_told(given)}.")
        size = given.shape[2], given.shape[3]
        along = (self.stride, self.padding, self.dilation)
        layer = Convolution("layer", len(given), takes, gives, size, (height, width), *along, self.groups)
        return convolved(given, self.weight, self.bias, layer, self.numerics)

    def extra_repr(self) -> str:
        return f"{tuple(self.weight.shape)}, stride={self.stride}, groups={self.groups}, {_words(self.numerics)}"


class BfpLinear(nn.Module):
    """A dense layer by the array's products: float32 [..., takes] to [..., gives]. See `bfp_products`.

    All but the last axis are rows of one product: the weights' gradient has its blocks along them.
    """

    weight: Tensor
    bias: Tensor | None

    def __init__(self, weight: Tensor, bias: Tensor | None, numerics: Numerics) -> None:
        super().__init__()
        self.weight = weight
        self.register_parameter("bias", None)
        self.bias = bias
        self.numerics = numerics

    @classmethod
    def of(cls, layer: nn.Linear, format: BlockFormat = BFP16, forward: Forward = "int8", seed: int = 0) -> "BfpLinear":
        """Takes over the parameters of a layer, which shares them from then on.

        Raises `UsageError` for parameters that are not float32 and for a `forward` that there is not.
        """
        return cls(layer.weight, layer.bias, _numerics(layer, format, forward, seed)).train(layer.training)

    def forward(self, given: Tensor) -> Tensor:
        """Raises `UsageError` for what is not float32 [..., takes], `OutputError` as `BfpConv2d` does."""
        gives, takes = self.weight.shape
        if given.ndim < 1 or given.shape[-1] != takes or given.dtype != torch.float32:
            raise UsageError(f"The layer takes float32 [..., {takes}], not {_told(given)}.")
        made = multiplied(given.reshape(-1, takes), self.weight, self.bias, self.numerics)
        return made.view(*given.shape[:-1], gives)

    def extra_repr(self) -> str:
        return f"{tuple(self.weight.shape)}, {_words(self.numerics)}"


def with_bfp(network: nn.Module, format: BlockFormat = BFP16, forward: Forward = "int8", *, seed: int = 0) -> nn.Module:
    """A copy of a network whose `nn.Conv2d` and `nn.Linear` are the array's; with its parameters' names and values.

    All else stays float32: batch norm, activations, and whatever multiplies without such a layer (functional calls,
    convolutions of one or three dimensions). The copy's weights lie in memory with their channels last, as the products
    want them. Each layer draws numbers of its own for stochastic rounding, from `seed` and its place.
    Raises `UsageError` for a network that has no such layer, for a layer whose class computes something else than those
    two do, and as `BfpConv2d.of` does; each names the layer.
    """
    made: Any = copy.deepcopy(network)
    made = made.to(memory_format=torch.channels_last)
    found = [(path, one) for path, one in made.named_modules() if isinstance(one, nn.Conv2d | nn.Linear)]
    if not found:
        raise UsageError("The network has no convolution of two dimensions and no dense layer.")
    taken = {}
    for place, (path, layer) in enumerate(found):
        try:
            taken[layer] = _taken_over(layer, format, forward, seed + place)
        except UsageError as error:
            raise UsageError(f"{path or 'The network'}: {error.message}", error.hint) from error
    if made in taken:
        return taken[made]
    for owner in list(made.modules()):
        for name, layer in list(owner._modules.items()):
            if layer in taken:
                owner._modules[name] = taken[layer]
    return made


def _taken_over(layer: nn.Conv2d | nn.Linear, format: BlockFormat, forward: Forward, seed: int) -> nn.Module:
    kind = nn.Conv2d if isinstance(layer, nn.Conv2d) else nn.Linear
    if type(layer).forward is not kind.forward:
        raise UsageError(f"{type(layer).__name__} computes something else than {kind.__name__}.", _ONE_WAY)
    if isinstance(layer, nn.Conv2d):
        return BfpConv2d.of(layer, format, forward, seed)
    return BfpLinear.of(layer, format, forward, seed)


def _numerics(layer: nn.Conv2d | nn.Linear, format: BlockFormat, forward: Forward, seed: int) -> Numerics:
    if forward not in get_args(Forward):
        raise UsageError(f"Forward is {forward!r}; it must be one of {', '.join(get_args(Forward))}.")
    for name, parameter in layer.named_parameters():
        if parameter.dtype != torch.float32:
            raise UsageError(f"Its {name} is {parameter.dtype}; it must be torch.float32.", "Call float() on it first.")
    return Numerics(format, forward, torch.Generator().manual_seed(seed))


def _padding(layer: nn.Conv2d) -> Pair:
    if layer.padding_mode != "zeros":
        raise UsageError(f"It pads by {layer.padding_mode!r}; it must be by zeros.", _ONE_WAY)
    if layer.padding == "valid":
        return 0, 0
    if layer.padding != "same":
        return _pair(layer.padding)  # type: ignore[arg-type]
    both = [gap * (taps - 1) for gap, taps in zip(layer.dilation, layer.kernel_size, strict=True)]
    if any(one % 2 for one in both):
        raise UsageError(f"A kernel of {layer.kernel_size} is padded more on one side than on the other.", _ONE_WAY)
    return both[0] // 2, both[1] // 2


def _pair(values: tuple[int, ...]) -> Pair:
    return values[0], values[1]


def _told(given: Tensor) -> str:
    return f"{str(given.dtype).removeprefix('torch.')} {list(given.shape)}"


def _words(numerics: Numerics) -> str:
    format = numerics.format
    return f"{format.mantissa_bits} bits in blocks of {format.block}, forward={numerics.forward!r}"
