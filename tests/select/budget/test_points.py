import numpy as np
import pytest

from edgewise.select.budget.charges import Charges
from edgewise.select.budget.points import cross_points
from edgewise.select.budget.prices import prices_for
from edgewise.select.budget.singles import OnePoint, Singles
from edgewise.select.cascade.cascade import Cascade
from edgewise.select.judge.folds import stratified_folds
from edgewise.select.premodel.method import PremodelMethod
from edgewise.select.single import SingleMethod

FREE = Charges(decide_ms=0.0)  # what is timed here differs from run to run


def test_points_are_what_the_selectors_of_the_other_folds_do(make_trials, two_stages) -> None:
    trials = make_trials(images=120)
    fold = stratified_folds(trials.labels, 3, 0)
    points = cross_points("two", two_stages, trials, fold, (0.0, 0.004), "top1", charges=FREE)
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
    fold = stratified_folds(trials.labels, 3, 0)
    (point,) = cross_points("premodel", method, trials, fold, (), "top1", charges=FREE)
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


def _two(trials, two_stages, charges=None, price=0.0):
    fold = stratified_folds(trials.labels, 3, 0)
    return cross_points("two", two_stages, trials, fold, (price,), "top1", charges=charges)[0]


def test_decisions_are_paid(make_trials, two_stages) -> None:
    trials = make_trials(images=120)
    routes = Cascade(("net0", "net2"), (1.0, 1.0), (0.99,), False).route(trials)
    without = 0.5 + routes.ran @ trials.times_ms
    assert set(routes.steps) == {2, 3}
    point = _two(trials, two_stages, Charges(decide_ms=2.0))
    assert point.time_ms == pytest.approx(without + 2 * routes.steps)
    assert point.p90_ms == pytest.approx(np.quantile(without + 2 * routes.steps, 0.9))
    assert point.choose_ms == 6
    measured = _two(trials, two_stages)
    per_step = (measured.time_ms - without) / routes.steps
    assert per_step == pytest.approx(per_step[0], abs=1e-4)
    assert per_step[0] > 0


def test_a_p90_takes_each_model_at_its_own(make_trials, two_stages) -> None:
    from dataclasses import replace

    trials = replace(make_trials(images=120), p90_ms=np.array([3.0, 30.0, 500.0]))
    point = _two(trials, two_stages, FREE)
    routes = Cascade(("net0", "net2"), (1.0, 1.0), (0.99,), False).route(trials)
    assert point.p90_ms == pytest.approx(np.quantile(0.5 + routes.ran @ [3.0, 30.0, 500.0], 0.9))
    assert point.mean_ms == pytest.approx((0.5 + routes.ran @ trials.times_ms).mean())


def test_images_that_are_sent_on_are_paid_for_by_those_that_would_not_have_been(make_trials, two_stages) -> None:
    from dataclasses import replace

    trials = replace(make_trials(images=300), energy_mj=np.array([1.0, 2.0, 3.0]), energy_source="modelled")
    free = _two(trials, two_stages, FREE, 0.004)
    watched = _two(trials, two_stages, Charges(decide_ms=0.0, check_ms=0.25, escalated=0.05), 0.004)
    routes = Cascade(("net0", "net2"), (1.0, 1.0), (0.59,), False).route(trials)
    looks = 0.25 * routes.ran.sum(axis=1).mean()
    assert watched.mean_ms == pytest.approx(free.mean_ms + 0.05 * 100 + looks, rel=1e-4)
    assert free.energy_mj is not None
    assert watched.energy_mj == pytest.approx(free.energy_mj + 0.05 * 3, rel=1e-4)
    singles = cross_points(
        "one", Singles(), trials, np.zeros(300, int), (), "top1", charges=Charges(decide_ms=0.0, escalated=0.05)
    )
    assert [point.mean_ms for point in singles] == [1.5, 10.5, 100.5], "the only model is the most capable one"


def test_who_is_sent_on_may_be_the_ninth_of_ten(make_trials) -> None:
    from edgewise.select.budget.points import _p90

    slow, sent = np.arange(1.0, 101), np.full(100, 0.05)
    assert _p90(slow, np.zeros(100), np.zeros(100)) == pytest.approx(np.quantile(slow, 0.9))
    assert _p90(slow, sent, np.full(100, 1000.0)) == 95, "0.95 * 95 of 100 are no slower"
    assert _p90(slow, 4 * sent, np.full(100, 1000.0)) > 1000
