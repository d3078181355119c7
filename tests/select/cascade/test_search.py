from itertools import product

import numpy as np
import pytest

from edgewise.errors import UsageError
from edgewise.select.calibration import softmax
from edgewise.select.cascade.cascade import Cascade
from edgewise.select.cascade.search import _all_combinations, search


def _brute_force(confidence, right, grids, times):
    """Accuracy and time of every combination of thresholds, by walking the images."""
    rights, means = {}, {}
    for position in product(*(range(len(grid)) for grid in grids)):
        total_right, total_time = 0, 0.0
        for image in range(len(right[0])):
            for stage in range(len(right)):
                total_time += times[stage]
                if stage == len(right) - 1 or confidence[stage][image] >= grids[stage][position[stage]]:
                    total_right += right[stage][image]
                    break
        rights[position], means[position] = total_right, total_time / len(right[0])
    return rights, means


@pytest.mark.parametrize("stages", [1, 2, 3, 4])
def test_histograms_count_what_a_walk_counts(stages: int) -> None:
    rng = np.random.default_rng(stages)
    confidence = [rng.integers(0, 6, 40) / 5 for _ in range(stages)]
    right = [rng.random(40) < 0.6 for _ in range(stages)]
    grids = [np.array([0.2, 0.6, 2.0])[: 2 + stage % 2] for stage in range(stages - 1)]
    times = np.array([1.0, 3.0, 10.0, 20.0])[:stages]
    bins = [np.searchsorted(grid, c, side="right") for grid, c in zip(grids, confidence, strict=False)]
    counts, means = _all_combinations(bins, [len(grid) for grid in grids], right, times)
    rights, expected = _brute_force(confidence, right, grids, times)
    for position, value in rights.items():
        assert counts[position] == value
        assert means[position] == pytest.approx(expected[position])


def _replayed(found, trials, temperatures):
    selector = Cascade(
        tuple(trials.models[stage] for stage in found.stages),
        tuple(temperatures[stage] for stage in found.stages),
        found.thresholds,
        found.average,
    )
    routes = selector.route(trials)
    return int(routes.right(trials.labels).sum()), float((routes.ran @ trials.times_ms).mean())


@pytest.mark.parametrize("average", [(False,), (True,), (False, True)])
@pytest.mark.parametrize("budget", [None, 1.0, 8.0, 30.0])
def test_what_the_search_promises_is_what_routing_gives(make_trials, average, budget) -> None:
    trials = make_trials(images=300, sure_when_right=False)
    temperatures = [1.3, 0.8, 1.0]
    found = search(trials.logits, trials.labels, trials.times_ms, temperatures, average=average, max_mean_ms=budget)
    right, mean_ms = _replayed(found, trials, temperatures)
    assert found.right == right
    assert found.mean_ms == pytest.approx(mean_ms)
    if budget is not None:
        assert mean_ms <= budget
    else:
        assert right >= trials.right().sum(axis=0).max()


@pytest.mark.parametrize("standard_errors", [0.0, 1.0, 3.0])
def test_without_a_budget_the_gain_over_the_best_model_has_its_margin(make_trials, standard_errors: float) -> None:
    trials = make_trials(images=400, sure_when_right=False, seed=5)
    temperatures = [1.0] * 3
    found = search(trials.logits, trials.labels, trials.times_ms, temperatures, standard_errors=standard_errors)
    best = trials.right()[:, trials.right().sum(axis=0).argmax()].astype(int)
    models = tuple(trials.models[stage] for stage in found.stages)
    chosen = Cascade(models, (1.0,) * len(models), found.thresholds, found.average)
    paired = chosen.route(trials).right(trials.labels).astype(int) - best
    assert paired.sum() >= standard_errors * np.sqrt(np.abs(paired).sum())


def test_a_wider_margin_is_never_faster(make_trials) -> None:
    trials = make_trials(images=400, sure_when_right=False, seed=5)
    times = [
        search(trials.logits, trials.labels, trials.times_ms, [1.0] * 3, standard_errors=z).mean_ms
        for z in (0, 1, 2, 4)
    ]
    assert times == sorted(times)


def test_where_confidence_tells_right_from_wrong_the_cascade_is_nearly_an_oracle(make_trials) -> None:
    trials = make_trials(images=1000)
    found = search(trials.logits, trials.labels, trials.times_ms, [1.0] * 3, average=(False,))
    assert found.right == trials.right().any(axis=1).sum()
    # Half of the images stop at net0; the others pay it and either go on to net2 or stop at net1 between.
    assert found.mean_ms < 0.6 * trials.times_ms[2]


def test_a_budget_for_the_cheapest_model_alone_gives_that_model(make_trials) -> None:
    trials = make_trials()
    found = search(trials.logits, trials.labels, trials.times_ms, [1.0] * 3, max_mean_ms=1.0)
    assert (found.stages, found.thresholds, found.average) == ((0,), (), False)


@pytest.mark.parametrize("budget", [0.99, 0.0, -1.0, float("nan")])
def test_an_infeasible_budget_names_the_nearest_feasible(make_trials, budget: float) -> None:
    trials = make_trials()
    with pytest.raises(UsageError) as caught:
        search(trials.logits, trials.labels, trials.times_ms, [1.0] * 3, max_mean_ms=budget)
    assert caught.value.hint == "The nearest feasible budget is 1 ms."


def test_a_higher_budget_never_costs_accuracy(make_trials) -> None:
    trials = make_trials(images=300, sure_when_right=False, seed=3)
    found = [
        search(trials.logits, trials.labels, trials.times_ms, [1.0] * 3, max_mean_ms=budget).right
        for budget in (1, 2, 5, 10, 20, 50, 100)
    ]
    assert found == sorted(found)


def test_averaging_wins_where_errors_are_independent() -> None:
    rng = np.random.default_rng(0)
    labels = rng.integers(0, 4, 2000)
    logits = []
    for _ in range(3):
        scores = rng.normal(0, 1.2, (2000, 4)).astype(np.float32)
        scores[np.arange(2000), labels] += 2
        logits.append(scores)
    best_single = max(int((scores.argmax(axis=1) == labels).sum()) for scores in logits)
    found = search(logits, labels, np.array([1.0, 1.1, 1.2]), [1.0] * 3, max_mean_ms=10.0)
    assert found.average
    assert len(found.stages) == 3
    assert found.right > best_single + 100


def test_top_five_counts_the_five_best(make_trials) -> None:
    trials = make_trials(images=100, reach=(0.1, 0.9), classes=5)
    found = search(trials.logits, trials.labels, trials.times_ms, [1.0, 1.0], top_k=5)
    assert (found.stages, found.right) == ((0,), 100)


def test_a_large_zoo_is_thinned_to_its_front(make_trials) -> None:
    reach = tuple(np.linspace(0.3, 0.9, 20))
    trials = make_trials(images=200, reach=reach)
    times = np.arange(1.0, 21.0)
    found = search(trials.logits, trials.labels, times, [1.0] * 20, max_mean_ms=1000.0)
    assert found.right == trials.right()[:, -1].sum(), "the most accurate model stays a candidate"


def test_of_equally_accurate_cascades_the_fastest_is_taken(make_trials) -> None:
    trials = make_trials(reach=(0.8, 0.8, 0.8))
    found = search(trials.logits, trials.labels, trials.times_ms, [1.0] * 3, max_mean_ms=500.0, average=(False,))
    assert (found.stages, found.mean_ms) == ((0,), 1.0)


def test_always_escalating_is_tried() -> None:
    # Both models prefer a wrong class by a little, each another one, always with the same confidence; their mean is
    # right, so the first must never answer alone.
    first = np.tile(np.float32([1.0, 1.1, 0.0]), (10, 1))
    second = np.tile(np.float32([1.0, 0.0, 1.1]), (10, 1))
    found = search([first, second], np.zeros(10, int), np.array([1.0, 2.0]), [1.0, 1.0], max_mean_ms=3.0)
    assert (found.stages, found.average, found.right) == ((0, 1), True, 10)
    assert found.thresholds[0] > 1


def test_equal_confidence_everywhere_leaves_only_always_escalating() -> None:
    labels = np.array([0, 1, 0, 1])
    flat, sharp = np.zeros((4, 2), np.float32), np.eye(2, dtype=np.float32)[labels]
    found = search([flat, sharp], labels, np.array([1.0, 2.0]), [1.0, 1.0])
    assert (found.stages, found.right) == ((1,), 4)
    assert softmax(flat).max() == 0.5


def test_no_threshold_lies_on_a_confidence_that_occurs(make_trials) -> None:
    trials = make_trials(images=300, sure_when_right=False)
    found = search(trials.logits, trials.labels, trials.times_ms, [1.0] * 3, max_mean_ms=8.0, average=(False,))
    assert found.thresholds
    for stage, threshold in zip(found.stages, found.thresholds, strict=False):
        assert threshold not in softmax(trials.logits[stage], 1.0).max(axis=1)
