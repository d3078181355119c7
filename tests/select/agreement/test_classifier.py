import pickle

import numpy as np
import pytest
from sklearn.base import clone, is_classifier
from sklearn.exceptions import NotFittedError
from sklearn.utils import get_tags

from edgewise.errors import UsageError
from edgewise.select.agreement.classifier import AgreementClassifier, RankedVotesClassifier
from edgewise.select.agreement.method import AgreementMethod
from edgewise.select.agreement.ranked_method import RankedVotesMethod

BOTH = [(AgreementClassifier, AgreementMethod), (RankedVotesClassifier, RankedVotesMethod)]


def _stacked(trials) -> np.ndarray:
    return np.stack(trials.logits, axis=1)


@pytest.mark.parametrize(("Classifier", "Method"), BOTH)
def test_the_estimator_and_the_method_learn_the_same(make_voters, Classifier, Method) -> None:
    trials = make_voters(images=300)
    estimator = Classifier(times_ms=trials.times_ms, price=0.002).fit(_stacked(trials), trials.labels)
    (selector,) = Method().fit_path(trials, [0.002])
    assert tuple(trials.models[int(index)] for index in estimator.selector_.models) == selector.models
    assert (estimator.predict(_stacked(trials)) == selector.route(trials).top[:, 0]).all()
    assert estimator.score(_stacked(trials), trials.labels) > 0.7


@pytest.mark.parametrize(("Classifier", "Method"), BOTH)
def test_what_applies_of_the_scikit_learn_contract(make_voters, Classifier, Method) -> None:
    estimator = Classifier(times_ms=[1.0, 2.0, 3.0], price=0.5, max_stages=2, criterion="top5")
    again = clone(estimator)
    assert again.get_params() == estimator.get_params()
    assert {"times_ms", "price", "max_stages", "max_models", "criterion"} <= set(estimator.get_params())
    assert estimator.set_params(max_stages=1).max_stages == 1
    assert is_classifier(estimator)
    assert get_tags(estimator).input_tags.three_d_array
    assert not get_tags(estimator).input_tags.two_d_array
    with pytest.raises(NotFittedError):
        again.predict(np.zeros((1, 3, 4)))
    trials = make_voters(images=60)
    X = _stacked(trials)
    fitted = Classifier().fit(X, trials.labels)
    assert (pickle.loads(pickle.dumps(fitted)).predict(X) == fitted.predict(X)).all()
    assert fitted.classes_.tolist() == list(range(12))
    assert fitted.fit(X[:50], trials.labels[:50]) is fitted
    with pytest.raises(UsageError, match="as in training"):
        fitted.predict(X[:, :2])


@pytest.mark.parametrize(
    ("X", "y", "settings", "says"),
    [
        (np.zeros((4, 3)), np.zeros(4, int), {}, "models, classes"),
        (np.zeros((4, 2, 3)), np.zeros(5, int), {}, "4 class indices"),
        (np.zeros((4, 2, 3)), np.zeros(4), {}, "float64"),
        (np.zeros((4, 2, 3)), np.full(4, 3), {}, "0 to 2"),
        (np.zeros((0, 2, 3)), np.zeros(0, int), {}, "one at least"),
        (np.zeros((4, 2, 3)), np.zeros(4, int), {"times_ms": [2.0, 1.0]}, "rising"),
        (np.zeros((4, 2, 3)), np.zeros(4, int), {"price": -1.0}, "price is -1"),
    ],
)
def test_what_cannot_work(X: np.ndarray, y: np.ndarray, settings, says: str) -> None:
    with pytest.raises(UsageError, match=says):
        AgreementClassifier(**settings).fit(X, y)
