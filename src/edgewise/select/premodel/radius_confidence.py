"""Does the vote within a radius know when it is wrong? Its share of the votes, held against what was right."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from edgewise.select.judge.folds import stratified_folds
from edgewise.select.premodel.caught import caught
from edgewise.select.premodel.chooser import Choices
from edgewise.select.premodel.detector import optimal_levels
from edgewise.select.premodel.method import PremodelMethod
from edgewise.select.trials import Trials

THRESHOLDS = (0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0)


@dataclass(frozen=True)
class VoteFlags:
    """What flagging every choice with less than a share of the votes catches, on images that nothing was fitted on."""

    threshold: float
    wrong: int  # choices that were not the optimal model
    right: int
    detection_rate: float  # share of the wrong choices that were flagged; NaN without any
    false_alarm_rate: float  # share of the right choices that were flagged; NaN without any


def cross_confidence(
    trials: Trials,
    method: PremodelMethod,
    *,
    thresholds: Sequence[float] = THRESHOLDS,
    folds: int = 10,
    seed: int = 0,
) -> tuple[VoteFlags, ...]:
    """How many wrong choices a KNN premodel makes with few of the votes, on held-out folds; `method` asks a radius.

    A choice is wrong when it is not the fastest right model of the premodel's levels. Raises `UsageError` for too few
    images or folds.
    Source: Sanz Marco et al. 2019, 7.5 (a vote within a radius gives a confidence).
    Reading: the confidence of "all will fail" is the share that votes for no level; where nobody votes it is 0.
    """
    fold = stratified_folds(trials.labels, folds, seed)
    wrong, sure = np.empty(len(trials), bool), np.empty(len(trials))
    for held_out in np.unique(fold):
        rows = fold == held_out
        held, premodel = trials.take(rows), method.fit(trials.take(~rows))
        choices = premodel.chooser.choose(held.columns(premodel.feature_names))
        wrong[rows] = choices.level != optimal_levels(held, premodel.levels, method.criterion)
        sure[rows] = confidence(choices)
    return tuple(VoteFlags(threshold, *caught(wrong, sure < threshold)) for threshold in thresholds)


def confidence(choices: Choices) -> np.ndarray:
    """float64 [n]: the share of the votes for what was chosen, of a chain with one-hot labels; 0 without voters."""
    shares = np.column_stack([choices.scores, 1 - choices.scores.sum(axis=1)])
    own = shares[np.arange(len(shares)), choices.level]
    return own if choices.voters is None else np.where(choices.voters > 0, own, 0.0)
