import numpy as np
import pytest

from edgewise.select.budget.points import cross_points
from edgewise.select.budget.prices import prices_for
from edgewise.select.budget.singles import OnePoint, Singles
from edgewise.select.cascade.cascade import Cascade
from edgewise.select.judge.folds import stratified_folds
from edgewise.select.premodel.method import PremodelMethod
from edgewise.select.single import SingleMethod


def test_points_are_what_the_selectors_of_the_other_folds_do(make_trials, two_stages) -> None:
    trials = make_trials(images=120)
    fold = stratified_folds(trials.labels, 3, 0)
    points = cross_points("two", two_stages, trials, fold, (0.0, 0.004), "top1")
    assert [point.position for point in points] == [0, 1]
    for point, threshold in zip(points, (0.99, 0.59), strict=True):
        routes = Cascade(("net0", "net2"), (1.0, 1.0), (threshold,), False).route(trials)
        assert (point.worth == routes.right(trials.labels)).all()
        assert point.score == pytest.approx(routes.right(trials.labels).mean())
        assert point.time_ms == pytest.approx(0.5 + routes.ran @ trials.times_ms)
        assert point.mean_ms == pytest.approx(point.time_ms.mean())
        assert point.energy_mj is None
    assert points[1].mean_ms < points[0].mean_ms


def test_what_is_learned_is_learned_without_the_held_out_images(make_trials) -> None:
    """A model that is the best of the training folds and the worst of the held-out one is chosen all the same."""
    trials = make_trials(images=90)
    fold = np.repeat([0, 1], 45)
    right_first = trials.right()[:, 0]
    points = cross_points("best", OnePoint(SingleMethod()), trials, fold, (), "top1")
    assert points[0].models == ("net2",)
    assert not (points[0].worth == right_first).all()


def test_features_are_paid_and_refusals_counted(make_trials) -> None:
    trials = make_trials(images=150)
    method = OnePoint(PremodelMethod(on_fail="refuse"))
    (point,) = cross_points("premodel", method, trials, stratified_folds(trials.labels, 3, 0), (), "top1")
    assert point.time_ms.min() == pytest.approx(0.5 + 0.25)
    assert 0 < point.refused < 0.5
    assert point.score <= 1 - point.refused


def test_energies_are_those_of_the_models_run(make_trials) -> None:
    from dataclasses import replace

    trials = replace(make_trials(), energy_mj=np.array([2.0, 5.0, 7.0]), energy_source="modelled")
    points = cross_points("one", Singles(), trials, np.zeros(len(trials), int), (), "top1")
    assert [point.energy_mj for point in points] == [2.0, 5.0, 7.0]
    assert points[1].cost("max_energy_mj") == 5.0


def test_macro_f1_is_exact_and_its_worth_balanced(make_trials) -> None:
    from sklearn.metrics import f1_score, recall_score

    trials = make_trials(images=160)
    point = cross_points("one", Singles(), trials, np.zeros(160, int), (), "macro-f1")[0]
    named = trials.logits[0].argmax(axis=1)
    assert point.score == pytest.approx(f1_score(trials.labels, named, average="macro"))
    assert point.worth.mean() == pytest.approx(recall_score(trials.labels, named, average="macro"), abs=1e-6)


def test_prices_span_what_a_step_may_be_worth() -> None:
    prices = prices_for(np.array([1.0, 3.0, 101.0]))
    assert (np.diff(prices) > 0).all()
    assert prices[0] * 100 == pytest.approx(1e-4)
    assert prices[-1] * 2 > 0.3
    assert np.isfinite(prices_for(np.array([2.0]))).all()
