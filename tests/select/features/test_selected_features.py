"""Choosing features inside `fit`: the training images alone decide, and only what was chosen is paid for."""

from dataclasses import dataclass, field, replace

import numpy as np
import pytest

from edgewise.errors import UsageError
from edgewise.select.feature_costs import FeatureCosts
from edgewise.select.features.selected_features import (
    ChosenFeatures,
    FeatureChoice,
    RememberedChoice,
    SelectedFeatures,
    ask,
)
from edgewise.select.judge.evaluate import evaluate
from edgewise.select.premodel.method import PremodelMethod
from edgewise.select.trials import Trials


@pytest.fixture
def trials(make_trials) -> Trials:
    """The difficulty itself, a copy of it, a constant, and four columns of noise; each costs 1 s of its own."""
    made = make_trials(images=150, specialists=True)
    rng = np.random.default_rng(4)
    tells = made.features[:, 0]
    columns = np.column_stack([rng.random((150, 4)), tells, 3 * tells + 1, np.ones(150)])
    names = ("n0", "n1", "n2", "n3", "tells", "copy", "flat")
    costs = FeatureCosts(dict.fromkeys(names, 1000.0), {name: (name,) for name in names})
    return replace(made, features=columns, feature_names=names, feature_costs=costs)


def test_the_selector_needs_what_was_chosen_and_pays_for_that_alone(trials: Trials) -> None:
    method = SelectedFeatures(PremodelMethod(on_fail="refuse"), FeatureChoice(folds=4), keep=2)
    selector = method.fit(trials)
    found = method.choice.choose(trials)
    assert selector.feature_names == found.names(2)
    assert len(selector.feature_names) == 2
    assert "tells" in selector.feature_names
    assert {dropped.name: dropped.because for dropped in found.filter.dropped} == {"flat": "", "copy": "tells"}
    table = evaluate(trials, {"chosen": method, "all": PremodelMethod(on_fail="refuse")}, folds=3, bootstrap=10).table
    rows = {row.name: row for row in table.rows}
    assert [rows[name].choose_ms // 1000 for name in ("chosen", "all")] == [2, 7], "deciding takes less than a second"
    assert rows["chosen"].accuracy.value > rows["all"].accuracy.value


@dataclass(frozen=True)
class Telling(FeatureChoice):
    """Keeps what it has chosen, and for how many images."""

    told: list[tuple[int, tuple[str, ...]]] = field(default_factory=list)

    def choose(self, trials: Trials) -> ChosenFeatures:
        found = super().choose(trials)
        self.told.append((len(trials), found.names(2)))
        return found


def test_each_fold_chooses_for_itself_without_the_held_out_images(trials: Trials) -> None:
    choice = Telling(folds=4)
    evaluation = evaluate(trials, {"chosen": SelectedFeatures(PremodelMethod(), choice, keep=2)}, folds=3, bootstrap=10)
    held_out = [trials.take(evaluation.fold != fold) for fold in range(3)]
    assert choice.told == [(len(rows), FeatureChoice(folds=4).choose(rows).names(2)) for rows in held_out]


def test_a_remembered_choice_is_the_same_and_is_made_once(trials: Trials) -> None:
    remembered = RememberedChoice(folds=4)
    first = remembered.choose(trials).elimination
    assert first == FeatureChoice(folds=4).choose(trials).elimination
    assert remembered.choose(trials).elimination is first
    assert remembered.choose(trials.take(np.arange(100))).elimination is not first
    assert len(remembered.known) == 2


def test_more_features_than_there_are_is_all_that_the_filter_left(trials: Trials) -> None:
    assert len(FeatureChoice(folds=4).choose(trials).names(99)) == 5


def test_many_images_are_thinned_evenly(make_trials) -> None:
    trials = make_trials(images=500)
    question = ask(trials, most_rows=200)
    assert len(question.labels) == 200
    whole = ask(trials, most_rows=500)
    assert len(whole.labels) == 500
    shares = [np.bincount(q.labels, minlength=4) / len(q.labels) for q in (question, whole)]
    np.testing.assert_allclose(*shares, atol=0.02)


def test_features_that_never_vary_are_an_error(trials: Trials) -> None:
    with pytest.raises(UsageError, match="None of the features varies"):
        SelectedFeatures(PremodelMethod()).fit(trials.with_features(["flat"]))
