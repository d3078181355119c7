"""Greedy backward elimination of features: the paper's second step, from 17 to 7."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from edgewise.errors import UsageError
from edgewise.progress import Progress, silent
from edgewise.select.feature_costs import FREE, FeatureCosts
from edgewise.select.features.feature_sets import Question, chain_right

KEEP = 7


@dataclass(frozen=True)
class Removal:
    """One step: the feature that went, and what the chain reaches without it."""

    name: str
    accuracy: float  # share of rows whose optimal model the chain names, held out
    features_ms: float  # what the features still in cost together


@dataclass(frozen=True)
class Elimination:
    """The way from all features to the kept ones."""

    names: tuple[str, ...]  # that it began with
    accuracy: float  # with all of them
    features_ms: float  # what they cost together
    removals: tuple[Removal, ...]  # in the order in which they went
    kept: tuple[str, ...]  # in the order of `names`

    def best(self, count: int) -> tuple[str, ...]:
        """The features that were in when `count` were left, in the order of `names`.

        Raises `UsageError` for a count that was never left.
        """
        if not len(self.kept) <= count <= len(self.names):
            raise UsageError(f"{count} features were never left; from {len(self.kept)} to {len(self.names)} were.")
        gone = {removal.name for removal in self.removals[: len(self.names) - count]}
        return tuple(name for name in self.names if name not in gone)


def eliminate(
    question: Question,
    names: Sequence[str],
    *,
    keep: int = KEEP,
    tolerance: float | None = None,
    costs: FeatureCosts = FREE,
    points_per_ms: float = 0.0,
    progress: Progress = silent,
) -> Elimination:
    """Drop the feature that the chain misses least, again and again, until `keep` are left.

    `question`: what is asked, with a column for each of `names`. With `tolerance`, a share of 1, it ends before the
    accuracy falls by more than that under the best one on the way. `points_per_ms` weighs a feature's price: a feature
    that saves 1 ms may cost so many points; 0 looks at accuracy alone, as the paper does.
    Raises `UsageError` when `keep` is below 1, or names and columns do not fit.
    Source: Taylor et al. 2018, 3.3 (17 to 7 by 10-fold cross-validation).
    Reading: accuracy is that of the KNN chain in naming the optimal model, "all fail" included, since that is what the
    chain is trained for. Of equally good removals the one that saves most time is taken, then the last named one.
    """
    if len(names) != question.features.shape[1] or keep < 1:
        raise UsageError(f"{keep} of {len(names)} named features are to be kept; there are {question.features.shape}.")
    price = points_per_ms / 100
    inside = list(range(len(names)))
    accuracy = highest = _accuracies(question, [inside])[0]
    removals: list[Removal] = []
    steps = max(0, len(names) - keep)
    while len(inside) > keep:
        progress("dropping features", len(removals), steps)
        without = [[other for other in inside if other != column] for column in inside]
        reached = _accuracies(question, without)
        prices = [costs.ms(names[column] for column in left) for left in without]
        worth = [(share - price * ms, -ms) for share, ms in zip(reached, prices, strict=True)]
        goes = max(range(len(inside)), key=lambda place: (*worth[place], place))
        if tolerance is not None and reached[goes] < highest - tolerance - 1e-12:
            break
        removals.append(Removal(names[inside[goes]], reached[goes], prices[goes]))
        highest = max(highest, reached[goes])
        del inside[goes]
    progress("dropping features", steps, steps)
    kept = tuple(names[column] for column in inside)
    return Elimination(tuple(names), accuracy, costs.ms(names), tuple(removals), kept)


def _accuracies(question: Question, sets: Sequence[Sequence[int]]) -> list[float]:
    return [float(share) for share in np.mean(chain_right(question, sets), axis=1)]
