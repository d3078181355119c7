import pickle

import numpy as np
import pytest
from sklearn.base import clone, is_classifier
from sklearn.exceptions import NotFittedError
from sklearn.utils import get_tags

from edgewise.errors import UsageError
from edgewise.select.budget.prices import prices_for
from edgewise.select.cascade import fit
from edgewise.select.cascade.fit import CascadeClassifier, CascadeMethod


def _noisy(trials):
    rng = np.random.default_rng(0)
    for scores in trials.logits:
        scores += rng.normal(0, 1, scores.shape)
    return trials


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
    names |= {"calibration", "signal"}
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


@pytest.mark.parametrize("calibration", ["temperature", "vector", "isotonic"])
@pytest.mark.parametrize("average", [True, False, "weighted", "auto"])
def test_a_path_holds_what_its_prices_ask(make_trials, calibration, average) -> None:
    trials = _noisy(make_trials(images=200, seed=4))
    method = CascadeMethod(average=average, calibration=calibration, signal="auto" if average is True else "margin")
    path = method.fit_path(trials, prices_for(trials.times_ms))
    assert len(path) == len(prices_for(trials.times_ms))
    assert len(set(map(id, path))) == len(set(path)) < len(path), "neighbours that are the same are one object"
    right = [one.route(trials).right(trials.labels).mean() for one in (path[0], path[-1])]
    assert right[0] >= trials.right().mean(axis=0).max() > right[1]
    assert path[-1].models == ("net0",)
    several = [one for one in path if len(one.models) > 1]
    assert several
    for one in several:
        assert one.average == (average is not False) or average == "auto"
        assert bool(one.scalings) == (calibration == "vector")
        assert bool(one.maps) == (calibration == "isotonic")
        assert bool(one.weights) == (average == "weighted") or average == "auto"


def test_a_weighted_cascade_routes_as_the_search_counted(make_trials) -> None:
    trials = _noisy(make_trials(images=300))
    for calibration in ("temperature", "vector", "isotonic"):
        method = CascadeMethod(average="weighted", max_mean_ms=40.0, calibration=calibration)
        cascade, found = method.search(trials.models, trials.logits, trials.labels, trials.times_ms)
        routes = cascade.route(trials)
        assert routes.right(trials.labels).sum() == found.right
        assert (routes.ran @ trials.times_ms).mean() == pytest.approx(found.mean_ms)


def test_isotonic_thresholds_are_probabilities_of_a_right_answer(make_trials) -> None:
    trials = make_trials(images=2000, reach=(0.5, 0.9))
    rng = np.random.default_rng(0)
    trials.logits[0][:] += rng.normal(0, 2, trials.logits[0].shape)
    selector = CascadeMethod(calibration="isotonic", average=False).fit_path(trials, [0.02])[0]
    assert selector.models == ("net0", "net1")
    routes = selector.route(trials)
    stopped = routes.chosen == 0
    assert 0.05 < stopped.mean() < 0.95
    assert routes.right(trials.labels)[stopped].mean() >= selector.thresholds[0]


def test_macro_f1_weighs_classes_alike(make_trials) -> None:
    trials = make_trials(images=400, classes=2)
    trials.labels[:] = np.repeat([0, 1], [380, 20])
    for place, scores in enumerate(trials.logits):
        scores[:] = [4.0, 0.0] if place == 0 else [0.0, 4.0]
    price = [1e-3]
    assert CascadeMethod("top1", max_stages=1).fit_path(trials, price)[0].models == ("net0",)
    trials.logits[1][:380:10] = [4.0, 0.0]  # net1: a tenth of the one class, all of the other
    assert CascadeMethod("macro-f1", max_stages=1).fit_path(trials, price)[0].models == ("net1",)
    assert CascadeMethod("top1", max_stages=1).fit_path(trials, price)[0].models == ("net0",)


def test_of_very_many_images_an_even_part_is_searched(make_trials, monkeypatch) -> None:
    monkeypatch.setattr(fit, "_SEARCHED_IMAGES", 100)
    trials = _noisy(make_trials(images=250))
    _, found = CascadeMethod(max_mean_ms=40.0).search(trials.models, trials.logits, trials.labels, trials.times_ms)
    assert found.right <= 84


def test_a_model_that_is_overconfident_is_cooled(make_trials) -> None:
    trials = make_trials(images=500)
    loud = [array * 9 for array in trials.logits]
    method = CascadeClassifier(max_stages=1, calibration="temperature")
    usual = clone(method).fit(np.stack(trials.logits, axis=1), trials.labels)
    shouting = clone(method).fit(np.stack(loud, axis=1), trials.labels)
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
        ({"calibration": "platt"}, "'platt'"),
        ({"signal": "variance"}, "'variance'"),
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


def test_an_infeasible_budget_names_the_nearest_feasible(make_trials) -> None:
    for budget in (0.99, 0.0, -1.0, float("nan")):
        with pytest.raises(UsageError) as caught:
            CascadeMethod(max_mean_ms=budget).fit(make_trials(images=30))
        assert caught.value.hint == "The nearest feasible budget is 1 ms."
