"""Choosing features as a part of fitting, so that nested cross-validation judges the choice as well."""

import hashlib
from dataclasses import dataclass, field

import numpy as np

from edgewise.errors import UsageError
from edgewise.select.criterion import Criterion, top_k
from edgewise.select.features.correlation import THRESHOLD, CorrelationFilter, drop_correlated
from edgewise.select.features.elimination import KEEP, Elimination, eliminate
from edgewise.select.features.feature_sets import Question
from edgewise.select.judge.folds import stratified_folds
from edgewise.select.optimal import fastest_right
from edgewise.select.premodel.membership import choose_members
from edgewise.select.selector import Method, Selector
from edgewise.select.trials import Trials

MOST_ROWS = 1000  # the time grows with their square


@dataclass(frozen=True)
class ChosenFeatures:
    """Both steps of the paper on one set of trials, down to the last feature."""

    filter: CorrelationFilter
    elimination: Elimination

    def names(self, keep: int) -> tuple[str, ...]:
        """The last `keep` features that were in; all that the filter left where there are fewer."""
        return self.elimination.best(min(keep, len(self.elimination.names)))


@dataclass(frozen=True)
class FeatureChoice:
    """How features are chosen on given trials.

    Source: Taylor et al. 2018, 3.3: |r| > 0.75 drops one of a pair, then features are eliminated by cross-validation.
    Reading: the folds of the elimination are made inside the given trials; of more than 1,000 images an even selection
    of each label is used, since the time grows with the square of them.
    """

    criterion: Criterion = "top1"
    threshold: float = THRESHOLD
    theta_points: float = 0.5
    n_neighbors: int = 5
    folds: int = 10
    points_per_ms: float = 0.0
    seed: int = 0

    def choose(self, trials: Trials) -> ChosenFeatures:
        """The filter and the elimination on all of `trials`. Raises `UsageError` when no feature varies."""
        found = drop_correlated(trials.features, trials.feature_names, self.threshold)
        if not found.kept:
            raise UsageError("None of the features varies over the images.", "Use more and different images.")
        question = ask(
            trials.with_features(found.kept),
            self.criterion,
            self.theta_points,
            self.folds,
            self.seed,
            self.n_neighbors,
        )
        return ChosenFeatures(found, self.eliminate(question, found.kept, trials))

    def eliminate(self, question: Question, names: tuple[str, ...], trials: Trials) -> Elimination:
        """Down to one feature; how many are kept is for whoever asks."""
        return eliminate(question, names, keep=1, costs=trials.feature_costs, points_per_ms=self.points_per_ms)


@dataclass(frozen=True)
class RememberedChoice(FeatureChoice):
    """A choice that is made once for the same question, however many methods and tables ask it."""

    known: dict[bytes, Elimination] = field(default_factory=dict[bytes, Elimination], compare=False, repr=False)

    def eliminate(self, question: Question, names: tuple[str, ...], trials: Trials) -> Elimination:
        digest = hashlib.sha256(repr((names, question.levels, question.n_neighbors)).encode())
        for array in (question.features, question.labels, question.fold):
            digest.update(np.ascontiguousarray(array).tobytes())
        key = digest.digest()
        if key not in self.known:
            self.known[key] = super().eliminate(question, names, trials)
        return self.known[key]


@dataclass(frozen=True)
class SelectedFeatures:
    """A `Method` that first chooses among the features of its trials, then fits `method` with the chosen ones.

    The selector needs the chosen features only, and is charged for those alone. Under `evaluate` each fold chooses for
    itself, on its training images.
    """

    method: Method
    choice: FeatureChoice = FeatureChoice()
    keep: int = KEEP

    def fit(self, trials: Trials) -> Selector:
        """Choose, then fit. Raises `UsageError` when a setting cannot work, and what `method` raises."""
        return self.method.fit(trials.with_features(self.choice.choose(trials).names(self.keep)))


def ask(
    trials: Trials,
    criterion: Criterion = "top1",
    theta_points: float = 0.5,
    folds: int = 10,
    seed: int = 0,
    n_neighbors: int = 5,
    most_rows: int = MOST_ROWS,
) -> Question:
    """What the chain is asked on some trials: the optimal one of Algorithm 1's models, with the trials' features.

    Of more than `most_rows` images an even selection of each label is used.
    """
    right = trials.right(top_k(criterion))
    members = sorted(choose_members(right, theta_points).models)
    labels = fastest_right(right[:, members])
    rows = _even_selection(labels, most_rows, seed)
    labels = labels[rows]
    fold = stratified_folds(labels, min(folds, len(rows)), seed)
    return Question(np.asarray(trials.features[rows], np.float64), labels, len(members), fold, n_neighbors)


def _even_selection(labels: np.ndarray, at_most: int, seed: int) -> np.ndarray:
    """Rows in rising order, each label in proportion; all of them where they are no more than `at_most`."""
    shuffled = np.random.default_rng(seed).permutation(len(labels))
    by_label = shuffled[np.argsort(labels[shuffled], kind="stable")]
    places = np.linspace(0, len(labels) - 1, min(at_most, len(labels))).round().astype(np.int64)
    return np.sort(by_label[places])
