"""How long a layer takes that nobody ran: by its kernel's rates, set right by the measured layers that it is like.

The rates are a roofline's (`Roofline`); what they miss is a Gaussian process over the logarithms of the layer's sides,
one for each kernel. A layer of which one of the same shape was measured gets nearly that one's time, one that is like
none gets the roofline's.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from edgewise.devices.layer import LayerShape, LayerTime
from edgewise.devices.roofline import LEAST_MS, Roofline, names_of


class LayerModel(Protocol):
    """Foretells layers of one device."""

    def ms(self, layers: Sequence[LayerShape]) -> np.ndarray:
        """float64 [n]"""
        ...


class FitLayers(Protocol):
    """Makes a model of measured layers."""

    def __call__(self, layers: Sequence[LayerTime]) -> LayerModel: ...


@dataclass(frozen=True)
class Likeness:
    """How the error of the roofline at one layer tells of that at another."""

    reach: float = 4.0  # e-foldings of its sides over which it does
    spread: float = 0.7  # of the logarithm of the error
    noise: float = 0.2  # of the logarithm of one measured time

    def fit(self, layers: Sequence[LayerTime]) -> "LikeLayers":
        """Raises nothing: a few layers are enough for something, more for something better."""
        base = Roofline.fit(layers)
        found: dict[str, list[LayerTime]] = {}
        for layer in layers:
            found.setdefault(names_of(layer)[0], []).append(layer)
        return LikeLayers(base, self, {name: self._known(base, own) for name, own in found.items()})

    def _known(self, base: Roofline, layers: Sequence[LayerTime]) -> tuple[np.ndarray, np.ndarray]:
        from scipy.linalg import cho_factor, cho_solve

        error = np.log([max(LEAST_MS, layer.ms) for layer in layers]) - np.log(base.ms(layers))
        # Layers of one shape are one whose error is known the better: the same process, and a smaller matrix.
        sides, places, counts = np.unique(_sides(layers), axis=0, return_inverse=True, return_counts=True)
        mean = np.bincount(places.ravel(), error) / counts
        like = self.between(sides, sides)
        like[np.diag_indices_from(like)] += self.noise**2 / counts
        return sides, cho_solve(cho_factor(like), mean)

    def between(self, one: np.ndarray, other: np.ndarray) -> np.ndarray:
        """float64 [n, m] of sides float64 [n, d] and [m, d]: a Matern kernel of order one half."""
        from scipy.spatial.distance import cdist

        return self.spread**2 * np.exp(-cdist(one, other) / self.reach)


@dataclass(frozen=True, eq=False)
class LikeLayers:
    """A fitted model."""

    base: Roofline
    likeness: Likeness
    known: dict[str, tuple[np.ndarray, np.ndarray]]  # by kernel: sides of its layers, and what each of them weighs

    def ms(self, layers: Sequence[LayerShape]) -> np.ndarray:
        """float64 [n]"""
        found = self.base.ms(layers)
        kernels = np.array([names_of(layer)[0] for layer in layers])
        for name in set(kernels.tolist()) & self.known.keys():
            places: list[int] = np.flatnonzero(kernels == name).tolist()
            sides, weights = self.known[name]
            like = self.likeness.between(_sides([layers[place] for place in places]), sides)
            found[places] *= np.exp(like @ weights)
        return found


def _sides(layers: Sequence[LayerShape]) -> np.ndarray:
    """float64 [n, d]: logarithms, and what else a kernel minds."""
    return np.array(
        [
            (
                np.log(layer.in_channels),
                np.log(layer.out_channels),
                np.log(layer.in_places),
                np.log(layer.out_places),
                np.log(layer.kernel_height * layer.kernel_width),
                np.log(layer.groups),
                0.5 * layer.operator.endswith("+Add"),
                layer.in_channels % _BLOCK != 0,
                layer.out_channels % _BLOCK != 0,
            )
            for layer in layers
        ],
        np.float64,
    )


_BLOCK = 16  # channels that wide kernels take at once
