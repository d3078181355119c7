from dataclasses import replace

import numpy as np
import pytest

from edgewise.errors import UsageError
from edgewise.select.budget.prices import prices_for
from edgewise.select.cascade.cascade import Cascade
from edgewise.select.hybrid.hybrid import Hybrid
from edgewise.select.hybrid.method import HybridMethod, _Rules
from edgewise.select.selector import Answer, Run, Seen, embedding_names


def _trials(make_trials, images: int = 200, seed: int = 0, **options):
    """Each model right in a range of its own, which features and net0's vector tell and confidence does not."""
    options = {"specialists": True, "sure_when_right": False, "reach": (0.4, 0.7, 1.0), **options}
    trials = make_trials(images=images, seed=seed, **options)
    return replace(trials, embeddings={"net0": np.hstack([trials.features, trials.features**2]).astype(np.float32)})


def _hybrid(trials, first: str, average: bool, thresholds=(0.9, 0.9), **settings) -> Hybrid:
    cascade = Cascade(trials.models, (1.0, 1.0, 1.0), thresholds, average)
    fitted = _Rules(HybridMethod(first=first, **settings), trials).best(cascade, 1e-3)
    assert isinstance(fitted, Hybrid), "the rule gains where the start can be told"
    return fitted


@pytest.mark.parametrize("first", ["features", "embedding"])
@pytest.mark.parametrize("average", [False, True])
@pytest.mark.parametrize("estimator", ["knn", "ridge"])
def test_routing_is_exactly_the_decide_loop(make_trials, decide_loop, first, average, estimator) -> None:
    trials = _trials(make_trials, images=150)
    middle = float(np.median(np.exp(trials.logits[1]).max(axis=1) / np.exp(trials.logits[1]).sum(axis=1)))
    hybrid = _hybrid(trials, first, average, thresholds=(middle, middle), estimator=estimator)
    routed, looped = hybrid.route(trials), decide_loop(hybrid, trials)
    for name in ("ran", "chosen", "top", "steps"):
        assert (getattr(routed, name) == getattr(looped, name)).all(), name
    assert len(np.unique(hybrid.foresight.of_trials(trials).expected.argmax(axis=1))) > 1


@pytest.mark.parametrize("first", ["features", "embedding"])
def test_stages_that_are_expected_wrong_are_skipped(make_trials, first) -> None:
    trials = _trials(make_trials, images=300)
    hybrid = _hybrid(trials, first, average=False)
    routes, alone = hybrid.route(trials), hybrid.cascade.route(trials)
    last = trials.right()[:, 2]
    assert not routes.ran[last, 1].mean() > 0.2, "net1 is skipped where net2 is the one"
    assert (routes.ran @ trials.times_ms).mean() < (alone.ran @ trials.times_ms).mean()
    assert (routes.ran[:, 0].all()) == (first == "embedding")


def test_the_steps_say_why(make_trials) -> None:
    trials = _trials(make_trials)
    hybrid = _hybrid(trials, "embedding", average=False)
    assert (hybrid.kind, hybrid.feature_names, embedding_names(hybrid)) == ("hybrid", (), ("net0",))
    assert hybrid.decide(Seen(None)) == Run("net0", "net0 runs first, and its embedding decides")
    image = int(np.flatnonzero(trials.right()[:, 2])[0])
    vectors = {"net0": trials.embeddings["net0"][image]}
    step = hybrid.decide(Seen(None, {"net0": trials.logits[0][image]}, vectors))
    assert isinstance(step, Run)
    assert (step.model, step.why) == ("net2", "net1 would not be worth its time here")
    assert len(step.scores) == 3
    seen = Seen(None, {"net0": trials.logits[0][image], "net2": trials.logits[2][image]}, vectors)
    assert isinstance(hybrid.decide(seen), Answer)


@pytest.mark.parametrize("first", ["features", "embedding"])
def test_state_and_back(make_trials, first) -> None:
    trials = _trials(make_trials)
    hybrid = _hybrid(trials, first, average=True)
    again = Hybrid.from_state(*hybrid.state())
    held = _trials(make_trials, seed=4)
    assert again.cascade == hybrid.cascade
    assert (again.route(held).top == hybrid.route(held).top).all()
    assert (again.route(held).ran == hybrid.route(held).ran).all()


def test_parts_must_fit(make_trials) -> None:
    hybrid = _hybrid(_trials(make_trials), "embedding", average=False)
    with pytest.raises(UsageError, match="may run"):
        replace(hybrid, models=("net0",))
    turned = replace(hybrid.cascade, models=("net1", "net0", "net2"))
    with pytest.raises(UsageError, match="begins with net1"):
        replace(hybrid, cascade=turned)


@pytest.mark.parametrize("first", ["features", "embedding"])
def test_a_path_has_a_selector_for_every_price(make_trials, first) -> None:
    trials = _trials(make_trials, images=150)
    prices = list(prices_for(trials.times_ms))
    path = HybridMethod(first=first).fit_path(trials, prices)
    assert len(path) == len(prices)
    times = [(one.route(trials).ran @ trials.times_ms).mean() for one in (path[0], path[-1])]
    assert times[0] >= times[1]


def test_where_nothing_tells_the_start_the_position_is_the_cascade(make_trials) -> None:
    trials = make_trials(images=200, features="noise")
    rules = _Rules(HybridMethod(first="features"), trials)
    cascade = Cascade(trials.models, (1.0,) * 3, (0.9, 0.9), False)
    assert rules.best(cascade, 1e-3) is cascade


def test_features_that_cost_more_than_they_bring_are_not_paid(make_trials) -> None:
    from edgewise.select.feature_costs import at_once

    trials = _trials(make_trials)
    dear = replace(trials, feature_costs=at_once(trials.feature_names, 1e6))
    cascade = Cascade(trials.models, (1.0,) * 3, (0.9, 0.9), False)
    assert isinstance(_Rules(HybridMethod(first="features"), trials).best(cascade, 1e-3), Hybrid)
    assert _Rules(HybridMethod(first="features"), dear).best(cascade, 1e-3) is cascade


@pytest.mark.parametrize(("first", "says"), [("pixels", "'pixels'"), ("features", "no features")])
def test_settings_that_cannot_work(make_trials, first, says: str) -> None:
    with pytest.raises(UsageError, match=says):
        HybridMethod(first=first).fit_path(make_trials(images=30).with_features(()), [1e-3])
