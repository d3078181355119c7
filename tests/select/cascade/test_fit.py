import pickle

import numpy as np
import pytest
from sklearn.base import clone, is_classifier
from sklearn.exceptions import NotFittedError
from sklearn.utils import get_tags

from edgewise.errors import UsageError
from edgewise.select.cascade.fit import CascadeClassifier, CascadeMethod


def _stacked(trials) -> np.ndarray:
    return np.stack(trials.logits, axis=1)


def test_the_estimator_and_the_method_learn_the_same(make_trials) -> None:
    trials = make_trials(images=300)
    estimator = CascadeClassifier(times_ms=trials.times_ms, max_mean_ms=40.0).fit(_stacked(trials), trials.labels)
    selector = CascadeMethod(max_mean_ms=40.0).fit(trials)
    assert tuple(trials.models[int(index)] for index in estimator.cascade_.models) == selector.models
    assert estimator.cascade_.thresholds == selector.thresholds
    assert estimator.cascade_.temperatures == selector.temperatures
    assert (estimator.predict(_stacked(trials)) == selector.route(trials).top[:, 0]).all()
    assert estimator.score(_stacked(trials), trials.labels) == estimator.found_.right / 300
    assert estimator.found_.mean_ms <= 40.0


def test_what_applies_of_the_scikit_learn_contract(make_trials) -> None:
    estimator = CascadeClassifier(times_ms=[1.0, 2.0, 3.0], average=True, max_stages=2, criterion="top5")
    again = clone(estimator)
    assert again.get_params() == estimator.get_params()
    names = {"times_ms", "max_mean_ms", "average", "max_stages", "criterion", "standard_errors"}
    assert set(estimator.get_params()) == names
    assert estimator.set_params(max_stages=1).max_stages == 1
    assert is_classifier(estimator)
    assert get_tags(estimator).input_tags.three_d_array
    assert not get_tags(estimator).input_tags.two_d_array
    with pytest.raises(NotFittedError):
        again.predict(np.zeros((1, 3, 4)))
    trials = make_trials()
    X = _stacked(trials)
    fitted = CascadeClassifier().fit(X, trials.labels)
    assert (pickle.loads(pickle.dumps(fitted)).predict(X) == fitted.predict(X)).all()
    assert fitted.classes_.tolist() == list(range(6))
    assert fitted.fit(X[:50], trials.labels[:50]) is fitted


def test_a_model_that_is_overconfident_is_cooled(make_trials) -> None:
    trials = make_trials(images=500)
    loud = [array * 9 for array in trials.logits]
    usual = CascadeClassifier(max_stages=1).fit(np.stack(trials.logits, axis=1), trials.labels)
    shouting = CascadeClassifier(max_stages=1).fit(np.stack(loud, axis=1), trials.labels)
    assert shouting.cascade_.temperatures[0] == pytest.approx(9 * usual.cascade_.temperatures[0], rel=0.01)


@pytest.mark.parametrize(
    ("X", "y", "says"),
    [
        (np.zeros((4, 3)), np.zeros(4, int), "models, classes"),
        (np.zeros((4, 2, 3)), np.zeros(5, int), "4 class indices"),
        (np.zeros((4, 2, 3)), np.zeros(4), "float64"),
        (np.zeros((4, 2, 3)), np.full(4, 3), "0 to 2"),
        (np.zeros((0, 2, 3)), np.zeros(0, int), "one at least"),
    ],
)
def test_data_of_another_shape(X: np.ndarray, y: np.ndarray, says: str) -> None:
    with pytest.raises(UsageError, match=says):
        CascadeClassifier().fit(X, y)


@pytest.mark.parametrize(
    ("settings", "says"),
    [
        ({"times_ms": [2.0, 1.0, 3.0]}, "rising"),
        ({"times_ms": [2.0]}, "3 rising"),
        ({"max_stages": 0}, "max_stages is 0"),
        ({"average": "sometimes"}, "'sometimes'"),
        ({"criterion": "top3"}, "'top3'"),
        ({"max_mean_ms": 0.5}, "0.5 ms"),
    ],
)
def test_settings_that_cannot_work(make_trials, settings: dict[str, object], says: str) -> None:
    trials = make_trials(images=30)
    with pytest.raises(UsageError, match=says):
        CascadeClassifier(**settings).fit(_stacked(trials), trials.labels)


def test_prediction_wants_the_shape_of_training(make_trials) -> None:
    trials = make_trials(images=30)
    fitted = CascadeClassifier().fit(_stacked(trials), trials.labels)
    with pytest.raises(UsageError, match="as in training"):
        fitted.predict(_stacked(trials)[:, :2])
