from dataclasses import replace

import numpy as np
import pytest

from edgewise.errors import UsageError
from edgewise.select.router.method import RouterMethod
from edgewise.select.router.router import Router
from edgewise.select.selector import Answer, Run, Seen, embedding_names


def _at(trials, price: float, **settings) -> Router:
    return RouterMethod(**settings).fit_path(trials, [price])[0]


@pytest.mark.parametrize("estimator", ["knn", "ridge"])
@pytest.mark.parametrize("embedding", ["joined", "model", "features"])
@pytest.mark.parametrize("average", [False, True])
@pytest.mark.parametrize("vectors", [False, True])
def test_routing_is_exactly_the_decide_loop(make_telling, decide_loop, estimator, embedding, average, vectors) -> None:
    trials = make_telling(images=90, classes=23, sure_when_right=False)
    trials = trials if vectors else replace(trials, embeddings={})
    chosen = set[int]()
    for price in (1e-4, 3e-3):
        selector = _at(trials, price, estimator=estimator, embedding=embedding, average=average, via="net0")
        routed, looped = selector.route(trials), decide_loop(selector, trials)
        for name in ("ran", "chosen", "top", "steps"):
            assert (getattr(routed, name) == getattr(looped, name)).all(), name
        chosen |= set(routed.chosen.tolist())
    assert len(chosen) > 1, "the router has a choice"


def test_it_says_what_it_needs_and_what_it_runs(make_telling) -> None:
    trials = make_telling()
    selector = _at(trials, 1e-3, via="net0")
    assert (selector.kind, selector.models, selector.feature_names) == ("router", trials.models, ())
    assert embedding_names(selector) == ("net0",)
    by_features = _at(trials, 1e-3, embedding="features")
    assert by_features.feature_names == trials.feature_names
    assert embedding_names(by_features) == ()
    assert by_features.via is None


def test_the_steps_say_why(make_telling) -> None:
    trials = make_telling(specialists=True)
    selector = _at(trials, 1e-4, via="net0", average=True)
    assert selector.decide(Seen(None)) == Run("net0", "net0 runs first, and its embedding decides")
    image = int(np.argmax(trials.features[:, 0] * trials.right()[:, 2]))  # one of net2's own
    vectors = {"net0": trials.embeddings["net0"][image]}
    logits = {"net0": trials.logits[0][image]}
    second = selector.decide(Seen(None, logits, vectors))
    assert isinstance(second, Run)
    assert second.model == "net2"
    assert second.why.startswith("net2 is expected right with ")
    assert len(second.scores) == 3
    last = selector.decide(Seen(None, {**logits, "net2": trials.logits[2][image]}, vectors))
    assert isinstance(last, Answer)
    assert last.models == ("net0", "net2")
    assert last.probabilities.sum() == pytest.approx(1)
    never = replace(selector, price=10.0).decide(Seen(None, logits, vectors))
    assert isinstance(never, Answer)
    assert never.models == ("net0",)
    assert never.why.startswith("no other model is worth its time")


def test_the_mean_is_that_of_the_calibrated_answers(make_telling) -> None:
    trials = make_telling()
    selector = replace(_at(trials, 1e-4, via="net0", average=True), temperatures=(1.0, 1.0, 1.0))
    logits = {"net0": np.log(np.float32([0.8, 0.2])), "net1": np.log(np.float32([0.3, 0.7]))}
    assert selector.decide(Seen(None, logits)).probabilities == pytest.approx([0.55, 0.45])
    alone = replace(selector, average=False).decide(Seen(None, logits))
    assert alone.probabilities == pytest.approx([0.3, 0.7])
    assert alone.models == ("net1",)


@pytest.mark.parametrize("estimator", ["knn", "ridge"])
@pytest.mark.parametrize("embedding", ["joined", "features"])
def test_state_and_back(make_telling, estimator, embedding) -> None:
    trials = make_telling(sure_when_right=False)
    selector = _at(trials, 1e-3, estimator=estimator, embedding=embedding)
    values, arrays = selector.state()
    again = Router.from_state(values, {name: array.copy() for name, array in arrays.items()})
    held = make_telling(seed=5, sure_when_right=False)
    one, other = selector.route(held), again.route(held)
    assert (one.top == other.top).all()
    assert (one.ran == other.ran).all()
    assert again.state()[0] == values


def test_what_was_seen_of_other_trials_is_not_remembered(make_telling) -> None:
    trials, held = make_telling(sure_when_right=False), make_telling(seed=3, sure_when_right=False)
    selector = _at(trials, 1e-3, average=True)
    expected = Router.from_state(*selector.state()).route(held)
    selector.route(trials)
    assert (selector.route(held).top == expected.top).all()
    assert (selector.route(held).top == expected.top).all()
    assert (selector.route(held.take(np.arange(7))).top == expected.top[:7]).all()


def test_parts_must_fit(make_telling) -> None:
    selector = _at(make_telling(), 1e-3, via="net0")
    with pytest.raises(UsageError, match="2 temperatures"):
        replace(selector, temperatures=(1.0, 1.0))
    with pytest.raises(UsageError, match="runs net0 first"):
        replace(selector, models=("a", "b", "c"))
