"""A small convolutional network as a premodel: it sees a thumbnail in the place of features. NumPy alone."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from edgewise.errors import UsageError
from edgewise.select.calibration import softmax
from edgewise.select.premodel.chooser import Choices

KIND = "cnn"
SIZE_PX = 32


@dataclass(frozen=True, eq=False)
class Cnn:
    """A `Chooser`: 3x3 convolutions of stride 2 with ReLU, the mean over all positions, and a linear layer.

    It takes the 32 x 32 x 3 values, 0 to 255, of a thumbnail, row by row with the channels last, and has a class for
    each model and one for "all will fail"; the scores are their probabilities.
    Source: Taylor et al. 2018, Figure 10, which has a CNN beside the chains and does not describe it.
    """

    kernels: tuple[np.ndarray, ...]  # float32 [out, in, 3, 3] of each layer
    biases: tuple[np.ndarray, ...]  # float32 [out] of each layer
    head: np.ndarray  # float32 [levels + 1, channels]
    head_bias: np.ndarray  # float32 [levels + 1]

    @property
    def kind(self) -> str:
        return KIND

    @property
    def levels(self) -> int:
        return len(self.head_bias) - 1

    @property
    def width(self) -> int:
        return SIZE_PX * SIZE_PX * 3

    def choose(self, features: np.ndarray) -> Choices:
        """The likeliest class of each thumbnail [n, 3072]."""
        features = np.asarray(features, np.float64)
        if features.ndim != 2 or features.shape[1] != self.width:
            raise UsageError(f"Thumbnails must be [rows, {self.width}]; their shape is {features.shape}.")
        if not np.isfinite(features).all():
            raise UsageError("A pixel is NaN or infinite.", "Pixels of a decoded image never are: check the input.")
        logits = np.empty((len(features), self.levels + 1), np.float32)
        # One at a time: a matrix product may round differently in another company.
        for row, thumbnail in enumerate(features):
            logits[row] = self.logits(thumbnail)
        return Choices(logits.argmax(axis=1), softmax(logits).astype(np.float64))

    def logits(self, thumbnail: np.ndarray) -> np.ndarray:
        """float32 [levels + 1] of one thumbnail [3072]."""
        values = scaled(thumbnail).reshape(SIZE_PX, SIZE_PX, 3).transpose(2, 0, 1)
        for kernel, bias in zip(self.kernels, self.biases, strict=True):
            values = np.maximum(_convolve(values, kernel, bias), 0)
        return self.head @ values.mean(axis=(1, 2)) + self.head_bias

    def why(self, choices: Choices, row: int, model: str) -> str:
        share = float(choices.scores[row, choices.level[row]])
        return f"the network that sees the thumbnail gives {model} {100 * share:.0f}%"

    def state(self) -> tuple[Mapping[str, Any], Mapping[str, np.ndarray]]:
        arrays = {"head": self.head, "head_bias": self.head_bias}
        for layer, (kernel, bias) in enumerate(zip(self.kernels, self.biases, strict=True)):
            arrays |= {f"kernel{layer}": kernel, f"bias{layer}": bias}
        return {"layers": len(self.kernels)}, arrays

    @classmethod
    def from_state(cls, values: Mapping[str, Any], arrays: Mapping[str, np.ndarray]) -> Self:
        """The inverse of `state`. Raises `KeyError` or `TypeError` when the two do not fit."""
        layers = range(int(values["layers"]))
        kernels = tuple(arrays[f"kernel{layer}"] for layer in layers)
        return cls(kernels, tuple(arrays[f"bias{layer}"] for layer in layers), arrays["head"], arrays["head_bias"])


def scaled(thumbnail: np.ndarray) -> np.ndarray:
    """Pixel values 0 to 255 as the network takes them: float32, -1 to 1."""
    return (np.asarray(thumbnail, np.float64) / 127.5 - 1).astype(np.float32)


def _convolve(values: np.ndarray, kernel: np.ndarray, bias: np.ndarray) -> np.ndarray:
    """float32 [in, h, w] -> [out, h / 2, w / 2]: 3x3, stride 2, one row and column of zeros around."""
    padded = np.pad(values, ((0, 0), (1, 1), (1, 1)))
    windows = sliding_window_view(padded, (3, 3), axis=(1, 2))[:, ::2, ::2]  # [in, h / 2, w / 2, 3, 3]
    height, width = windows.shape[1:3]
    columns = windows.transpose(0, 3, 4, 1, 2).reshape(-1, height * width)
    product = kernel.reshape(len(kernel), -1) @ columns
    return (product + bias[:, None]).reshape(-1, height, width)
