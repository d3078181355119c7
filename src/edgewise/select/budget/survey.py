"""All methods' paths on the same folds: the points that a budget chooses from."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from edgewise.progress import Progress, silent
from edgewise.select.budget.charges import Charges
from edgewise.select.budget.coin import Coin
from edgewise.select.budget.points import Point
from edgewise.select.budget.prices import prices_for
from edgewise.select.budget.shared import Shared
from edgewise.select.budget.singles import Singles
from edgewise.select.criterion import Criterion
from edgewise.select.judge.folds import see_that_enough, stratified_folds
from edgewise.select.selector import PathMethod
from edgewise.select.trials import Trials

SINGLE = "one model"
LEARNING_FOLDS = 5  # those methods that learn how right answers look cut what they are given into so many


@dataclass(frozen=True, eq=False)
class Survey:
    """Every point of every method, the single models apart."""

    singles: tuple[Point, ...]  # in the order of the models
    points: Mapping[str, tuple[Point, ...]]  # by method
    prices: tuple[float, ...]
    coin: Coin
    folds: int

    @property
    def best(self) -> Point:
        """The best single model; of equals the cheapest."""
        return max(self.singles, key=lambda point: (point.score, -point.mean_ms))

    @property
    def all(self) -> list[Point]:
        """The points of all methods and the single models."""
        return [*self.singles, *(point for points in self.points.values() for point in points)]


def survey(
    trials: Trials,
    methods: Mapping[str, PathMethod],
    criterion: Criterion,
    *,
    folds: int = 5,
    seed: int = 0,
    progress: Progress = silent,
    shared: Shared | None = None,
    charges: Charges | None = None,
) -> Survey:
    """Cross-fit all methods' paths on the same folds of `trials`. Raises `UsageError` as methods and folds do."""
    shared, charges = Shared() if shared is None else shared, Charges() if charges is None else charges
    if folds > 1 and methods:
        see_that_enough(len(trials), folds, LEARNING_FOLDS)
    fold = stratified_folds(trials.labels, folds, seed)
    prices: Sequence[float] = tuple(float(price) for price in prices_for(trials.times_ms))
    total, fits = len(methods) * folds, 0

    def done() -> None:
        nonlocal fits
        fits += 1
        progress("comparing selectors", fits, total)

    whole = np.zeros(len(trials), np.int64)
    singles = shared.points(SINGLE, Singles(), trials, whole, prices, criterion, lambda: None, charges)
    points = {
        name: tuple(shared.points(name, method, trials, fold, prices, criterion, done, charges))
        for name, method in methods.items()
    }
    if fits < total:  # the others were shared
        progress("comparing selectors", total, total)
    return Survey(tuple(singles), points, tuple(prices), Coin.of(singles, trials.decode_ms), folds)
