from dataclasses import replace

import numpy as np
import pytest

from edgewise.errors import UsageError
from edgewise.select.budget.prices import prices_for
from edgewise.select.cascade.fit import CascadeMethod
from edgewise.select.learned.utility_fit import UtilityMethod
from edgewise.select.trials import Trials

PRICES = (1e-4, 3e-3, 0.03, 5.0)


def _experts(trials: Trials) -> Trials:
    """The first model is half sure of the class; the second knows it for classes 0 to 2, the third for the rest."""
    rng = np.random.default_rng(0)
    labels, images = trials.labels, len(trials)
    tossed = np.where(rng.random(images) < 0.5, labels, (labels // 3) * 3 + (labels + 1) % 3)
    logits: list[np.ndarray] = []
    for named in (tossed, np.where(labels < 3, labels, 0), np.where(labels < 3, 5, labels)):
        scores = rng.normal(0, 0.3, (images, 6)).astype(np.float32)
        scores[np.arange(images), named] += 5
        logits.append(scores)
    return replace(trials, logits=tuple(logits), times_ms=np.array([1.0, 10.0, 10.0]))


def test_it_sends_each_image_to_the_model_that_knows_its_kind(make_trials, mean_ms) -> None:
    trials = _experts(make_trials(images=900))
    train, held = trials.take(np.arange(600)), trials.take(np.arange(600, 900))
    (selector,) = UtilityMethod(average=False).fit_path(train, (1e-3,))
    routes = selector.route(held)
    assert selector.models == trials.models
    assert routes.right(held.labels).mean() > 0.98
    assert mean_ms(selector, held) == pytest.approx(11), "one of the two, never both"
    assert ((routes.chosen == 1) == (held.labels < 3)).all()


def test_it_finds_the_classes_on_which_a_sure_model_is_wrong(make_confused, mean_ms) -> None:
    train, held = make_confused(seed=1), make_confused(seed=2)
    (selector,) = UtilityMethod().fit_path(train, (0.01,))
    spent = mean_ms(selector, held)
    cascade = CascadeMethod(max_mean_ms=spent, calibration="temperature").fit(train)
    accuracy, confident = (one.route(held).right(held.labels).mean() for one in (selector, cascade))
    assert spent < 6
    assert accuracy > confident + 0.08, "confidence would have to send all others on first"


@pytest.mark.parametrize("average", [False, True])
def test_the_higher_the_price_the_less_time_is_spent(make_trials, mean_ms, average: bool) -> None:
    train, held = make_trials(images=400), make_trials(images=400, seed=1)
    path = UtilityMethod(average=average).fit_path(train, prices_for(train.times_ms)[::6])
    spent = [mean_ms(selector, held) for selector in path]
    assert (np.diff(spent) <= 0.02 * np.asarray(spent[:-1])).all()
    assert spent[0] > spent[-1] == train.times_ms[0]
    assert path[0].route(held).right(held.labels).mean() >= held.right().mean(axis=0).max() - 0.01


def test_models_that_no_image_needs_are_left_out(make_trials) -> None:
    path = UtilityMethod().fit_path(make_trials(images=300), (0.03, 5.0))
    assert path[0].models == ("net0", "net1")
    assert path[1].models == ("net0",)


def test_maps_are_made_where_they_are_asked_for(make_trials) -> None:
    trials = make_trials(images=300)
    for isotonic in (True, False):
        (selector,) = UtilityMethod(isotonic=isotonic).fit_path(trials, (1e-3,))
        assert len(selector.models) > 1
        assert all((own is not None) == isotonic for own in selector.foresight.maps)


def test_a_map_is_made_where_the_regression_cannot_follow(make_trials) -> None:
    """Whether the second model is right jumps where the first is half sure: a step, which no log-odds in a row is."""
    trials = make_trials(images=1500, classes=3)
    rng = np.random.default_rng(0)
    sure = rng.random(1500) * 6
    right = np.where(sure > 3, rng.random(1500) < 0.95, rng.random(1500) < 0.05)
    first = np.zeros((1500, 3), np.float32)
    first[:, 0] = sure
    second = np.zeros((1500, 3), np.float32)
    second[np.arange(1500), np.where(right, trials.labels, (trials.labels + 1) % 3)] = 5
    steep = replace(trials, models=("a", "b"), logits=(first, second), times_ms=np.array([1.0, 2.0]))
    (selector,) = UtilityMethod(average=False).fit_path(steep, (1e-3,))
    assert selector.models[0] == "a"
    assert selector.foresight.maps[1] is not None


@pytest.mark.parametrize("criterion", ["top5", "macro-f1"])
def test_other_criteria_are_learned_by(make_trials, criterion) -> None:
    trials = make_trials(images=300, classes=9)
    path = UtilityMethod(criterion).fit_path(trials, PRICES)
    assert len(path) == len(PRICES)
    if criterion == "top5":  # noise puts the label among five of nine half the time, so less is gained by going on
        assert path[2].route(trials).ran.mean() < UtilityMethod().fit_path(trials, PRICES)[2].route(trials).ran.mean()


def test_what_is_learned_repeats(make_trials) -> None:
    trials = make_trials(images=200)
    first, second = (UtilityMethod(seed=3).fit_path(trials, PRICES) for _ in range(2))
    for one, other in zip(first, second, strict=True):
        assert one.state()[0] == other.state()[0]
        assert all((one.state()[1][name] == other.state()[1][name]).all() for name in one.state()[1])


def test_one_model_alone_is_a_single(make_trials) -> None:
    trials = make_trials(images=60, reach=(0.6,))
    (selector,) = UtilityMethod().fit_path(trials, (0.01,))
    assert selector.models == ("net0",)


@pytest.mark.parametrize(
    ("settings", "images", "says"),
    [
        ({"average": "sometimes"}, 30, "'sometimes'"),
        ({"isotonic": "never"}, 30, "'never'"),
        ({"criterion": "top3"}, 30, "'top3'"),
        ({}, 2, "2 images"),
    ],
)
def test_what_cannot_be_learned(make_trials, settings: dict[str, object], images: int, says: str) -> None:
    with pytest.raises(UsageError, match=says):
        UtilityMethod(**settings).fit_path(make_trials(images=images), (0.01,))  # type: ignore[arg-type]
