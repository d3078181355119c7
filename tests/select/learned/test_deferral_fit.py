from dataclasses import replace

import numpy as np
import pytest

from edgewise.errors import UsageError
from edgewise.select.budget.prices import prices_for
from edgewise.select.cascade.fit import CascadeMethod
from edgewise.select.learned.deferral_fit import DeferralMethod
from edgewise.select.single import SingleModel

PRICES = (1e-4, 3e-3, 0.03, 5.0)


def test_it_finds_the_classes_on_which_a_sure_model_is_wrong(make_confused, mean_ms) -> None:
    train, held = make_confused(seed=1), make_confused(seed=2)
    selector = DeferralMethod().fit_path(train, (0.01,))[0]
    spent = mean_ms(selector, held)
    cascade = CascadeMethod(max_mean_ms=spent, calibration="temperature").fit(train)
    assert selector.models == ("small", "large")
    assert spent < 6, "only what it names class 0 or 1 goes on"
    accuracy, confident = (one.route(held).right(held.labels).mean() for one in (selector, cascade))
    assert accuracy > 0.95
    assert accuracy > confident + 0.08, "confidence would have to send all others on first"


@pytest.mark.parametrize("average", [False, True])
def test_the_higher_the_price_the_less_time_is_spent(make_trials, mean_ms, average: bool) -> None:
    train, held = make_trials(images=400), make_trials(images=400, seed=1)
    prices = prices_for(train.times_ms)[::6]
    path = DeferralMethod(average=average).fit_path(train, prices)
    spent = [mean_ms(selector, held) for selector in path]
    assert len(path) == len(prices)
    assert (np.diff(spent) <= 1e-9).all()
    assert spent[0] > spent[-1] == train.times_ms[0]
    assert path[0].route(held).right(held.labels).mean() >= held.right().mean(axis=0).max() - 0.01


def test_positions_where_one_model_answers_are_one_object(make_trials) -> None:
    path = DeferralMethod().fit_path(make_trials(), (30.0, 40.0, 50.0))
    assert path[0] is path[1] is path[2]
    assert path[0].models == ("net0",)


def test_models_that_add_nothing_are_left_out(make_trials) -> None:
    trials = make_trials(images=400, reach=(0.6, 0.6, 0.9))
    for selector in DeferralMethod().fit_path(trials, PRICES):
        assert "net1" not in selector.models


def test_answers_are_averaged_where_that_serves_better(make_trials) -> None:
    trials = make_trials(images=600)
    rng = np.random.default_rng(0)
    logits = []
    for _ in range(2):
        scores = rng.normal(0, 1, (600, 6)).astype(np.float32)
        scores[np.arange(600), trials.labels] += 1.5
        logits.append(scores)
    noisy = replace(trials, models=("a", "b"), logits=tuple(logits), times_ms=np.array([1.0, 1.1]))
    (chosen,) = DeferralMethod().fit_path(noisy, (1e-4,))
    assert chosen.average
    assert chosen.models == ("a", "b")
    (held_back,) = DeferralMethod(average=False).fit_path(noisy, (1e-4,))
    assert not held_back.average


def test_stages_are_limited(make_trials) -> None:
    trials = make_trials(images=300)
    longest = [max(len(s.models) for s in DeferralMethod(max_stages=n).fit_path(trials, PRICES)) for n in (1, 2, 3)]
    assert longest[:2] == [1, 2]
    assert longest[2] == 3


@pytest.mark.parametrize("criterion", ["top5", "macro-f1"])
def test_other_criteria_are_learned_by(make_trials, criterion) -> None:
    trials = make_trials(images=300, classes=9)
    path = DeferralMethod(criterion).fit_path(trials, PRICES)
    if criterion == "top5":  # noise puts the label among five of nine half the time, so less is gained by going on
        by_first = DeferralMethod().fit_path(trials, PRICES)
        assert path[2].route(trials).ran.mean() < by_first[2].route(trials).ran.mean()
    assert path[-1].models == ("net0",)


def test_memory_mapped_half_precision_is_read_as_it_is(make_trials, tmp_path) -> None:
    trials = make_trials(images=200)
    mapped = []
    for place, array in enumerate(trials.logits):
        np.save(tmp_path / f"{place}.npy", array.astype(np.float16))
        mapped.append(np.load(tmp_path / f"{place}.npy", mmap_mode="r"))
    path = DeferralMethod().fit_path(replace(trials, logits=tuple(mapped)), PRICES)
    assert [selector.models for selector in path] == [s.models for s in DeferralMethod().fit_path(trials, PRICES)]


def test_what_is_learned_repeats(make_trials) -> None:
    trials = make_trials(images=200)
    first, second = (DeferralMethod(seed=3).fit_path(trials, PRICES) for _ in range(2))
    for one, other in zip(first, second, strict=True):
        assert one.state()[0] == other.state()[0]
        assert all((one.state()[1][name] == other.state()[1][name]).all() for name in one.state()[1])


def test_one_model_alone_is_a_single(make_trials) -> None:
    trials = make_trials(images=60, reach=(0.6,))
    (selector,) = DeferralMethod().fit_path(trials, (0.01,))
    assert (selector.route(trials).top[:, 0] == SingleModel("net0").route(trials).top[:, 0]).all()


@pytest.mark.parametrize(
    ("settings", "images", "says"),
    [
        ({"max_stages": 0}, 30, "max_stages is 0"),
        ({"max_stages": 4}, 30, "1 to 3"),
        ({"average": "sometimes"}, 30, "'sometimes'"),
        ({"criterion": "top3"}, 30, "'top3'"),
        ({}, 2, "2 images"),
    ],
)
def test_what_cannot_be_learned(make_trials, settings: dict[str, object], images: int, says: str) -> None:
    with pytest.raises(UsageError, match=says):
        DeferralMethod(**settings).fit_path(make_trials(images=images), (0.01,))  # type: ignore[arg-type]
