"""From the times of a network's layers to its own: what a profiler adds to each layer comes off again."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from edgewise.devices.layer import LayerTime

_LEAST = 0.25  # of its layers' times
_ROUNDS, _NEAR = 20, 0.01  # of reweighting; relative errors below which none matters less


class Timed(Protocol):
    """A network's layers, and its time by itself."""

    @property
    def layers(self) -> tuple[LayerTime, ...]: ...

    @property
    def ms(self) -> float: ...


@dataclass(frozen=True)
class Whole:
    """A network takes `scale` times its layers' times, less `added_ms` for each of them."""

    scale: float
    added_ms: float

    @classmethod
    def fit(cls, measured: Sequence[Timed]) -> "Whole":
        """To relative errors, least absolute ones: a network that was disturbed while it was timed decides nothing."""
        from scipy.optimize import nnls

        own = np.array([network.ms for network in measured])
        layers = np.array([sum(layer.ms for layer in network.layers) for network in measured])
        counts = np.array([len(network.layers) for network in measured])
        terms, weights = np.stack([layers, -counts], axis=1) / own[:, None], np.ones(len(own))
        scale = added_ms = 0.0
        for _ in range(_ROUNDS):
            scale, added_ms = nnls(terms * weights[:, None], weights)[0]
            weights = np.maximum(np.abs(terms @ [scale, added_ms] - 1), _NEAR) ** -0.5
        return cls(float(scale), float(added_ms))

    def ms(self, times: np.ndarray) -> float:
        """The network's, of those of its layers in ms, float64 [n]."""
        total = float(times.sum())
        return max(self.scale * total - self.added_ms * len(times), _LEAST * total)
