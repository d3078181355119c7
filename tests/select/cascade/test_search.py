from dataclasses import replace

import numpy as np
import pytest

from edgewise.select.cascade.calibrated import CalibratedZoo
from edgewise.select.cascade.cascade import Cascade
from edgewise.select.cascade.options import Averaging, Choices, Space, gather_choices
from edgewise.select.cascade.search import Found, _smoothed, best_path, fastest_as_accurate, most_accurate_within
from edgewise.select.cascade.signals import SIGNALS
from edgewise.select.criterion import image_weights

AVERAGINGS: tuple[Averaging, ...] = ("none", "mean", "weighted")


def _choices(trials, averagings=AVERAGINGS, weights=None, **space) -> Choices:
    zoo = CalibratedZoo(trials.logits, (1.0,) * len(trials.models))
    weights = np.ones(len(trials)) if weights is None else weights
    top_k = space.pop("top_k", 1)
    space = Space(averagings, **space)
    return gather_choices(zoo, trials.models, trials.labels, weights, trials.times_ms, top_k, space)[0]


def _cascade(found: Found, trials, choices: Choices) -> Cascade:
    so_far = [found.stages[: stage + 1] for stage in range(len(found.stages))]
    weights = (
        [choices.blend(found.averaging, some).counts(some) for some in so_far] if found.averaging != "none" else ()
    )
    names = tuple(trials.models[stage] for stage in found.stages)
    average = found.averaging != "none"
    return Cascade(names, (1.0,) * len(names), found.thresholds, average, found.signal, tuple(weights))


def _replayed(found: Found, trials, choices: Choices) -> tuple[int, float]:
    routes = _cascade(found, trials, choices).route(trials)
    return int(routes.right(trials.labels).sum()), float((routes.ran @ trials.times_ms).mean())


def _best_single(trials) -> np.ndarray:
    return trials.right()[:, trials.right().sum(axis=0).argmax()]


@pytest.mark.parametrize("averaging", [*AVERAGINGS, "all"])
@pytest.mark.parametrize("signal", SIGNALS)
def test_what_the_search_promises_is_what_routing_gives(make_trials, averaging, signal) -> None:
    trials = make_trials(images=300, sure_when_right=False)
    averagings = AVERAGINGS if averaging == "all" else (averaging,)
    choices = _choices(trials, averagings, signals=(signal,))
    for budget in (1.0, 8.0, 30.0):
        found = most_accurate_within(choices, budget)
        right, mean_ms = _replayed(found, trials, choices)
        assert (found.right, found.mean_ms) == (right, pytest.approx(mean_ms))
        assert mean_ms <= budget + 1e-9
    for found in [fastest_as_accurate(choices, _best_single(trials), 0.0), *best_path(choices, [1e-4, 1e-3, 1e-2])]:
        assert (found.right, pytest.approx(found.mean_ms)) == _replayed(found, trials, choices)


@pytest.mark.parametrize("standard_errors", [0.0, 1.0, 3.0])
def test_without_a_budget_the_gain_over_the_best_model_has_its_margin(make_trials, standard_errors: float) -> None:
    trials = make_trials(images=400, sure_when_right=False, seed=5)
    choices, best = _choices(trials), _best_single(trials)
    found = fastest_as_accurate(choices, best, standard_errors)
    paired = _cascade(found, trials, choices).route(trials).right(trials.labels).astype(int) - best
    assert paired.sum() >= standard_errors * np.sqrt(np.abs(paired).sum())


def test_a_wider_margin_is_never_faster(make_trials) -> None:
    trials = make_trials(images=400, sure_when_right=False, seed=5)
    choices = _choices(trials)
    times = [fastest_as_accurate(choices, _best_single(trials), z).mean_ms for z in (0, 1, 2, 4)]
    assert times == sorted(times)


def test_where_confidence_tells_right_from_wrong_the_cascade_is_nearly_an_oracle(make_trials) -> None:
    trials = make_trials(images=1000)
    found = fastest_as_accurate(_choices(trials, ("none",), quantiles=101), _best_single(trials), 1.0)
    assert found.right == trials.right().any(axis=1).sum()
    # Half of the images stop at net0; the others pay it and either go on to net2 or stop at net1 between.
    assert found.mean_ms < 0.6 * trials.times_ms[2]


def test_a_budget_for_the_cheapest_model_alone_gives_that_model(make_trials) -> None:
    found = most_accurate_within(_choices(make_trials()), 1.0)
    assert (found.stages, found.thresholds, found.averaging) == ((0,), (), "none")


def test_a_higher_budget_never_costs_accuracy(make_trials) -> None:
    choices = _choices(make_trials(images=300, sure_when_right=False, seed=3))
    found = [most_accurate_within(choices, budget).right for budget in (1, 2, 5, 10, 20, 50, 100)]
    assert found == sorted(found)


def test_a_higher_price_is_never_slower_and_the_ends_are_the_best_and_the_cheapest(make_trials) -> None:
    trials = make_trials(images=300)
    path = best_path(_choices(trials), np.geomspace(1e-7, 10, 30))
    times = [found.mean_ms for found in path]
    assert times == sorted(times, reverse=True)
    assert path[-1].stages == (0,)
    assert path[0].right == trials.right().any(axis=1).sum()


def test_a_dearer_model_may_come_first(make_trials) -> None:
    # It is right on nine images of ten, and knows where; the cheaper one knows the tenth, and is hardly cheaper.
    trials = replace(make_trials(images=500, reach=(0.1, 1.0), specialists=True), times_ms=np.array([9.0, 10.0]))
    for found in (best_path(_choices(trials, ("none",)), [1e-4])[0], most_accurate_within(_choices(trials), 11.5)):
        assert found.right > trials.right().sum(axis=0).max() + 20
        assert found.stages == (1, 0)
        assert found.mean_ms < 11.5


def test_weights_of_images_decide_between_models(make_trials) -> None:
    trials = replace(make_trials(images=100, reach=(0.5, 0.5), classes=2), times_ms=np.ones(2))
    trials.labels[:] = np.repeat([0, 1], [80, 20])
    trials.logits[0][:], trials.logits[1][:] = [5.0, 0.0], [0.0, 5.0]
    balanced = image_weights(trials.labels, "macro-f1")
    for weights, stages, worth in ((None, (0,), 80), (balanced * np.where(trials.labels == 1, 1.5, 0.5), (1,), 75)):
        found = best_path(_choices(trials, ("none",), weights, max_stages=1), [0.1])[0]
        assert (found.stages, found.right) == (stages, pytest.approx(worth))


def test_averaging_wins_where_errors_are_independent(make_trials) -> None:
    rng = np.random.default_rng(0)
    trials = make_trials(images=2000, classes=4)
    for scores in trials.logits:
        scores[:] = rng.normal(0, 1.2, scores.shape)
        scores[np.arange(2000), trials.labels] += 2
    found = most_accurate_within(_choices(trials), 1000.0)
    assert found.averaging != "none"
    assert len(found.stages) == 3
    assert found.right > trials.right().sum(axis=0).max() + 100


def test_top_five_counts_the_five_best(make_trials) -> None:
    trials = make_trials(images=100, reach=(0.1, 0.9), classes=5)
    found = best_path(_choices(trials, top_k=5), [1e-3])[0]
    assert (found.stages, found.right) == ((0,), 100)


def test_a_large_zoo_is_thinned_to_its_front(make_trials) -> None:
    trials = make_trials(images=200, reach=tuple(np.linspace(0.3, 0.9, 20)))
    choices = _choices(trials, ("none",), max_stages=2)
    assert len(choices.candidates) == 8
    assert {0, 19} <= set(choices.candidates)
    found = most_accurate_within(choices, 1e30)
    assert found.right == trials.right()[:, -1].sum(), "the most accurate model stays a candidate"


def test_of_equally_accurate_cascades_the_fastest_is_taken(make_trials) -> None:
    choices = _choices(make_trials(reach=(0.8, 0.8, 0.8)), ("none",))
    for found in (most_accurate_within(choices, 500.0), best_path(choices, [0.0])[0]):
        assert (found.stages, found.mean_ms) == ((0,), 1.0)


def test_always_escalating_is_tried(make_trials) -> None:
    # Both models prefer a wrong class by a little, each another one, always with the same confidence; their mean is
    # right, so the first must never answer alone.
    trials = make_trials(images=10, reach=(0.5, 0.6), classes=3)
    trials.labels[:] = 0
    trials.logits[0][:] = [1.0, 1.1, 0.0]
    trials.logits[1][:] = [1.0, 0.0, 1.1]
    choices = _choices(trials, ("none", "mean"))
    for found in (most_accurate_within(choices, 11.0), best_path(choices, [1e-3])[0]):
        assert (found.stages, found.averaging, found.right) == ((0, 1), "mean", 10)
        assert found.thresholds[0] > 1


def test_equal_confidence_everywhere_leaves_only_always_escalating(make_trials) -> None:
    trials = make_trials(images=4, reach=(0.5, 0.6), classes=2)
    trials.logits[0][:] = 0
    trials.logits[1][:] = np.eye(2)[trials.labels]
    found = fastest_as_accurate(_choices(trials), np.ones(4, bool), 1.0)
    assert (found.stages, found.right) == ((1,), 4)


def test_a_peak_that_its_neighbours_do_not_share_is_passed_over() -> None:
    assert _smoothed(np.array([0.0, 8.0, 0.0, 5.0, 5.0, 5.0])).argmax() == 4
    table = np.arange(12.0).reshape(3, 4)
    assert _smoothed(table)[1, 1:3].tolist() == table[1, 1:3].tolist(), "a plane stays a plane"
    assert _smoothed(table).sum() == pytest.approx(table.sum())
    assert _smoothed(np.asarray(3.0)) == 3.0
