"""A layer's time as a sum of what it must do: start, multiply, move, read its weights.

Each kind of kernel has its own rates, none below zero, fitted to relative errors so that small layers count as much as
large ones.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from edgewise.devices.layer import LayerShape, LayerTime

LEAST_MS = 1e-4
_FEWEST = 3  # layers that rates are fitted to; fewer take those of their kind, else of all
_NAMED = ("elementwise", "reorder", "other")  # kinds whose operators have little in common


@dataclass(frozen=True, eq=False)
class Roofline:
    """Rates by kernel: ms, and ms for a million multiplications, bytes moved, weights, places of the output."""

    rates: dict[str, np.ndarray]

    @classmethod
    def fit(cls, layers: Sequence[LayerTime]) -> "Roofline":
        found: dict[str, list[LayerTime]] = {}
        for layer in layers:
            for name in names_of(layer):
                found.setdefault(name, []).append(layer)
        return cls({name: _rates(own) for name, own in found.items() if len(own) >= _FEWEST or name == ""})

    def ms(self, layers: Sequence[LayerShape]) -> np.ndarray:
        """float64 [n]"""
        rates = [next(self.rates[name] for name in names_of(layer) if name in self.rates) for layer in layers]
        return np.maximum(LEAST_MS, (_work(layers) * np.array(rates)).sum(axis=1))


def names_of(layer: LayerShape) -> tuple[str, str, str]:
    """Its kernel, its kind, and all layers: the first of which enough is known tells its rates."""
    operator = layer.operator.removesuffix("+Add")
    if layer.kind not in _NAMED:
        operator = "blocked" if operator.startswith("Nchwc") else "plain"
    return f"{layer.kind} {operator}", layer.kind, ""


def _work(layers: Sequence[LayerShape]) -> np.ndarray:
    """float64 [n, 5]"""
    done = [
        (layer.macs, layer.moved_bytes, layer.macs / max(1, layer.out_places), layer.out_places) for layer in layers
    ]
    return np.concatenate([np.ones((len(layers), 1)), np.array(done) / 1e6], axis=1)


def _rates(layers: Sequence[LayerTime]) -> np.ndarray:
    from scipy.optimize import nnls

    times = np.array([max(LEAST_MS, layer.ms) for layer in layers])
    return nnls(_work(layers) / times[:, None], np.ones(len(layers)))[0]
