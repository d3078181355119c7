import pickle

import numpy as np
import pytest
from sklearn.base import clone, is_classifier
from sklearn.exceptions import NotFittedError
from sklearn.utils import get_tags

from edgewise.errors import UsageError
from edgewise.select.learned.classifiers import DeferralClassifier, UtilityClassifier
from edgewise.select.learned.deferral_fit import DeferralMethod
from edgewise.select.learned.utility_fit import UtilityMethod

BOTH = pytest.mark.parametrize("kind", [DeferralClassifier, UtilityClassifier])


def _stacked(trials) -> np.ndarray:
    return np.stack(trials.logits, axis=1)


@pytest.mark.parametrize(
    ("kind", "method"), [(DeferralClassifier, DeferralMethod(seed=2)), (UtilityClassifier, UtilityMethod(seed=2))]
)
def test_the_estimator_and_the_method_learn_the_same(make_trials, kind, method) -> None:
    trials = make_trials(images=200)
    estimator = kind(times_ms=trials.times_ms, price=0.002, seed=2).fit(_stacked(trials), trials.labels)
    (selector,) = method.fit_path(trials, (0.002,))
    assert tuple(trials.models[int(index)] for index in estimator.selector_.models) == selector.models
    assert len(selector.models) > 1
    assert (estimator.predict(_stacked(trials)) == selector.route(trials).top[:, 0]).all()
    assert estimator.score(_stacked(trials), trials.labels) > 0.85


@BOTH
def test_what_applies_of_the_scikit_learn_contract(make_trials, kind) -> None:
    own = {"max_stages": 2} if kind is DeferralClassifier else {"isotonic": False}
    estimator = kind(times_ms=[1.0, 2.0, 3.0], price=0.1, average=True, criterion="top5", seed=1, **own)
    again = clone(estimator)
    assert again.get_params() == estimator.get_params()
    assert set(estimator.get_params()) == {"times_ms", "price", "average", "criterion", "seed", *own}
    assert estimator.set_params(price=0.2).price == 0.2
    assert is_classifier(estimator)
    assert get_tags(estimator).input_tags.three_d_array
    assert not get_tags(estimator).input_tags.two_d_array
    with pytest.raises(NotFittedError):
        again.predict(np.zeros((1, 3, 4)))
    trials = make_trials(images=90)
    X = _stacked(trials)
    fitted = kind().fit(X, trials.labels)
    assert (pickle.loads(pickle.dumps(fitted)).predict(X) == fitted.predict(X)).all()
    assert fitted.classes_.tolist() == list(range(6))
    assert fitted.fit(X[:50], trials.labels[:50]) is fitted


@BOTH
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
def test_data_of_another_shape(kind, X: np.ndarray, y: np.ndarray, says: str) -> None:
    with pytest.raises(UsageError, match=says):
        kind().fit(X, y)


@BOTH
@pytest.mark.parametrize(
    ("settings", "says"),
    [
        ({"times_ms": [2.0, 1.0, 3.0]}, "rising"),
        ({"times_ms": [2.0]}, "3 rising"),
        ({"price": -1.0}, "price is -1"),
        ({"price": np.inf}, "price is inf"),
        ({"average": "sometimes"}, "'sometimes'"),
        ({"criterion": "top3"}, "'top3'"),
    ],
)
def test_settings_that_cannot_work(make_trials, kind, settings: dict[str, object], says: str) -> None:
    trials = make_trials(images=30)
    with pytest.raises(UsageError, match=says):
        kind(**settings).fit(_stacked(trials), trials.labels)


@BOTH
def test_prediction_wants_the_shape_of_training(make_trials, kind) -> None:
    trials = make_trials(images=30)
    fitted = kind().fit(_stacked(trials), trials.labels)
    with pytest.raises(UsageError, match="as in training"):
        fitted.predict(_stacked(trials)[:, :2])
