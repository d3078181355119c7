"""Accuracy by number of features, judged on images that chose nothing."""

from dataclasses import replace

import numpy as np
import pytest

from edgewise.select.feature_costs import FeatureCosts
from edgewise.select.features.feature_sweep import sweep
from edgewise.select.features.selected_features import FeatureChoice


@pytest.fixture(scope="module")
def trials(make_trials):
    made = make_trials(images=120, specialists=True)
    noise = np.random.default_rng(2).random((120, 3))
    names = ("n0", "n1", "n2", "tells")
    costs = FeatureCosts({"n": 1.0, "t": 4.0}, {"n0": ("n",), "n1": ("n",), "n2": ("n",), "tells": ("t",)})
    columns = np.column_stack([noise, made.features])
    return replace(made, features=columns, feature_names=names, feature_costs=costs)


def test_one_feature_that_tells_is_found_and_noise_only_hurts(trials) -> None:
    found = sweep(trials, FeatureChoice(folds=4), folds=3, bootstrap=50)
    assert [point.count for point in found.points] == [1, 2, 3, 4]
    first, *_, last = found.points
    assert first.chosen_in == {"tells": 3}
    assert first.features_ms == 4.0
    assert last.features_ms == 5.0
    assert last.chosen_in == dict.fromkeys(trials.feature_names, 3)
    assert first.accuracy.low > last.accuracy.high


def test_noise_that_was_chosen_on_its_own_luck_is_shown_up(make_trials) -> None:
    """With labels that nothing tells, no number of features is better than the others on held-out images."""
    made = make_trials(images=150, specialists=True)
    rng = np.random.default_rng(5)
    names = tuple(f"n{i}" for i in range(6))
    noise = replace(made, features=rng.random((150, 6)), feature_names=names)
    found = sweep(noise, FeatureChoice(folds=4), folds=3, bootstrap=50)
    assert max(point.accuracy.value for point in found.points) < 0.4


def test_the_base_is_the_most_frequent_answer_of_the_training_folds(make_trials) -> None:
    made = make_trials(images=120, specialists=True)
    one_answer = replace(made, logits=tuple(np.eye(made.logits[0].shape[1])[made.labels] for _ in made.models))
    assert sweep(one_answer, FeatureChoice(folds=3), folds=2, bootstrap=5).base.value == 1.0
    three = sweep(made, FeatureChoice(folds=3), folds=3, bootstrap=20).base
    assert three.low <= three.value <= three.high
    assert three.value < 0.6


def test_progress_and_seed(trials) -> None:
    told: list[int] = []
    settings = FeatureChoice(folds=3)
    one = sweep(trials, settings, folds=2, bootstrap=5, progress=lambda what, done, total: told.append(done))
    assert told == [0, 1, 2]
    assert one == sweep(trials, settings, folds=2, bootstrap=5)
