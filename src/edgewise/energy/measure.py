"""The energy of an answer, measured: each model runs for a while, and what the idle machine uses is taken off."""

from collections.abc import Sequence
from dataclasses import dataclass
from time import perf_counter, sleep

import numpy as np

from edgewise.energy.meter import Meter, Used
from edgewise.progress import Progress, silent
from edgewise.zoo.classifier import Classifier

_ROUNDS = 3
STRETCH_S = 0.3  # of one model in one round: meters move about once a millisecond, or a hundred times slower


_LEAST_SHARE = 0.01  # of what the meter shows while a model runs; less is not told from the idle machine


class BelowIdle(Exception):
    """A model that uses no more than the idle machine, as far as the meter tells."""

    def __init__(self, model: str) -> None:
        super().__init__(model)
        self.model = model


@dataclass(frozen=True)
class Measured:
    """What the models of a zoo use above the idle machine."""

    energy_mj: tuple[float, ...]  # of one answer of each model: preparing the image and inference
    runs: tuple[int, ...]  # how many answers that is a mean of
    idle_w: float  # what the machine uses when it waits; already taken off


@dataclass
class _Sum:
    """What was used in some stretches."""

    energy_mj: float = 0.0
    seconds: float = 0.0
    runs: int = 0

    def add(self, used: Used) -> None:
        self.energy_mj += used.energy_mj
        self.seconds += used.seconds


def measure_energy(
    images: Sequence[np.ndarray],
    models: Sequence[Classifier],
    meter: Meter,
    *,
    seed: int,
    stretch_s: float = STRETCH_S,
    progress: Progress = silent,
) -> Measured:
    """Measure on decoded images uint8 [h, w, 3], taken in turn.

    In each round the machine idles, and then every model runs, in an order of the round's own, for `stretch_s` seconds
    and at least once for every image. Raises `BelowIdle`, and what the meter and the models raise.
    """
    rng = np.random.default_rng(seed)
    idle, sums = _Sum(), [_Sum() for _ in models]
    for done in range(_ROUNDS):
        progress("measuring energy", done, _ROUNDS)
        idle.add(meter.measure(lambda: sleep(stretch_s)))
        for m in rng.permutation(len(models)).tolist():
            sums[m].add(meter.measure(lambda model=models[m], own=sums[m]: _answer(model, images, stretch_s, own)))
    progress("measuring energy", _ROUNDS, _ROUNDS)
    idle_mw = idle.energy_mj / idle.seconds
    above = [own.energy_mj - idle_mw * own.seconds for own in sums]
    for model, own, energy_mj in zip(models, sums, above, strict=True):
        if energy_mj <= _LEAST_SHARE * own.energy_mj:
            raise BelowIdle(model.card.name)
    runs = tuple(own.runs for own in sums)
    return Measured(tuple(mj / count for mj, count in zip(above, runs, strict=True)), runs, idle_mw / 1e3)


def _answer(model: Classifier, images: Sequence[np.ndarray], seconds: float, into: _Sum) -> None:
    """Answer for a time, and count how often."""
    runs, end = 0, perf_counter() + seconds
    while runs < len(images) or perf_counter() < end:
        model.classify(images[runs % len(images)])
        runs += 1
    into.runs += runs
