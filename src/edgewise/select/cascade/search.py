"""The best of all cascades: within a budget, by a margin over the best single model, or at each price of time."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from edgewise.select.cascade.options import Averaging, Choices, Option
from edgewise.select.cascade.signals import Signal

_EQUAL = 1e-12  # values that differ by less are the same, summed in another order


@dataclass(frozen=True)
class Found:
    """A cascade and how it did on the trials that it was searched on."""

    stages: tuple[int, ...]  # model indices, in the order in which they run
    thresholds: tuple[float, ...]
    averaging: Averaging
    signal: Signal
    right: float  # worth of the images answered right: their number, where each is worth 1
    mean_ms: float  # preprocessing and inference of the models run, per image

    @classmethod
    def at(cls, option: Option, cell: int) -> "Found":
        """The cascade in one cell of an option's tables."""
        right, mean_ms = float(option.tables.worth[0].flat[cell]), float(option.tables.mean_ms.flat[cell])
        return cls(option.stages, option.thresholds(cell), option.averaging, option.signal, right, mean_ms)


def most_accurate_within(choices: Choices, max_mean_ms: float) -> Found:
    """The most accurate cascade whose mean time is within a budget that the cheapest model meets.

    Of equals, the faster, then the one with fewer stages.
    """
    best: Found | None = None
    for option in choices.options(lambda right: (right * choices.weights)[None]):
        worth, mean_ms = option.tables.worth[0].ravel(), option.tables.mean_ms.ravel()
        found = _first(option, mean_ms <= max_mean_ms, (mean_ms, -worth))
        if found and (best is None or _by_worth(found) > _by_worth(best)):
            best = found
    assert best is not None, "the cheapest model is always a candidate"
    return best


def fastest_as_accurate(choices: Choices, best_single: np.ndarray, standard_errors: float) -> Found:
    """The fastest cascade that is as accurate as the best single model, by a margin.

    `best_single`: bool [n], where that model is right. The margin is so many standard errors of the paired difference:
    on images where both are right or both are wrong nothing is gained; the others give the gain its variance.
    Of equals, the more accurate, then the one with fewer stages.
    Reading: without the margin, the fastest of thousands of combinations that just reach the best model on these images
    is one that was lucky on them, and falls short on others; one standard error is the usual rule against that.
    """
    weights = choices.weights
    goal = float((best_single * weights).sum())
    best: Found | None = None
    for option in choices.options(
        lambda right: np.stack([right * weights, (right != best_single) * weights * weights])
    ):
        worth, variance = option.tables.worth.reshape(2, -1)
        reached = worth - goal >= standard_errors * np.sqrt(np.maximum(variance, 0)) - _EQUAL * len(weights)
        found = _first(option, reached, (-worth, option.tables.mean_ms.ravel()))
        if found and (best is None or _by_time(found) > _by_time(best)):
            best = found
    assert best is not None, "the best single model is always a candidate"
    return best


def best_path(choices: Choices, prices: Sequence[float]) -> list[Found]:
    """At each price of a millisecond, the cascade of the highest value: worth per image less price by mean time.

    A combination of thresholds is valued by itself and its neighbours on the grid, 1/4, 1/2, 1/4 along each axis. Of
    equals, the faster.
    Reading: the best of thousands of values on few images is lucky on them, and a peak that its neighbours do not share
    is nothing but luck.
    """
    costs = np.asarray(prices, np.float64)[:, None]
    values, times = np.full(len(prices), -np.inf), np.full(len(prices), np.inf)
    winners: list[tuple[Option, int] | None] = [None] * len(prices)
    for option in choices.options(lambda right: (right * choices.weights)[None]):
        share = _smoothed(option.tables.worth[0]).ravel() / len(choices.weights)
        mean_ms = _smoothed(option.tables.mean_ms).ravel()
        all_values = share - costs * mean_ms
        highest = all_values.max(axis=1)
        for price in np.flatnonzero(highest >= values - _EQUAL):
            equals = np.flatnonzero(all_values[price] >= highest[price] - _EQUAL)
            cell = int(equals[mean_ms[equals].argmin()])
            if highest[price] > values[price] + _EQUAL or mean_ms[cell] < times[price] - _EQUAL:
                values[price], times[price] = highest[price], mean_ms[cell]
                winners[price] = (option, cell)
    return [Found.at(*winner) for winner in winners if winner is not None]


def _smoothed(table: np.ndarray) -> np.ndarray:
    """Each cell averaged with its neighbours along each axis; beyond an edge stands the edge itself."""
    for axis in range(table.ndim):
        lines = np.moveaxis(table, axis, 0)
        padded = np.concatenate([lines[:1], lines, lines[-1:]])
        table = np.moveaxis((padded[:-2] + 2 * padded[1:-1] + padded[2:]) / 4, 0, axis)
    return table


def _first(option: Option, allowed: np.ndarray, order: tuple[np.ndarray, np.ndarray]) -> Found | None:
    """The allowed cell that comes first by `order`, whose last key counts most."""
    cells = np.flatnonzero(allowed)
    if len(cells) == 0:
        return None
    return Found.at(option, int(cells[np.lexsort((order[0][cells], order[1][cells]))[0]]))


def _by_worth(found: Found) -> tuple[float, float, int]:
    return (found.right, -found.mean_ms, -len(found.stages))


def _by_time(found: Found) -> tuple[float, float, int]:
    return (-found.mean_ms, found.right, -len(found.stages))
