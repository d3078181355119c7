"""What every answer that a router may give was worth on the images that it learns from."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from edgewise.select.calibration import fit_temperature, softmax
from edgewise.select.criterion import Criterion, image_weights, top_k
from edgewise.select.rightness import right_in_top
from edgewise.select.router.foresight import mean_of
from edgewise.select.trials import Trials

_CHUNK_VALUES = 1_000_000  # probabilities of one model held at once


@dataclass(frozen=True, eq=False)
class Worths:
    """Tables float32 [n, m], 0 where the answer is wrong: of each model alone, and of its mean with a first one."""

    temperatures: tuple[float, ...]
    alone: np.ndarray
    averaged: Mapping[int, np.ndarray]  # by the column of the first model


def worths(trials: Trials, criterion: Criterion, firsts: Sequence[int]) -> Worths:
    """All models alone, and averaged with each of `firsts`; probabilities are calibrated by a temperature each."""
    temperatures = tuple(fit_temperature(logits, trials.labels) for logits in trials.logits)
    weights = image_weights(trials.labels, criterion).astype(np.float32)
    k, models = top_k(criterion), len(trials.models)
    alone = np.zeros((len(trials), models), np.float32)
    averaged = {first: np.zeros_like(alone) for first in firsts}
    chunk = max(1, _CHUNK_VALUES // trials.logits[0].shape[1])
    for start in range(0, len(trials), chunk):
        rows = slice(start, start + chunk)
        labels, weight = trials.labels[rows], weights[rows]
        before = {one: softmax(trials.logits[one][rows], temperatures[one]) for one in firsts}
        for model, logits in enumerate(trials.logits):
            own = before[model] if model in before else softmax(logits[rows], temperatures[model])
            alone[rows, model] = weight * right_in_top(own, labels, k)
            for first, table in averaged.items():
                answer = own if model == first else mean_of([before[first], own])
                table[rows, model] = alone[rows, model] if model == first else weight * right_in_top(answer, labels, k)
    return Worths(temperatures, alone, averaged)
