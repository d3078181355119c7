"""Take channels out of one layer, or silence them in full width."""

from typing import TYPE_CHECKING, Any

import numpy as np

from edgewise.prune.groups import Loss

if TYPE_CHECKING:
    from torch import Tensor

_NORMS = ("weight", "bias", "running_mean", "running_var")


def cut_layer(layer: Any, loss: Loss) -> None:
    """Make a layer smaller, in place; what stays of its numbers stays as it is, to the bit."""
    torch = _torch()
    if isinstance(layer, torch.nn.modules.conv._ConvNd):
        _cut_convolution(layer, loss)
    elif isinstance(layer, torch.nn.Linear):
        for name, axis, gone in (("weight", 0, loss.outputs), ("weight", 1, loss.inputs), ("bias", 0, loss.outputs)):
            _take(layer, name, axis, gone)
        layer.out_features -= len(loss.outputs)
        layer.in_features -= len(loss.inputs)
    elif isinstance(layer, torch.nn.PReLU):
        _take(layer, "weight", 0, loss.passing)
        layer.num_parameters -= len(loss.passing)
    else:
        for name in _NORMS:
            _take(layer, name, 0, loss.passing)
        layer.num_features -= len(loss.passing)


def silence_layer(layer: Any, loss: Loss) -> None:
    """Zero the channels that a layer would lose on its output side, in place: weights, biases and norm statistics."""
    torch = _torch()
    gone = np.concatenate([loss.outputs, loss.passing])
    transposed = isinstance(layer, torch.nn.modules.conv._ConvTransposeNd)
    with torch.no_grad():
        if transposed and layer.groups == 1:
            layer.weight[:, torch.from_numpy(gone)] = 0
        elif transposed:
            layer.weight[torch.from_numpy(_inputs_of(layer, gone))] = 0
        for name in _NORMS:
            numbers = getattr(layer, name, None)
            if numbers is not None and not (transposed and name == "weight"):
                numbers[torch.from_numpy(gone)] = 0


def channels_of(layer: Any) -> tuple[int, int]:
    """How many channels a layer takes, and how many it gives; zeros where it has no channels of its own."""
    torch = _torch()
    if isinstance(layer, torch.nn.modules.conv._ConvNd):
        return layer.in_channels, layer.out_channels
    if isinstance(layer, torch.nn.Linear):
        return layer.in_features, layer.out_features
    if isinstance(layer, torch.nn.PReLU):
        own = layer.num_parameters if layer.num_parameters > 1 else 0  # one slope serves all channels
        return own, own
    if isinstance(layer, torch.nn.modules.batchnorm._NormBase):
        return layer.num_features, layer.num_features
    return 0, 0


def _cut_convolution(layer: Any, loss: Loss) -> None:
    """A grouped one loses whole groups, with their inputs."""
    wide_in, wide_out, groups = layer.in_channels, layer.out_channels, layer.groups
    outputs = np.concatenate([loss.outputs, loss.passing])
    inputs = _inputs_of(layer, loss.passing) if groups > 1 else loss.inputs
    layer.groups = groups - len(outputs) * groups // wide_out if groups > 1 else 1
    if layer.transposed:
        _take(layer, "weight", 0, inputs)
        if groups == 1:
            _take(layer, "weight", 1, outputs)
    else:
        _take(layer, "weight", 0, outputs)
        if groups == 1:
            _take(layer, "weight", 1, inputs)
    _take(layer, "bias", 0, outputs)
    layer.in_channels, layer.out_channels = wide_in - len(inputs), wide_out - len(outputs)


def _inputs_of(layer: Any, outputs: np.ndarray) -> np.ndarray:
    """The inputs of the groups of a convolution whose outputs these are."""
    gives, takes = layer.out_channels // layer.groups, layer.in_channels // layer.groups
    return (np.unique(outputs // gives)[:, None] * takes + np.arange(takes)).ravel()


def _take(layer: Any, name: str, axis: int, gone: np.ndarray) -> None:
    """Take slices out of a parameter or a buffer; one that a layer does without stays away."""
    torch = _torch()
    numbers: Tensor | None = getattr(layer, name, None)
    if numbers is None or not len(gone):
        return
    kept = torch.from_numpy(np.setdiff1d(np.arange(numbers.shape[axis]), gone))
    smaller = numbers.detach().index_select(axis, kept.to(numbers.device))
    if numbers.dim() == 4 and numbers.is_contiguous(memory_format=torch.channels_last):
        smaller = smaller.contiguous(memory_format=torch.channels_last)
    if isinstance(numbers, torch.nn.Parameter):
        smaller = torch.nn.Parameter(smaller, requires_grad=numbers.requires_grad)
    setattr(layer, name, smaller)


def _torch() -> Any:
    import torch

    return torch
