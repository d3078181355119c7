"""What each feature is worth to the premodel, and what it costs."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from edgewise.select.feature_costs import FREE, FeatureCosts
from edgewise.select.features.feature_sets import Question, chain_right
from edgewise.select.judge.bootstrap import interval, resampled_means
from edgewise.select.judge.fair_table import Interval
from edgewise.select.premodel.knn_chain import KnnChain

_SHUFFLES = 3


@dataclass(frozen=True)
class Importance:
    """One feature. Losses are shares of 1 of the images whose optimal model is named, held out; below 0 is a gain."""

    name: str
    removed: Interval  # loss when the chain is trained and asked without it
    shuffled: Interval  # loss when it is shuffled among the images that are asked about
    alone_ms: float  # what it costs by itself
    saved_ms: float  # what leaving it out saves where all others stay


@dataclass(frozen=True)
class Importances:
    """All features, the most missed first, and what the chain reaches with all of them."""

    accuracy: Interval
    features: tuple[Importance, ...]


def importances(
    question: Question, names: Sequence[str], *, costs: FeatureCosts = FREE, seed: int = 0, bootstrap: int = 2000
) -> Importances:
    """Loss of accuracy without each feature, removed or shuffled, with 95% intervals paired over the images.

    Source: Taylor et al. 2018 (accuracy lost when one feature is removed); Breiman 2001 (shuffling).
    """
    everything = list(range(len(names)))
    without = [[other for other in everything if other != column] for column in everything]
    right = chain_right(question, [everything, *without]).astype(np.float64)
    after_shuffling = shuffled_right(question, seed)
    figures = np.column_stack([right[0], *(right[0] - right[1:]), *(right[0] - after_shuffling)])
    means = figures.mean(axis=0)
    resampled = resampled_means(figures, bootstrap, seed)
    intervals = [interval(float(value), resampled[:, i]) for i, value in enumerate(means)]
    whole = costs.ms(names)
    count = len(names)
    found = [
        Importance(
            name,
            intervals[1 + i],
            intervals[1 + count + i],
            costs.ms([name]),
            whole - costs.ms(names[other] for other in without[i]),
        )
        for i, name in enumerate(names)
    ]
    return Importances(intervals[0], tuple(sorted(found, key=lambda one: -one.removed.value)))


def shuffled_right(question: Question, seed: int, shuffles: int = _SHUFFLES) -> np.ndarray:
    """float64 [d, n]: how often each row's label is named when one feature is shuffled among the rows of its fold."""
    rng = np.random.default_rng(seed)
    rows, features = question.features.shape
    right = np.zeros((features, rows))
    for held_out in np.unique(question.fold):
        test = np.flatnonzero(question.fold == held_out)
        train = question.fold != held_out
        chain = KnnChain.fit(question.features[train], question.labels[train], question.n_neighbors, question.levels)
        for column in range(features):
            for _ in range(shuffles):
                asked = question.features[test].copy()
                asked[:, column] = rng.permutation(asked[:, column])
                right[column, test] += chain.choose(chain.votes(asked)) == question.labels[test]
    return right / shuffles
