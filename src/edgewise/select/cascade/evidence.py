"""What a search over cascades looks at: how sure each possible answer of a stage is, and whether it is right."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from edgewise.select.cascade.calibrated import CalibratedZoo
from edgewise.select.cascade.signals import Signal, signal_of
from edgewise.select.cascade.weights import weighted_mean
from edgewise.select.rightness import right_in_top

_CHUNK_VALUES = 65_536  # probabilities of one model held at once; all models' stay in a processor's cache


@dataclass(frozen=True)
class Blend:
    """Models whose probabilities are averaged, in the order in which they are summed, and what each counts."""

    models: tuple[int, ...]
    weights: tuple[float, ...]  # of sum 1

    @classmethod
    def of(cls, model: int) -> "Blend":
        """One model alone."""
        return cls((model,), (1.0,))

    def counts(self, models: tuple[int, ...]) -> tuple[float, ...]:
        """The weights in another order of its models."""
        return tuple(self.weights[self.models.index(model)] for model in models)


@dataclass(frozen=True, eq=False)
class Evidence:
    """n answers of one blend."""

    confidence: Mapping[Signal, np.ndarray]  # float32 [n] each
    right: np.ndarray  # bool [n]
    own: np.ndarray  # float32 [n]: the probability of the label


def gather(
    zoo: CalibratedZoo, labels: np.ndarray, blends: Sequence[Blend], signals: Sequence[Signal], top_k: int
) -> dict[Blend, Evidence]:
    """The evidence of each blend, some rows at a time."""
    found = {blend: _empty(len(labels), signals) for blend in blends}
    needed = sorted({model for blend in blends for model in blend.models})
    chunk = max(1, _CHUNK_VALUES // zoo.classes)
    for start in range(0, len(labels), chunk):
        rows = slice(start, start + chunk)
        single = {model: zoo.probabilities(model, rows) for model in needed}
        for blend, evidence in found.items():
            answer = single[blend.models[0]]
            if len(blend.models) > 1:
                answer = weighted_mean([single[model] for model in blend.models], blend.weights)
            for signal, confidence in evidence.confidence.items():
                confidence[rows] = signal_of(answer, signal)
            evidence.right[rows] = right_in_top(answer, labels[rows], top_k)
            evidence.own[rows] = answer[np.arange(len(answer)), labels[rows]]
    return found


def _empty(images: int, signals: Sequence[Signal]) -> Evidence:
    confidence: dict[Signal, np.ndarray] = {signal: np.empty(images, np.float32) for signal in signals}
    return Evidence(confidence, np.empty(images, bool), np.empty(images, np.float32))
