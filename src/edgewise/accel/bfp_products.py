"""The three products of a layer as the array would compute them: int8 or blocks forward, blocks for both gradients.

Needs the extra `torch`. Mantissas and what they stand for are exact; sums are in float32, in whatever order PyTorch
adds them up.
Reading: the array's reduction runs tap by tap with the channels innermost (NHWC), so that a block is of channels of one
pixel, and a tensor is converted once for each product: the input and the weights along the input channels forward, the
output's gradient and the weights along the output channels for the input's gradient. For the weights' gradient the
reduction is along the output's pixels (image, row, column), and the input's columns are put into blocks anew for each
tap. Groups have blocks of their own. The bias and its gradient are float32's, as the CPU keeps them.
Reading: both gradients are of the float32 input and weights in blocks, whatever came forward; rounding is passed over
(straight-through: Bengio et al. 2013, "Estimating or Propagating Gradients Through Stochastic Neurons").
"""

from dataclasses import dataclass
from typing import Any, Literal

import torch
from torch import Tensor
from torch.autograd.function import once_differentiable
from torch.nn import functional

from edgewise.accel.blocks import BlockFormat
from edgewise.accel.convolution import Convolution
from edgewise.accel.rounded import in_blocks, in_steps

Forward = Literal["int8", "bfp", "float"]
_LAST = torch.channels_last


@dataclass(frozen=True)
class Numerics:
    """What a layer's products are computed in."""

    format: BlockFormat  # of both gradients, and forward where that is "bfp"
    forward: Forward  # int8: weights per output channel, the input in steps of the batch's greatest number
    generator: torch.Generator  # of stochastic rounding


def convolved(given: Tensor, weight: Tensor, bias: Tensor | None, layer: Convolution, by: Numerics) -> Tensor:
    """float32 [batch, gives, height, width], of [batch, takes, ...] and weights [gives, takes / groups, ...].

    The gradient cannot be differentiated again. Raises `OutputError` for what is not finite, forward and backward.
    """
    return _Convolved.apply(given, weight, bias, layer, by)  # type: ignore[no-any-return]


def multiplied(given: Tensor, weight: Tensor, bias: Tensor | None, by: Numerics) -> Tensor:
    """float32 [n, gives], of [n, takes] and weights [gives, takes]; the weights' gradient has blocks along n.

    Raises what `convolved` does.
    """
    return _Multiplied.apply(given, weight, bias, by)  # type: ignore[no-any-return]


class _Convolved(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, given: Tensor, weight: Tensor, bias: Tensor | None, layer: Convolution, by: Numerics) -> Any:
        given, weight = given.contiguous(memory_format=_LAST), weight.contiguous(memory_format=_LAST)
        ctx.save_for_backward(given, weight)
        ctx.layer, ctx.by = layer, by
        how = (layer.stride, layer.padding, layer.dilation, layer.groups)
        if by.forward == "int8":
            (given, step), (weight, steps) = in_steps(given), in_steps(weight, per_channel=True)
            made = functional.conv2d(given, weight, None, *how).mul_((step * steps).view(-1, 1, 1))
            return made if bias is None else made.add_(bias.view(-1, 1, 1))
        if by.forward == "bfp":
            given = _along_channels(given, layer.groups, by)
            weight = _along_channels(weight, 1, by)
        return functional.conv2d(given, weight, bias, *how)

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, gradient: Tensor) -> Any:  # type: ignore[override]
        given, weight = ctx.saved_tensors
        layer, by = ctx.layer, ctx.by
        gradient = gradient.contiguous(memory_format=_LAST)
        wanted = ctx.needs_input_grad
        of_given = _input_gradient(gradient, given, weight, layer, by) if wanted[0] else None
        of_weight = _weight_gradient(gradient, given, layer, by) if wanted[1] else None
        of_bias = gradient.sum((0, 2, 3)) if wanted[2] else None
        return of_given, of_weight, of_bias, None, None


class _Multiplied(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, given: Tensor, weight: Tensor, bias: Tensor | None, by: Numerics) -> Any:
        ctx.save_for_backward(given, weight)
        ctx.by = by
        if by.forward == "int8":
            (given, step), (weight, steps) = in_steps(given), in_steps(weight, per_channel=True)
            made = functional.linear(given, weight).mul_(step * steps)
            return made if bias is None else made.add_(bias)
        if by.forward == "bfp":
            given, weight = (_blocked(one.unsqueeze(2), by).squeeze(2) for one in (given, weight))
        return functional.linear(given, weight, bias)

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, gradient: Tensor) -> Any:  # type: ignore[override]
        given, weight = ctx.saved_tensors
        by, wanted = ctx.by, ctx.needs_input_grad
        of_given = of_weight = None
        if wanted[0]:
            of_given = _blocked(gradient.unsqueeze(2), by).squeeze(2) @ _blocked(weight[None], by)[0]
        if wanted[1]:
            of_weight = _blocked(gradient[None], by)[0].T @ _blocked(given[None], by)[0]
        return of_given, of_weight, gradient.sum(0) if wanted[2] else None, None


def _input_gradient(gradient: Tensor, given: Tensor, weight: Tensor, layer: Convolution, by: Numerics) -> Tensor:
    gives, own, *taps = weight.shape
    outputs = weight.permute(0, 2, 3, 1).reshape(layer.groups, gives // layer.groups, -1)
    blocked = _blocked(outputs, by).view(gives, *taps, own).permute(0, 3, 1, 2)
    left = _along_channels(gradient, layer.groups, by)
    along = (layer.stride, layer.padding, layer.dilation)
    backward = torch.ops.aten.convolution_backward
    return backward(left, given, blocked, None, *along, False, (0, 0), layer.groups, (True, False, False))[0]


def _weight_gradient(gradient: Tensor, given: Tensor, layer: Convolution, by: Numerics) -> Tensor:
    """A row of taps at a time: their columns lie side by side in memory."""
    height, width = layer.kernel
    own, groups = layer.takes // layer.groups, layer.groups
    pixels = gradient.permute(0, 2, 3, 1).reshape(1, -1, layer.gives)
    left = _blocked(pixels, by).view(-1, groups, layer.gives // groups)
    found = given.new_empty(layer.gives, height, width, own)
    padded = given
    if any(layer.padding):
        down, across = layer.padding
        padded = functional.pad(given, (across, across, down, down)).contiguous(memory_format=_LAST)
    for row in range(height):
        columns = _columns(padded, layer, row)
        copied = columns.untyped_storage().data_ptr() != padded.untyped_storage().data_ptr()
        columns = in_blocks(columns, by.format, by.generator, in_place=copied)
        if groups == 1:
            made = left.flatten(1).T @ columns[0]
        elif own == 1 and layer.gives == groups:
            made = columns.view(-1, width, groups).mul_(left.transpose(1, 2)).sum(0).T
        else:
            made = torch.einsum("pgo,ptgi->goti", left, columns.view(-1, width, groups, own))
        found[:, row] = made.reshape(layer.gives, width, own)
    return found.permute(0, 3, 1, 2)


def _columns(padded: Tensor, layer: Convolution, row: int) -> Tensor:
    """[1, pixels, taps of the row x channels]: what each output pixel sees through one row of taps."""
    batch, channels, height, width = padded.shape
    down, across = layer.stride
    gap_down, gap_across = layer.dilation
    line = width * channels
    shape = (batch, *layer.gives_size, layer.kernel[1], channels)
    steps = (height * line, down * line, across * channels, gap_across * channels, 1)
    places = padded.permute(0, 2, 3, 1).as_strided(shape, steps, padded.storage_offset() + row * gap_down * line)
    return places.reshape(1, -1, layer.kernel[1] * channels)


def _along_channels(images: Tensor, groups: int, by: Numerics) -> Tensor:
    """[n, channels, height, width], channels last, in blocks along the channels of each group."""
    last = images.permute(0, 2, 3, 1)
    rows = last.reshape(-1, images.shape[1] // groups, 1)
    return _blocked(rows, by).view(last.shape).permute(0, 3, 1, 2)


def _blocked(values: Tensor, by: Numerics) -> Tensor:
    return in_blocks(values, by.format, by.generator)
