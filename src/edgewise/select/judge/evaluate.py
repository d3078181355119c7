"""The fair table: every selector judged on images it has not seen, at its whole cost, against blind mixing."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np

from edgewise.errors import UsageError
from edgewise.progress import Progress, silent
from edgewise.select.criterion import Criterion
from edgewise.select.feature_costs import FREE, FeatureCosts
from edgewise.select.judge.contestants import BEST_STATIC, ORACLE, Contestant, Singles, fitted_contestant
from edgewise.select.judge.cross_fit import cross_fit
from edgewise.select.judge.fair_table import FairTable, Kind
from edgewise.select.judge.folds import stratified_folds
from edgewise.select.judge.rows import rows_of
from edgewise.select.judge.standing import standing
from edgewise.select.optimal import fastest_right
from edgewise.select.selector import Method, Routes
from edgewise.select.trials import Trials


@dataclass(frozen=True, eq=False)
class OnFeatures:
    """A method that sees other features than the trials have."""

    method: Method
    features: np.ndarray  # float64 [n, d]
    names: tuple[str, ...]  # d
    costs: FeatureCosts = FREE


@dataclass(frozen=True, eq=False)
class Evaluation:
    """The table, and per selector and image what it is made of."""

    table: FairTable
    routed: Mapping[str, Routes]  # of each selector and control: a row per image of the trials
    time_ms: Mapping[str, np.ndarray]  # float64 [n]: whole time of each image, by the same names
    fold: np.ndarray  # int64 [n]: the fold in which an image was held out


def evaluate(
    trials: Trials,
    methods: Mapping[str, Method | OnFeatures],
    *,
    criterion: Criterion = "top1",
    folds: int = 5,
    seed: int = 0,
    bootstrap: int = 2000,
    controls: Mapping[str, OnFeatures] | None = None,
    progress: Progress = silent,
    decide_ms: float | None = None,
) -> Evaluation:
    """Judge `methods` by nested cross-validation: fitted on the training folds alone, the choice of models included.

    `criterion` says what counts as right here; a method has its own to learn by. `controls` show what leaks: they
    see features of their own, the file's size, say.
    An image's time is decoding, the features where the selector needs them, the measured median cost of each decision,
    and the models run; its energy is that of the models run alone. `decide_ms` replaces the measured cost where times
    come from another clock than this machine's.
    Rows come in this order: the single models, of which the smallest, the largest and the best are marked; the best
    model as each fold's training images name it; the selectors; the controls; the oracle, which runs the fastest right
    model, and the cheapest one where none is right.
    Intervals are 95% percentile intervals over `bootstrap` resamples of the images, in which a row, its coin and the
    best single model are recomputed together; they do not cover the luck of the training, nor that the best single
    model is named on the images that it is compared on.
    Raises `UsageError` for too few images or folds, or names that are taken twice.
    """
    controls = controls or {}
    _check_names([*trials.models, *methods, *controls, BEST_STATIC, ORACLE])
    if bootstrap < 1:
        raise UsageError(f"{bootstrap} resamples give no interval; at least 1 is needed.", "Use 2000.")
    singles = Singles.of(trials, criterion)
    fold = stratified_folds(trials.labels, folds, seed)
    fitted, routed = _fitted(trials, methods, controls, fold, criterion, progress, decide_ms)
    contestants = [*singles.contestants(), singles.best_static(fold), *fitted, singles.oracle()]
    stand = standing(contestants, trials.labels, trials.decode_ms, criterion, bootstrap, seed)
    fastest = fastest_right(singles.right)
    fastest[fastest == len(trials.models)] = -1
    table = FairTable(
        criterion=criterion,
        images=len(trials),
        folds=folds,
        seed=seed,
        bootstrap=bootstrap,
        decode_ms=trials.decode_ms,
        features_ms=trials.features_ms,
        rows=rows_of(contestants, stand, trials.models, fastest),
        mixing_line=stand.line,
        energy_source=trials.energy_source,
    )
    return Evaluation(table, routed, {c.name: c.time_ms for c in fitted}, fold)


def _check_names(names: list[str]) -> None:
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise UsageError(f"Two rows of the table would be called {', '.join(twice)}.", "Rename the selector.")


def _fitted(
    trials: Trials,
    methods: Mapping[str, Method | OnFeatures],
    controls: Mapping[str, OnFeatures],
    fold: np.ndarray,
    criterion: Criterion,
    progress: Progress,
    decide_ms: float | None,
) -> tuple[list[Contestant], dict[str, Routes]]:
    """The selectors and the controls, and what they do with each image."""
    entries: list[tuple[str, Kind, Method | OnFeatures]] = []
    entries.extend((name, "selector", method) for name, method in methods.items())
    entries.extend((name, "control", control) for name, control in controls.items())
    fits = 0
    total = len(entries) * len(np.unique(fold))

    def done() -> None:
        nonlocal fits
        fits += 1
        progress("fitting selectors", fits, total)

    contestants: list[Contestant] = []
    routed: dict[str, Routes] = {}
    for name, kind, entry in entries:
        method, own = _on_own_features(entry, trials)
        fitted = cross_fit(method, own, fold, done)
        fitted = fitted if decide_ms is None else replace(fitted, decide_ms=decide_ms)
        routed[name] = fitted.routes
        contestants.append(fitted_contestant(name, kind, own, fitted, criterion))
    return contestants, routed


def _on_own_features(entry: Method | OnFeatures, trials: Trials) -> tuple[Method, Trials]:
    """A method, and the trials with the features that it sees."""
    if not isinstance(entry, OnFeatures):
        return entry, trials
    own = replace(trials, features=entry.features, feature_names=entry.names, feature_costs=entry.costs)
    return entry.method, own
