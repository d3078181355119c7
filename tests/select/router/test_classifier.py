import pickle

import numpy as np
import pytest
from sklearn.base import clone, is_classifier
from sklearn.exceptions import NotFittedError
from sklearn.utils import get_tags

from edgewise.errors import UsageError
from edgewise.select.router.classifier import RouterClassifier
from edgewise.select.router.method import RouterMethod


def _stacked(trials) -> np.ndarray:
    return np.stack(trials.logits, axis=1)


@pytest.mark.parametrize("estimator", ["knn", "ridge"])
def test_the_estimator_and_the_method_learn_the_same(make_trials, estimator) -> None:
    trials = make_trials(images=200)
    fitted = RouterClassifier(trials.times_ms, price=0.002, estimator=estimator).fit(_stacked(trials), trials.labels)
    selector = RouterMethod(estimator=estimator).fit_path(trials, [0.002])[0]
    assert (fitted.predict(_stacked(trials)) == selector.route(trials).top[:, 0]).all()
    assert fitted.score(_stacked(trials), trials.labels) > trials.right()[:, 0].mean()


def test_a_budget_stands_instead_of_a_price(make_trials) -> None:
    trials = make_trials(images=200)
    fitted = RouterClassifier(trials.times_ms, max_mean_ms=15.0, via="0").fit(_stacked(trials), trials.labels)
    assert fitted.router_.price > 0
    with pytest.raises(UsageError, match=r"0\.5 ms"):
        RouterClassifier(trials.times_ms, max_mean_ms=0.5).fit(_stacked(trials), trials.labels)


def test_what_applies_of_the_scikit_learn_contract(make_trials) -> None:
    estimator = RouterClassifier(times_ms=[1.0, 2.0, 3.0], price=0.1, average=True, n_neighbors=5, criterion="top5")
    again = clone(estimator)
    assert again.get_params() == estimator.get_params()
    names = {"times_ms", "price", "max_mean_ms", "estimator", "via", "average", "n_neighbors", "criterion", "seed"}
    assert set(estimator.get_params()) == names
    assert estimator.set_params(n_neighbors=9).n_neighbors == 9
    assert is_classifier(estimator)
    assert get_tags(estimator).input_tags.three_d_array
    assert not get_tags(estimator).input_tags.two_d_array
    with pytest.raises(NotFittedError):
        again.predict(np.zeros((1, 3, 4)))
    trials = make_trials(images=80)
    X = _stacked(trials)
    fitted = RouterClassifier().fit(X, trials.labels)
    assert (pickle.loads(pickle.dumps(fitted)).predict(X) == fitted.predict(X)).all()
    assert fitted.classes_.tolist() == list(range(6))
    assert fitted.fit(X[:50], trials.labels[:50]) is fitted


@pytest.mark.parametrize(
    ("X", "y", "says"),
    [
        (np.zeros((4, 3)), np.zeros(4, int), "models, classes"),
        (np.zeros((4, 2, 3)), np.zeros(5, int), "4 class indices"),
        (np.zeros((4, 2, 3)), np.zeros(4), "float64"),
        (np.zeros((4, 2, 3)), np.full(4, 3), "class set"),
        (np.zeros((0, 2, 3)), np.zeros(0, int), "at least one"),
    ],
)
def test_data_of_another_shape(X: np.ndarray, y: np.ndarray, says: str) -> None:
    with pytest.raises(UsageError, match=says):
        RouterClassifier().fit(X, y)


@pytest.mark.parametrize(
    ("settings", "says"),
    [({"times_ms": [2.0, 1.0, 3.0]}, "cheapest first"), ({"price": -1.0}, "price is -1"), ({"via": "7"}, "'7'")],
)
def test_settings_that_cannot_work(make_trials, settings: dict[str, object], says: str) -> None:
    trials = make_trials(images=30)
    with pytest.raises(UsageError, match=says):
        RouterClassifier(**settings).fit(_stacked(trials), trials.labels)


def test_prediction_wants_the_shape_of_training(make_trials) -> None:
    trials = make_trials(images=30)
    fitted = RouterClassifier().fit(_stacked(trials), trials.labels)
    with pytest.raises(UsageError, match="as in training"):
        fitted.predict(_stacked(trials)[:, :2])
