import pickle
import subprocess
import sys
from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest
from sklearn.base import clone, is_classifier
from sklearn.exceptions import NotFittedError
from sklearn.utils import get_tags

import edgewise.select
from edgewise.errors import UsageError
from edgewise.select.agreement.classifier import AgreementClassifier, RankedVotesClassifier
from edgewise.select.agreement.method import AgreementMethod
from edgewise.select.agreement.ranked_method import RankedVotesMethod
from edgewise.select.cascade.classifier import CascadeClassifier
from edgewise.select.cascade.fit import CascadeMethod
from edgewise.select.feature_costs import FREE
from edgewise.select.hybrid.classifier import HybridClassifier
from edgewise.select.hybrid.method import HybridMethod
from edgewise.select.kinds import OWN
from edgewise.select.learned.classifiers import DeferralClassifier, UtilityClassifier
from edgewise.select.learned.deferral_fit import DeferralMethod
from edgewise.select.learned.utility_fit import UtilityMethod
from edgewise.select.router.classifier import RouterClassifier
from edgewise.select.router.method import RouterMethod
from edgewise.select.router.occam import OccamMethod
from edgewise.select.selector import Seen
from edgewise.select.stacked import StackedClassifier
from edgewise.select.trials import Trials

PRICE = 0.002
TIMES = (1.0, 10.0, 100.0)

FITS = {  # an estimator with settings of its own, and what fits the same selector to trials
    "cascade": (
        CascadeClassifier(TIMES, 40.0, True, 2, "macro-f1", 1.0, "vector", "entropy"),
        CascadeMethod("macro-f1", 40.0, True, 2, 1.0, "vector", "entropy").fit,
    ),
    "cascade of no budget": (
        CascadeClassifier(TIMES, standard_errors=3.0, average=False),
        CascadeMethod(standard_errors=3.0, average=False).fit,
    ),
    "agreement": (
        AgreementClassifier(TIMES, PRICE, 3, 3, "macro-f1"),
        lambda trials: AgreementMethod("macro-f1", 3, 3).fit_path(trials, [PRICE])[0],
    ),
    "ranked votes": (
        RankedVotesClassifier(TIMES, PRICE, 2, 3, "macro-f1", 4),
        lambda trials: RankedVotesMethod("macro-f1", 2, 3, 4).fit_path(trials, [PRICE])[0],
    ),
    "deferral": (
        DeferralClassifier(TIMES, PRICE, True, 2, "macro-f1", 4),
        lambda trials: DeferralMethod("macro-f1", True, 2, 4).fit_path(trials, [PRICE])[0],
    ),
    "utility": (
        UtilityClassifier(TIMES, PRICE, True, True, "macro-f1", 4),
        lambda trials: UtilityMethod("macro-f1", True, True, 4).fit_path(trials, [PRICE])[0],
    ),
    "router": (
        RouterClassifier(TIMES, PRICE, None, "knn", "1", True, 7, "macro-f1", 4),
        lambda trials: RouterMethod("macro-f1", "knn", via="1", average=True, n_neighbors=7, seed=4).fit_path(
            trials, [PRICE]
        )[0],
    ),
    "router within a budget": (
        RouterClassifier(TIMES, np.nan, 30.0, "ridge", "0", False),
        OccamMethod(30.0, RouterMethod(estimator="ridge", via="0", average=False)).fit,
    ),
    "hybrid": (
        HybridClassifier(TIMES, PRICE, "embedding", "ridge", 4, "macro-f1"),
        lambda trials: HybridMethod("macro-f1", "embedding", "ridge", 4).fit_path(trials, [PRICE])[0],
    ),
}
ESTIMATORS = [pytest.param(estimator, id=name) for name, (estimator, _) in FITS.items()]
KINDS = sorted({type(estimator) for estimator, _ in FITS.values()}, key=lambda kind: kind.__name__)
PRICED = [kind for kind in KINDS if "price" in kind().get_params()]


def _noisy(make_trials, images: int = 200, **options) -> Trials:
    """Trials as an estimator makes them: models named by their index, no features; no model is sure without reason."""
    trials = make_trials(images=images, **options)
    noise = np.random.default_rng(1).normal(0, 1, (images, len(trials.models), trials.logits[0].shape[1]))
    X = np.stack(trials.logits, axis=1) + noise.astype(np.float32)
    return replace(
        trials.with_features(()),
        models=tuple(str(model) for model in range(len(trials.models))),
        logits=tuple(X[:, model] for model in range(len(trials.models))),
        feature_costs=FREE,
    )


def _stacked(trials: Trials) -> np.ndarray:
    return np.stack(trials.logits, axis=1)


@pytest.mark.parametrize(("estimator", "fit"), [pytest.param(*pair, id=name) for name, pair in FITS.items()])
def test_the_estimator_and_the_method_learn_the_same(make_trials, decide_loop, estimator, fit) -> None:
    trials = _noisy(make_trials)
    X, fitted, selector = _stacked(trials), clone(estimator), fit(trials)
    assert fitted.fit(X, trials.labels) is fitted
    values, arrays = fitted.selector_.state()
    expected_values, expected_arrays = selector.state()
    assert (fitted.selector_.kind, values) == (selector.kind, expected_values)
    assert arrays.keys() == expected_arrays.keys()
    assert all((arrays[name] == expected_arrays[name]).all() for name in arrays)
    routes = selector.route(trials)
    assert routes.ran.any(axis=0).sum() > 1, "there is something to decide"
    assert (fitted.predict(X) == routes.top[:, 0]).all()
    looped = decide_loop(SimpleNamespace(feature_names=(), decide=fitted.decide), trials)
    for name in ("ran", "chosen", "top", "steps"):
        assert (getattr(looped, name) == getattr(routes, name)).all(), name
    assert fitted.score(X, trials.labels) == routes.right(trials.labels).mean()
    assert fitted.classes_.tolist() == list(range(6))
    assert fitted.n_models_in_ == 3


@pytest.mark.parametrize("estimator", ESTIMATORS)
def test_what_applies_of_the_scikit_learn_contract(estimator) -> None:
    again = clone(estimator)
    assert repr(again.get_params()) == repr(estimator.get_params())
    assert again.set_params(times_ms=[1.0, 2.0], criterion="top5") is again
    assert (again.times_ms, again.criterion, estimator.times_ms) == ([1.0, 2.0], "top5", TIMES)
    assert is_classifier(estimator)
    assert get_tags(estimator).input_tags.three_d_array
    assert not get_tags(estimator).input_tags.two_d_array
    with pytest.raises(NotFittedError):
        estimator.predict(np.zeros((1, 3, 6)))
    with pytest.raises(NotFittedError):
        estimator.decide(Seen(None))


@pytest.mark.parametrize("kind", KINDS)
def test_a_fitted_one_can_be_pickled_and_fitted_again(make_trials, kind) -> None:
    trials = _noisy(make_trials, images=60)
    X = _stacked(trials)
    fitted = kind().fit(X, trials.labels)
    assert (pickle.loads(pickle.dumps(fitted)).predict(X) == fitted.predict(X)).all()
    assert (fitted.predict(X.tolist()) == fitted.predict(X)).all(), "what can be an array will do"
    fitted.fit(X[:, :2], trials.labels)
    assert (fitted.n_models_in_, fitted.predict(X[:, :2]).shape) == (2, (60,))


@pytest.mark.parametrize("kind", KINDS)
def test_prediction_wants_the_shape_of_training(make_trials, kind) -> None:
    trials = _noisy(make_trials, images=30)
    X = _stacked(trials)
    fitted = kind().fit(X, trials.labels)
    for other in (X[:, :2], X[:, :, :5]):
        with pytest.raises(UsageError, match=r"\[n, 3, 6\] as in training"):
            fitted.predict(other)
    with pytest.raises(UsageError, match="one of each at least"):
        fitted.predict(X[:0])


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(
    ("X", "y", "says"),
    [
        (np.zeros((4, 3)), np.zeros(4, int), r"\[n, models, classes\].*\(4, 3\)"),
        (np.zeros((0, 2, 3)), np.zeros(0, int), "one of each at least"),
        (np.zeros((4, 0, 3)), np.zeros(4, int), "one of each at least"),
        (np.full((4, 2, 3), "a"), np.zeros(4, int), "numbers; it is <U1"),
        (np.zeros((4, 2, 1)), np.zeros(4, int), "two classes at least"),
        (np.where(np.arange(3) == 1, np.nan, np.zeros((4, 2, 3))), np.zeros(4, int), "NaN.* holds nan"),
        (np.full((4, 2, 3), np.inf), np.zeros(4, int), "infinity.* holds inf"),
        (np.where(np.arange(3) == 1, -np.inf, np.zeros((4, 2, 3))), np.zeros(4, int), "holds -inf to 0"),
        (np.full((4, 2, 3), 1e300), np.zeros(4, int), r"-65504 to 65504, .* holds 1e\+300"),
        (np.full((4, 2, 3), -1e30, np.float32), np.zeros(4, int), r"holds -1e\+30"),
        (np.full((4, 2, 3), -(2**40)), np.zeros(4, int), r"holds -1\.09951e\+12"),
        (np.zeros((4, 2, 3)), np.zeros(5, int), "4 class indices"),
        (np.zeros((4, 2, 3)), np.zeros(4), "float64"),
        (np.zeros((4, 2, 3)), np.full(4, 3), "0 to 2; it holds 3 to 3"),
        (np.zeros((4, 2, 3)), np.array([0, 1, -1, 2]), "0 to 2; it holds -1 to 2"),
    ],
)
def test_data_that_cannot_be_learned_from(kind, X: np.ndarray, y: np.ndarray, says: str) -> None:
    with pytest.raises(UsageError, match=says):
        kind().fit(X, y)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("times_ms", [[2.0, 1.0, 3.0], [2.0], [1.0, np.nan, 3.0], [-1.0, 1.0, 2.0], [1.0, 2.0, np.inf]])
def test_times_are_one_for_each_model_and_rise(make_trials, kind, times_ms: list[float]) -> None:
    trials = _noisy(make_trials, images=30)
    with pytest.raises(UsageError, match="3 rising times"):
        kind(times_ms).fit(_stacked(trials), trials.labels)


@pytest.mark.parametrize("kind", KINDS)
def test_the_criterion_is_a_known_one(make_trials, kind) -> None:
    trials = _noisy(make_trials, images=30)
    with pytest.raises(UsageError, match="'top3'"):
        kind(criterion="top3").fit(_stacked(trials), trials.labels)


@pytest.mark.parametrize("kind", PRICED)
@pytest.mark.parametrize("price", [-1.0, np.inf, np.nan])
def test_a_price_is_a_number_from_0_on(make_trials, kind, price: float) -> None:
    trials = _noisy(make_trials, images=30)
    with pytest.raises(UsageError, match=f"price is {price}"):
        kind(price=price).fit(_stacked(trials), trials.labels)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("out", [-1e4, -65504.0])
def test_logits_may_rule_classes_out(make_trials, kind, out: float) -> None:
    trials = _noisy(make_trials)
    X = np.concatenate([_stacked(trials), np.full((200, 3, 1), out, np.float32)], axis=2)
    fitted = kind(TIMES).fit(X, trials.labels)
    without = kind(TIMES).fit(X[:, :, :6], trials.labels).score(X[:, :, :6], trials.labels)
    assert fitted.score(X, trials.labels) == pytest.approx(without, abs=0.02)
    assert fitted.predict(X).max() == 5
    X[0, :, 6] = -np.inf
    with pytest.raises(UsageError, match="no infinity"):
        fitted.predict(X)


@pytest.mark.parametrize("kind", KINDS)
def test_the_highest_logits_that_are_taken_can_be_computed_with(make_trials, kind) -> None:
    trials = _noisy(make_trials)
    X = _stacked(trials)
    X = (65504 * (X / np.abs(X).max())).astype(np.float64)
    fitted = kind(TIMES).fit(X, trials.labels)
    step = fitted.decide(Seen(None, {model: X[0, int(model)] for model in fitted.selector_.models}))
    assert fitted.predict(X).shape == (200,)
    assert np.isfinite(step.probabilities).all()


def test_every_estimator_is_tested_here_and_offered() -> None:
    offered = [getattr(edgewise.select, name) for name in edgewise.select.__all__ if name.endswith("Classifier")]
    stacked = [kind for kind in offered if issubclass(kind, StackedClassifier)]
    assert stacked == KINDS
    assert set(StackedClassifier.__subclasses__()) == set(KINDS)


def test_what_is_fitted_needs_no_scikit_learn() -> None:
    homes = [home.split(":")[0] for home in OWN.values()]
    code = (
        "import sys, importlib, edgewise, edgewise.select\n"
        f"for home in {homes}: importlib.import_module('edgewise.select.' + home)\n"
        "print(sorted({'sklearn', 'scipy', 'torch'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"
