"""Was the budget kept on images that nobody had seen when it was promised?"""

from dataclasses import dataclass

import numpy as np

from edgewise.select.budget.budget import Budget
from edgewise.select.criterion import Criterion, score
from edgewise.select.judge.bootstrap import interval
from edgewise.select.judge.fair_table import Interval
from edgewise.select.selector import Routes
from edgewise.select.trials import Trials


@dataclass(frozen=True)
class Kept:
    """One limit or demand, and what held-out images say of it."""

    name: str  # of the field of `Budget`
    asked: float
    reached: Interval  # 95%, over resampled images
    kept: bool  # the interval does not lie wholly on the wrong side


def kept(
    budget: Budget,
    trials: Trials,
    routes: Routes,
    time_ms: np.ndarray,
    criterion: Criterion,
    *,
    resamples: int = 1000,
    seed: int = 0,
) -> tuple[Kept, ...]:
    """Each given limit against cross-fitted `routes`. `time_ms`: float [n], whole answers, each
    model at its median."""
    rng = np.random.default_rng(seed)
    drawn = rng.integers(0, len(trials), size=(resamples, len(trials)))
    figures = []
    for name, asked in vars(budget).items():
        if asked is None:
            continue
        if name == "min_accuracy":
            value = score(trials.labels, routes.top, criterion)
            again = np.asarray([score(trials.labels[rows], routes.top[rows], criterion) for rows in drawn])
        else:
            each = _each(name, trials, routes, time_ms)
            figure = _p90 if name == "max_p90_ms" else np.mean
            value = float(figure(each))
            again = np.asarray([figure(each[rows]) for rows in drawn])
        reached = interval(value, again)
        fine = reached.high >= asked if name == "min_accuracy" else reached.low <= asked
        figures.append(Kept(name, asked, reached, bool(fine)))
    return tuple(figures)


def _each(name: str, trials: Trials, routes: Routes, time_ms: np.ndarray) -> np.ndarray:
    """float [n]: what each image costs, in the unit of the limit; a p90 counts each model at its own."""
    if name == "max_energy_mj":
        assert trials.energy_mj is not None, "a limit on energy was refused where none is known"
        return routes.ran @ trials.energy_mj
    return time_ms + routes.ran @ (trials.slow_times_ms - trials.times_ms) if name == "max_p90_ms" else time_ms


def _p90(values: np.ndarray) -> float:
    return float(np.quantile(values, 0.9))
