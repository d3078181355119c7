"""The cascades that a search may choose from: which models, in which order, averaged how, sure by which signal."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Literal

import numpy as np

from edgewise.select.calibration import IsotonicMap, fit_isotonic
from edgewise.select.cascade.calibrated import CalibratedZoo
from edgewise.select.cascade.evidence import Blend, Evidence, gather
from edgewise.select.cascade.grid import threshold_grid
from edgewise.select.cascade.signals import Signal
from edgewise.select.cascade.tables import Tables, View, all_tables
from edgewise.select.cascade.weights import log_odds_weights

Averaging = Literal["none", "mean", "weighted"]
Gains = Callable[[np.ndarray], np.ndarray]
_CANDIDATES = 8  # models that cascades are made of


@dataclass(frozen=True)
class Space:
    """What is searched; the thresholds of a stage are tried at so many quantiles of its confidence."""

    averagings: tuple[Averaging, ...] = ("none", "mean", "weighted")
    signals: tuple[Signal, ...] = ("margin",)
    max_stages: int = 3
    isotonic: bool = False
    quantiles: int = 21


@dataclass(frozen=True, eq=False)
class Option:
    """One order of stages under one averaging and one signal."""

    averaging: Averaging
    signal: Signal
    grids: tuple[np.ndarray, ...]  # of each stage but the last
    tables: Tables  # what every combination of thresholds gives

    @property
    def stages(self) -> tuple[int, ...]:
        return self.tables.stages

    def thresholds(self, cell: int) -> tuple[float, ...]:
        """Those of one cell of the tables, counted as if they were flat."""
        position = np.unravel_index(cell, self.tables.mean_ms.shape)
        return tuple(float(grid[int(place)]) for grid, place in zip(self.grids, position, strict=True))


@dataclass(frozen=True, eq=False)
class Choices:
    """The evidence on all options of a space, gathered once."""

    space: Space
    times_ms: np.ndarray  # float64 [m]
    weights: np.ndarray  # float64 [n]: what a right answer to each image is worth
    candidates: tuple[int, ...]
    blends: Mapping[tuple[Averaging, frozenset[int]], Blend]  # of two models and more
    evidence: Mapping[Blend, Evidence]

    def blend(self, averaging: Averaging, stages: tuple[int, ...]) -> Blend:
        """The answer of the last of `stages`. What is averaged depends on the set alone, so all its orders share it."""
        if averaging == "none" or len(stages) == 1:
            return Blend.of(stages[-1])
        return self.blends[averaging, frozenset(stages)]

    def rising(self, signal: Signal, blend: Blend) -> IsotonicMap | None:
        """The map from the signal to the probability of a right answer, where the space wants one."""
        evidence = self.evidence[blend]
        return fit_isotonic(evidence.confidence[signal], evidence.right, self.weights) if self.space.isotonic else None

    def options(self, gains: Gains) -> Iterator[Option]:
        """Every option, a single model first of all that begin with it.

        `gains`: from what is right, bool [n], to what it is worth, float64 [currencies, n].
        """
        for signal in self.space.signals:
            views = {blend: self._view(signal, blend, gains) for blend in self.evidence}
            for averaging in self.space.averagings:
                first = (signal, averaging) == (self.space.signals[0], self.space.averagings[0])
                yield from self._options(signal, averaging, views, with_singles=first)

    def _options(
        self, signal: Signal, averaging: Averaging, views: Mapping[Blend, View], with_singles: bool
    ) -> Iterator[Option]:
        def view_of(stages: tuple[int, ...]) -> View:
            return views[self.blend(averaging, stages)]

        for tables in all_tables(view_of, self.candidates, self.times_ms, self.space.max_stages):
            stages = tables.stages
            if with_singles or len(stages) > 1:
                grids = tuple(view_of(stages[:stage]).grid for stage in range(1, len(stages)))
                yield Option(averaging, signal, grids, tables)

    def _view(self, signal: Signal, blend: Blend, gains: Gains) -> View:
        evidence, rising = self.evidence[blend], self.rising(signal, blend)
        confidence = evidence.confidence[signal]
        if rising is not None:
            confidence = rising(confidence)
        grid = threshold_grid(confidence, self.space.quantiles)
        bins = np.searchsorted(grid, confidence, side="right").astype(np.uint8 if len(grid) < 256 else np.int64)
        return View(grid, bins, gains(evidence.right))


def gather_choices(
    zoo: CalibratedZoo,
    names: Sequence[str],
    labels: np.ndarray,
    weights: np.ndarray,
    times_ms: np.ndarray,
    top_k: int,
    space: Space,
) -> tuple[Choices, np.ndarray]:
    """All evidence that the options of `space` need, and bool [m, n]: which model is right where.

    Of more than eight models, the eight that spread most evenly over the accuracy-time front are combined. A blend is
    summed in the order of the models' `names`, as a `Cascade` sums it.
    """
    alone = [Blend.of(model) for model in range(len(zoo))]
    singles = gather(zoo, labels, alone, space.signals, top_k)
    right = np.stack([singles[blend].right for blend in alone])
    candidates = _candidates(right @ weights, times_ms)
    blends: dict[tuple[Averaging, frozenset[int]], Blend] = {}
    for size in range(2, space.max_stages + 1):
        for subset in combinations(sorted(candidates, key=names.__getitem__), size):
            own = [singles[alone[model]].own for model in subset]
            for averaging in set(space.averagings) - {"none"}:
                blends[averaging, frozenset(subset)] = Blend(subset, _weights(averaging, own))
    used = {blend: singles[blend] for blend in map(Blend.of, candidates)}
    evidence = used | gather(zoo, labels, list(dict.fromkeys(blends.values())), space.signals, top_k)
    return Choices(space, times_ms, weights, tuple(candidates), blends, evidence), right


def _weights(averaging: Averaging, own: Sequence[np.ndarray]) -> tuple[float, ...]:
    return log_odds_weights(own) if averaging == "weighted" else (1 / len(own),) * len(own)


def _candidates(right: np.ndarray, times_ms: np.ndarray) -> list[int]:
    """Models to combine: all, or of many an even spread over those that no cheaper one matches.

    The cheapest and the most accurate are always among them.
    """
    if len(right) <= _CANDIDATES:
        return list(range(len(right)))
    front: list[int] = []
    for model in np.lexsort((-right, times_ms)):
        if not front or right[model] > right[front[-1]]:
            front.append(int(model))
    spread = np.linspace(0, len(front) - 1, min(len(front), _CANDIDATES)).round().astype(int)
    return [front[position] for position in spread]
