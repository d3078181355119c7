"""Accuracy against the number of features, every number judged on images that had no say in which features."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from edgewise.progress import Progress, silent
from edgewise.select.criterion import top_k
from edgewise.select.features.elimination import Elimination
from edgewise.select.features.selected_features import FeatureChoice
from edgewise.select.judge.bootstrap import interval, resampled_means
from edgewise.select.judge.fair_table import Interval
from edgewise.select.judge.folds import stratified_folds
from edgewise.select.optimal import fastest_right
from edgewise.select.premodel.knn_chain import KnnChain
from edgewise.select.premodel.membership import choose_members
from edgewise.select.trials import Trials


@dataclass(frozen=True)
class SweepPoint:
    """What so many features reach."""

    count: int
    accuracy: Interval  # share of held-out images whose optimal model the chain names
    features_ms: float  # mean over the folds of what these features cost
    chosen_in: Mapping[str, int]  # feature -> in how many folds it was among them, most often first


@dataclass(frozen=True)
class Sweep:
    """Points from one feature to as many as every fold's correlation filter left."""

    folds: int
    points: tuple[SweepPoint, ...]
    base: Interval  # what naming the most frequent answer of the training folds reaches, features unseen


def sweep(
    trials: Trials,
    choice: FeatureChoice,
    *,
    folds: int = 10,
    seed: int = 0,
    bootstrap: int = 2000,
    progress: Progress = silent,
) -> Sweep:
    """Choose 1, 2, 3, ... features on the training folds, and judge the KNN chain that sees them on the held-out fold.

    Source: Taylor et al. 2018 (accuracy by number of features). Intervals are bootstrapped over the images.
    """
    fold = stratified_folds(trials.labels, folds, seed)
    eliminations: list[Elimination] = []
    right: list[np.ndarray] = []
    for held_out in range(folds):
        progress("counting features", held_out, folds)
        train = trials.take(fold != held_out)
        eliminations.append(choice.choose(train).elimination)
        right.append(_held_out_right(train, trials.take(fold == held_out), eliminations[-1], choice))
    progress("counting features", folds, folds)
    counts = min(len(rows) for rows in right)  # row 0 sees no features
    figures = np.concatenate([rows[:counts] for rows in right], axis=1).T.astype(np.float64)
    resampled = resampled_means(figures, bootstrap, seed)
    intervals = [interval(float(figures[:, count].mean()), resampled[:, count]) for count in range(counts)]
    points = tuple(_point(trials, eliminations, count, intervals[count]) for count in range(1, counts))
    return Sweep(folds, points, intervals[0])


def _held_out_right(train: Trials, test: Trials, elimination: Elimination, choice: FeatureChoice) -> np.ndarray:
    """bool [counts, n]: is the optimal model of each held-out image named with 0, 1, 2, ... features?

    Without features that is the most frequent answer; with them it is the chain's.
    """
    k = top_k(choice.criterion)
    seen = train.right(k)
    members = sorted(choose_members(seen, choice.theta_points).models)
    learned, asked = fastest_right(seen[:, members]), fastest_right(test.right(k)[:, members])
    right = np.empty((1 + len(elimination.names), len(test)), bool)
    right[0] = asked == np.bincount(learned).argmax()
    for count in range(1, len(elimination.names) + 1):
        names = elimination.best(count)
        chain = KnnChain.fit(train.columns(names), learned, choice.n_neighbors, len(members))
        right[count] = chain.choose(chain.votes(test.columns(names))) == asked
    return right


def _point(trials: Trials, eliminations: list[Elimination], count: int, accuracy: Interval) -> SweepPoint:
    chosen = [elimination.best(count) for elimination in eliminations]
    often = Counter(name for names in chosen for name in names)
    return SweepPoint(
        count,
        accuracy,
        float(np.mean([trials.feature_costs.ms(names) for names in chosen])),
        dict(often.most_common()),
    )
