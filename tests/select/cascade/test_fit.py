from dataclasses import replace

import numpy as np
import pytest

from edgewise.errors import UsageError
from edgewise.select.budget.prices import prices_for
from edgewise.select.cascade import fit
from edgewise.select.cascade.fit import CascadeMethod


def _noisy(trials):
    rng = np.random.default_rng(0)
    for scores in trials.logits:
        scores += rng.normal(0, 1, scores.shape)
    return trials


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
    loud = replace(trials, logits=tuple(array * 9 for array in trials.logits))
    method = CascadeMethod(max_stages=1, calibration="temperature")
    usual, shouting = method.fit(trials), method.fit(loud)
    assert shouting.temperatures[0] == pytest.approx(9 * usual.temperatures[0], rel=0.01)


@pytest.mark.parametrize(
    ("settings", "says"),
    [
        ({"max_stages": 0}, "max_stages is 0"),
        ({"average": "sometimes"}, "'sometimes'"),
        ({"calibration": "platt"}, "'platt'"),
        ({"signal": "variance"}, "'variance'"),
        ({"criterion": "top3"}, "'top3'"),
        ({"max_mean_ms": 0.5}, "0.5 ms"),
    ],
)
def test_settings_that_cannot_work(make_trials, settings: dict[str, object], says: str) -> None:
    with pytest.raises(UsageError, match=says):
        CascadeMethod(**settings).fit(make_trials(images=30))


def test_an_infeasible_budget_names_the_nearest_feasible(make_trials) -> None:
    for budget in (0.99, 0.0, -1.0, float("nan")):
        with pytest.raises(UsageError) as caught:
            CascadeMethod(max_mean_ms=budget).fit(make_trials(images=30))
        assert caught.value.hint == "The nearest feasible budget is 1 ms."
