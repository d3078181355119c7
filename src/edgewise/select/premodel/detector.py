"""Does the premodel's choice look wrong? Flags, and how many wrong choices they catch."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal, get_args

import numpy as np

from edgewise.errors import UsageError
from edgewise.progress import Progress, silent
from edgewise.select.criterion import Criterion, top_k
from edgewise.select.judge.folds import stratified_folds
from edgewise.select.optimal import fastest_right
from edgewise.select.premodel.caught import caught
from edgewise.select.premodel.conformal import Conformal
from edgewise.select.premodel.method import PremodelMethod
from edgewise.select.premodel.premodel import Premodel
from edgewise.select.trials import Trials

Rule = Literal["p-value", "singleton"]
EPSILONS = (0.01, 0.02, 0.05, 0.1, 0.15, 0.2, 0.3, 0.4, 0.5)


@dataclass(frozen=True)
class Detection:
    """What flags at one epsilon caught on images that nothing was fitted on."""

    epsilon: float
    wrong: int  # choices that were not the optimal model
    right: int
    detection_rate: float  # share of the wrong choices that were flagged; NaN without any
    false_alarm_rate: float  # share of the right choices that were flagged; NaN without any


@dataclass(frozen=True, eq=False)
class WrongChoiceDetector:
    """A premodel, and a conformal predictor that doubts its choices.

    "p-value": a choice is flagged when its p-value is below epsilon. "singleton": when the classes whose p-value is
    above epsilon are not this choice alone.
    Source: Sanz Marco et al. 2019, 7.5 (87.4% of the wrong choices flagged at 5.5% false alarms).
    Reading: the paper leaves the rule open; the first is the default, since its epsilon bounds the false alarms: true
    classes fall below it with that probability at most. "All will fail" is a choice like any other.
    """

    premodel: Premodel
    conformal: Conformal  # a class per level of the premodel, and one for "all will fail"
    rule: Rule = "p-value"

    def __post_init__(self) -> None:
        if self.rule not in get_args(Rule):
            raise UsageError(f"The rule is {self.rule!r}; it must be one of {', '.join(get_args(Rule))}.")
        if len(self.conformal.counts) != len(self.premodel.levels) + 1:
            raise UsageError(
                f"The detector knows {len(self.conformal.counts)} classes; the premodel has "
                f"{len(self.premodel.levels)} levels and the fail class."
            )

    def flags(self, features: np.ndarray, epsilons: Sequence[float]) -> tuple[np.ndarray, np.ndarray]:
        """The choices, int64 [n] in 0..levels, and bool [epsilons, n]: which of them are flagged at each epsilon.

        `features`: float [n, d], those of the premodel. Raises `UsageError` for an epsilon outside 0..1.
        """
        outside = [epsilon for epsilon in epsilons if not 0 <= epsilon <= 1]
        if outside:
            raise UsageError(f"Epsilon is {outside[0]}; it must be from 0 to 1.", "0.05 is usual.")
        level = self.premodel.chooser.choose(features).level
        p_values = self.conformal.p_values(features)
        own = p_values[np.arange(len(level)), level]
        if self.rule == "p-value":
            return level, np.stack([own < epsilon for epsilon in epsilons])
        possible = [p_values > epsilon for epsilon in epsilons]
        alone = [likely.sum(axis=1) == 1 for likely in possible]
        return level, np.stack([~(one & (own > epsilon)) for one, epsilon in zip(alone, epsilons, strict=True)])


@dataclass(frozen=True)
class DetectorMethod:
    """Fit the premodel on all training rows, and the conformal predictor on the same ones, some of them set apart."""

    premodel: PremodelMethod = field(default_factory=PremodelMethod)
    rule: Rule = "p-value"
    n_neighbors: int = 5
    set_apart: float = 0.25
    seed: int = 0

    def fit(self, trials: Trials) -> WrongChoiceDetector:
        """Fit on all of `trials`. Raises `UsageError` as the premodel does, and for too few rows to set some apart."""
        premodel = self.premodel.fit(trials)
        labels = optimal_levels(trials, premodel.levels, self.premodel.criterion)
        features = trials.columns(premodel.feature_names)
        classes = len(premodel.levels) + 1
        conformal = Conformal.fit(features, labels, classes, self.n_neighbors, self.set_apart, self.seed)
        return WrongChoiceDetector(premodel, conformal, self.rule)


def optimal_levels(trials: Trials, levels: tuple[str, ...], criterion: Criterion) -> np.ndarray:
    """int64 [n] in 0..levels: the fastest right one of these models for each image; `levels` where none is right."""
    columns = [trials.models.index(model) for model in levels]
    if not columns:
        return np.zeros(len(trials), np.int64)
    return fastest_right(trials.right(top_k(criterion))[:, columns])


def cross_detect(
    trials: Trials,
    method: DetectorMethod,
    *,
    epsilons: Sequence[float] = EPSILONS,
    folds: int = 5,
    seed: int = 0,
    progress: Progress = silent,
) -> tuple[Detection, ...]:
    """How many wrong choices are flagged, on folds that neither the premodel nor the detector has seen.

    A choice is wrong when it is not the fastest right model of the premodel's levels. One result for each epsilon.
    Raises `UsageError` for too few images or folds.
    """
    fold = stratified_folds(trials.labels, folds, seed)
    wrong = np.empty(len(trials), bool)
    flagged = np.empty((len(epsilons), len(trials)), bool)
    for done, held_out in enumerate(np.unique(fold)):
        rows = fold == held_out
        held, detector = trials.take(rows), method.fit(trials.take(~rows))
        level, flagged[:, rows] = detector.flags(held.columns(detector.premodel.feature_names), epsilons)
        wrong[rows] = level != optimal_levels(held, detector.premodel.levels, method.premodel.criterion)
        progress("fitting detectors", done + 1, folds)
    return tuple(Detection(epsilon, *caught(wrong, flags)) for epsilon, flags in zip(epsilons, flagged, strict=True))
