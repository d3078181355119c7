"""The fair table: every selector judged on images it has not seen, at its whole cost, against blind mixing."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np

from edgewise.errors import UsageError
from edgewise.progress import Progress, silent
from edgewise.select.criterion import Criterion, top_k
from edgewise.select.feature_costs import FREE, FeatureCosts
from edgewise.select.judge.bootstrap import interval, resampled_means, verdict
from edgewise.select.judge.cross_fit import CrossFitted, cross_fit
from edgewise.select.judge.fair_table import FairTable, Kind, Row
from edgewise.select.judge.folds import stratified_folds
from edgewise.select.judge.mixing import mixing_accuracies, mixing_accuracy, mixing_line
from edgewise.select.optimal import fastest_right
from edgewise.select.selector import Method, Routes
from edgewise.select.trials import Trials

ORACLE = "oracle"


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


@dataclass(frozen=True, eq=False)
class _Contestant:
    """One way to answer all images, before resampling."""

    name: str
    kind: Kind
    right: np.ndarray  # bool [n]
    time_ms: np.ndarray  # float64 [n]
    chosen: np.ndarray  # int64 [n], -1 = refused
    choose_ms: float


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
    and the models run. `decide_ms` replaces the measured cost where times come from another clock than this machine's.
    Rows come in this order: the single models, the selectors, the controls, the oracle, which runs the fastest right
    model, and the cheapest one where none is right.
    Intervals are 95% percentile intervals over `bootstrap` resamples of the images, in which the mixing line and the
    selector are recomputed together; they do not cover the luck of the training.
    Raises `UsageError` for too few images or folds, or names that are taken twice.
    """
    controls = controls or {}
    _check_names([*trials.models, *methods, *controls, ORACLE])
    if bootstrap < 1:
        raise UsageError(f"{bootstrap} resamples give no interval; at least 1 is needed.", "Use 2000.")
    k = top_k(criterion)
    fold = stratified_folds(trials.labels, folds, seed)
    contestants, routed = _contestants(trials, methods, controls, fold, k, progress, decide_ms)
    rows, line = _judge(trials, contestants, trials.right(k), bootstrap, seed)
    table = FairTable(
        criterion=criterion,
        images=len(trials),
        folds=folds,
        seed=seed,
        bootstrap=bootstrap,
        decode_ms=trials.decode_ms,
        features_ms=trials.features_ms,
        rows=rows,
        mixing_line=line,
    )
    return Evaluation(table, routed, {c.name: c.time_ms for c in contestants if c.name in routed}, fold)


def _check_names(names: list[str]) -> None:
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise UsageError(f"Two rows of the table would be called {', '.join(twice)}.", "Rename the selector.")


def _contestants(
    trials: Trials,
    methods: Mapping[str, Method | OnFeatures],
    controls: Mapping[str, OnFeatures],
    fold: np.ndarray,
    k: int,
    progress: Progress,
    decide_ms: float | None,
) -> tuple[list[_Contestant], dict[str, Routes]]:
    """Everything that gets a row, in the order of the rows, and the routes of what was fitted."""
    right = trials.right(k)
    contestants = _singles(trials, right)
    entries: list[tuple[str, Kind, Method | OnFeatures]] = []
    entries.extend((name, "selector", method) for name, method in methods.items())
    entries.extend((name, "control", control) for name, control in controls.items())
    fits = 0
    total = len(entries) * len(np.unique(fold))

    def done() -> None:
        nonlocal fits
        fits += 1
        progress("fitting selectors", fits, total)

    routed: dict[str, Routes] = {}
    for name, kind, entry in entries:
        method, own = _on_own_features(entry, trials)
        fitted = cross_fit(method, own, fold, done)
        fitted = fitted if decide_ms is None else replace(fitted, decide_ms=decide_ms)
        routed[name] = fitted.routes
        contestants.append(_selector(name, kind, own, fitted, k))
    contestants.append(_oracle(trials, right))
    return contestants, routed


def _on_own_features(entry: Method | OnFeatures, trials: Trials) -> tuple[Method, Trials]:
    """A method, and the trials with the features that it sees."""
    if not isinstance(entry, OnFeatures):
        return entry, trials
    own = replace(trials, features=entry.features, feature_names=entry.names, feature_costs=entry.costs)
    return entry.method, own


def _singles(trials: Trials, right: np.ndarray) -> list[_Contestant]:
    return [
        _Contestant(
            name=name,
            kind="single",
            right=right[:, model],
            time_ms=np.full(len(trials), trials.decode_ms + trials.times_ms[model]),
            chosen=np.full(len(trials), model),
            choose_ms=0.0,
        )
        for model, name in enumerate(trials.models)
    ]


def _selector(name: str, kind: Kind, trials: Trials, fitted: CrossFitted, k: int) -> _Contestant:
    choose = fitted.routes.steps * fitted.decide_ms + fitted.features_ms
    return _Contestant(
        name=name,
        kind=kind,
        right=fitted.routes.right(trials.labels, k),
        time_ms=trials.decode_ms + choose + fitted.routes.ran @ trials.times_ms,
        chosen=fitted.routes.chosen,
        choose_ms=float(choose.mean()),
    )


def _oracle(trials: Trials, right: np.ndarray) -> _Contestant:
    """A perfect choice among all models of the trials, free of charge."""
    chosen = fastest_right(right)
    chosen = np.where(chosen == len(trials.models), 0, chosen)
    return _Contestant(
        name=ORACLE,
        kind="oracle",
        right=np.asarray(right.any(axis=1)),
        time_ms=trials.decode_ms + trials.times_ms[chosen],
        chosen=chosen,
        choose_ms=0.0,
    )


def _judge(
    trials: Trials, contestants: list[_Contestant], right: np.ndarray, bootstrap: int, seed: int
) -> tuple[tuple[Row, ...], tuple[tuple[float, float], ...]]:
    """All rows, and the mixing line, from one set of resamples."""
    times = np.append(trials.decode_ms, trials.decode_ms + trials.times_ms)
    line = mixing_line(times, np.append(0.0, right.mean(axis=0)))
    figures = np.column_stack([*(c.right for c in contestants), *(c.time_ms for c in contestants)]).astype(np.float64)
    resampled = resampled_means(figures, bootstrap, seed)
    accuracies, mean_ms = resampled[:, : len(contestants)], resampled[:, len(contestants) :]
    singles = np.column_stack([np.zeros(bootstrap), accuracies[:, : len(trials.models)]])
    mixed = mixing_accuracies(times, singles, mean_ms)
    best = fastest_right(right)
    best[best == len(trials.models)] = -1
    rows = tuple(
        _row(c, trials.models, best, line, accuracies[:, i], accuracies[:, i] - mixed[:, i])
        for i, c in enumerate(contestants)
    )
    return rows, line


def _row(
    contestant: _Contestant,
    models: tuple[str, ...],
    best: np.ndarray,
    line: tuple[tuple[float, float], ...],
    accuracies: np.ndarray,
    gains: np.ndarray,
) -> Row:
    accuracy = float(contestant.right.mean())
    mean_ms = float(contestant.time_ms.mean())
    mixing = None if contestant.kind == "single" else mixing_accuracy(line, mean_ms)
    gain = None if mixing is None else interval(accuracy - mixing, gains)
    judged = gain is not None and contestant.kind in ("selector", "control")
    return Row(
        name=contestant.name,
        kind=contestant.kind,
        accuracy=interval(accuracy, accuracies),
        mean_ms=mean_ms,
        p90_ms=float(np.quantile(contestant.time_ms, 0.9)),
        choose_ms=contestant.choose_ms,
        # The oracle is told which model is right, so how often it picks that one says nothing.
        selection_accuracy=None if contestant.kind == "oracle" else float((contestant.chosen == best).mean()),
        refusal_rate=float((contestant.chosen < 0).mean()),
        shares={name: float((contestant.chosen == model).mean()) for model, name in enumerate(models)},
        mixing_accuracy=mixing,
        gain=gain,
        verdict=verdict(gain) if judged and gain is not None else "",
    )
