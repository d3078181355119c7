"""Convolutions carried out as their products of matrices, by whatever multiplies. NumPy alone."""

from collections.abc import Callable

import numpy as np

from edgewise.accel.convolution import Convolution, Phase

Product = Callable[[np.ndarray, np.ndarray], np.ndarray]  # [m, k] and [k, n] to [m, n]


def forward(layer: Convolution, given: np.ndarray, weights: np.ndarray, product: Product = np.matmul) -> np.ndarray:
    """float [batch, gives, ...], of the input [batch, takes, ...] and the weights [gives, takes / groups, ...]."""
    found = [
        product(columns, kernels.reshape(len(kernels), -1).T)
        for columns, kernels in zip(_columns(layer, given), np.split(weights, layer.groups), strict=True)
    ]
    return _as_images(layer, np.concatenate(found, axis=1))


def weight_gradient(
    layer: Convolution, given: np.ndarray, gradient: np.ndarray, product: Product = np.matmul
) -> np.ndarray:
    """float [gives, takes / groups, ...], of the input and the gradient of the output [batch, gives, ...]."""
    found = [
        product(columns.T, _as_rows(part)).T.reshape(part.shape[1], -1, *layer.kernel)
        for columns, part in zip(_columns(layer, given), np.split(gradient, layer.groups, axis=1), strict=True)
    ]
    return np.concatenate(found)


def input_gradient(
    layer: Convolution, gradient: np.ndarray, weights: np.ndarray, product: Product = np.matmul
) -> np.ndarray:
    """float [batch, takes, ...], of the gradient of the output and the weights; a product for each phase and group."""
    parts, kernels = np.split(gradient, layer.groups, axis=1), np.split(weights, layer.groups)
    found = np.zeros((layer.batch, layer.takes, *layer.size), gradient.dtype)
    own = layer.takes // layer.groups
    rows, columns = layer.phases
    for group, (part, kernel) in enumerate(zip(parts, kernels, strict=True)):
        channels = range(group * own, (group + 1) * own)
        for row in rows:
            for column in columns:
                reached = _reached(layer, _reached(layer, part, 0, row), 1, column)
                left = reached.transpose(0, 3, 5, 1, 2, 4)  # batch, height, width, channels, taps along both
                right = kernel[:, :, row.taps][..., column.taps].transpose(0, 2, 3, 1)
                made = product(left.reshape(-1, np.prod(left.shape[3:])), right.reshape(-1, own))
                shape = (layer.batch, len(row.places), len(column.places), own)
                places = np.ix_(range(layer.batch), channels, row.places, column.places)
                found[places] = made.reshape(shape).transpose(0, 3, 1, 2)
    return found


def _reached(layer: Convolution, values: np.ndarray, axis: int, phase: Phase) -> np.ndarray:
    """The output's values that each tap of a phase brings to each of its input places; 0 beyond the border.

    The axis becomes two, taps and places: of [batch, gives, height, width] the height first, and then the width.
    """
    step, pad, gap = layer.stride[axis], layer.padding[axis], layer.dilation[axis]
    size, dimension = layer.gives_size[axis], 2 + 2 * axis
    at = (np.array(phase.places)[None] + pad - gap * np.array(phase.taps)[:, None]) // step
    taken = np.take(values, np.clip(at, 0, size - 1), axis=dimension)
    inside = ((at >= 0) & (at < size)).reshape(at.shape + (1,) * (values.ndim - 1 - dimension))
    return taken * inside


def _columns(layer: Convolution, given: np.ndarray) -> list[np.ndarray]:
    """float [pixels, taps] of each group: what each output pixel sees."""
    padded = np.pad(given, ((0, 0), (0, 0), *((pad, pad) for pad in layer.padding)))
    for axis in range(2):
        at = layer.stride[axis] * np.arange(layer.gives_size[axis])[None]
        at = at + layer.dilation[axis] * np.arange(layer.kernel[axis])[:, None]
        padded = np.take(padded, at, axis=2 + 2 * axis)  # taps, places
    taps = layer.kernel[0] * layer.kernel[1]
    parts = np.split(padded.transpose(0, 3, 5, 1, 2, 4), layer.groups, axis=3)
    return [part.reshape(-1, part.shape[3] * taps) for part in parts]


def _as_rows(images: np.ndarray) -> np.ndarray:
    """float [pixels, channels]"""
    return images.transpose(0, 2, 3, 1).reshape(-1, images.shape[1])


def _as_images(layer: Convolution, rows: np.ndarray) -> np.ndarray:
    return rows.reshape(layer.batch, *layer.gives_size, layer.gives).transpose(0, 3, 1, 2)
