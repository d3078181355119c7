from dataclasses import replace

import numpy as np
import pytest

from edgewise.errors import UsageError
from edgewise.select.budget.prices import prices_for
from edgewise.select.cascade.fit import CascadeMethod
from edgewise.select.router.method import RouterMethod

NEVER = 1e6


def _path(trials, **settings):
    return RouterMethod(**settings).fit_path(trials, list(prices_for(trials.times_ms)))


def _time_and_right(selector, trials) -> tuple[float, float]:
    routes = selector.route(trials)
    features_ms = trials.feature_costs.ms(selector.feature_names)
    return float((routes.ran @ trials.times_ms).mean()) + features_ms, float(routes.right(trials.labels).mean())


@pytest.mark.parametrize("estimator", ["knn", "ridge"])
def test_where_the_embedding_tells_who_is_right_the_router_wins(make_telling, estimator) -> None:
    """Specialists whose confidence says nothing: a cascade cannot know where to stop, the router jumps."""
    every = make_telling(images=700, specialists=True, sure_when_right=False, reach=(0.4, 0.7, 1.0))
    trials, held = every.take(np.arange(400)), every.take(np.arange(400, 700))
    router = RouterMethod(estimator=estimator, embedding="model", via="net0").fit_path(trials, [1e-3])[0]
    router_ms, router_right = _time_and_right(router, held)
    _, cascade_right = _time_and_right(CascadeMethod().fit_path(trials, [1e-3])[0], held)
    assert router_right > cascade_right + 0.1
    assert router_ms < 0.6 * trials.times_ms[2]
    assert router_right > (0.9 if estimator == "knn" else 0.6)  # net1's range lies between: on no straight line


@pytest.mark.parametrize("estimator", ["knn", "ridge"])
@pytest.mark.parametrize("settings", [{"via": "net0"}, {"embedding": "features"}])
def test_a_higher_price_never_takes_more_time(make_telling, estimator, settings) -> None:
    trials = make_telling(images=200, sure_when_right=False)
    path = _path(trials, estimator=estimator, average=False, **settings)
    times = [_time_and_right(selector, trials)[0] for selector in path]
    assert np.all(np.diff(times) <= 1e-9)
    assert times[-1] == pytest.approx(1.0 + (0.25 if "embedding" in settings else 0.0))  # net0 and no other
    assert times[0] > times[-1]


def test_prices_at_which_nothing_else_runs_share_one_router(make_telling) -> None:
    trials = make_telling(images=200)
    path = RouterMethod(via="net0").fit_path(trials, [1e-3, 0.2, 1.0, NEVER])
    assert path[0] is not path[1]
    assert path[1] is path[2] is path[3]
    assert set(path[-1].route(trials).chosen) == {0}


def test_all_of_a_path_look_through_one_embedding(make_telling) -> None:
    trials = make_telling(images=200)
    path = _path(trials, via="net0")
    assert len({id(selector.foresight) for selector in path}) == 1
    assert len({id(selector) for selector in path}) > 5


def test_who_runs_first_is_chosen_for_each_price(make_telling) -> None:
    """net0 costs little and is never right: it is run first only where it is all that is run."""
    trials = make_telling(images=300, reach=(0.05, 0.8, 0.9), sure_when_right=True)
    trials = replace(trials, times_ms=np.array([5.0, 6.0, 60.0]), embeddings={})
    path = RouterMethod().fit_path(trials, [1e-3, NEVER])
    assert path[0].via == "net1"
    assert path[1].via == "net0"


def test_averaging_is_chosen_where_it_helps() -> None:
    from edgewise.select.feature_costs import FREE
    from edgewise.select.trials import Trials

    rng = np.random.default_rng(0)
    labels = rng.integers(0, 4, 600)
    logits = []
    for _ in range(2):  # equally good, wrong independently
        scores = rng.normal(0, 1.2, (600, 4)).astype(np.float32)
        scores[np.arange(600), labels] += 2
        logits.append(scores)
    trials = Trials(("a", "b"), tuple(logits), labels, np.zeros((600, 0)), (), np.array([1.0, 1.1]), 0.0, FREE)
    assert RouterMethod(via="a").fit_path(trials, [1e-3])[0].average
    broken = replace(trials, logits=(logits[0] * 0 + rng.normal(size=(600, 4)).astype(np.float32), logits[1]))
    assert not RouterMethod(via="a").fit_path(broken, [1e-3])[0].average


def test_logits_stand_in_for_a_vector_that_is_not_there(make_trials) -> None:
    router = RouterMethod(via="net1").fit_path(make_trials(), [1e-3])[0]
    assert router.foresight.embedding.view.parts == ("logits", "confidence")
    pure = RouterMethod(via="net1", embedding="model").fit_path(make_trials(), [1e-3])[0]
    assert pure.foresight.embedding.view.parts == ("logits",)


@pytest.mark.parametrize("criterion", ["top1", "top5", "macro-f1"])
def test_every_criterion_is_learned(make_telling, criterion) -> None:
    trials = make_telling(images=120, classes=7)
    router = RouterMethod(criterion, via="net0").fit_path(trials, [1e-3])[0]
    assert router.route(trials).right(trials.labels, 5).mean() >= trials.right(5)[:, 0].mean()


def test_rare_classes_weigh_more_under_macro_f1(make_telling) -> None:
    from edgewise.select.router.worths import worths

    trials = make_telling(images=60)
    labels = np.where(np.arange(60) < 50, 0, 1)
    table = worths(replace(trials, labels=labels), "macro-f1", [])
    assert table.alone[:50].max() < 1 < table.alone[50:].max(initial=3)


def test_the_same_trials_give_the_same_path(make_telling) -> None:
    trials = make_telling(images=100)
    for one, other in zip(_path(trials), _path(trials), strict=True):
        assert one.state()[0] == other.state()[0]
        for name, array in one.state()[1].items():
            np.testing.assert_array_equal(array, other.state()[1][name])


@pytest.mark.parametrize(
    ("settings", "says"),
    [
        ({"estimator": "tree"}, "'tree'"),
        ({"embedding": "pixels"}, "'pixels'"),
        ({"average": "often"}, "'often'"),
        ({"via": "net9"}, "'net9'"),
        ({"components": 0}, "components is 0"),
        ({"n_neighbors": 0}, "n_neighbors is 0"),
        ({"criterion": "top3"}, "'top3'"),
    ],
)
def test_settings_that_cannot_work(make_telling, settings: dict[str, object], says: str) -> None:
    with pytest.raises(UsageError, match=says):
        RouterMethod(**settings).fit_path(make_telling(images=30), [1e-3])


def test_features_that_are_not_there(make_trials) -> None:
    with pytest.raises(UsageError, match="no features"):
        RouterMethod(embedding="features").fit_path(make_trials().with_features(()), [1e-3])
