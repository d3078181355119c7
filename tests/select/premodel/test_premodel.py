from dataclasses import replace

import numpy as np
import pytest

from edgewise.errors import UsageError
from edgewise.select import one_run
from edgewise.select.premodel.method import PremodelMethod
from edgewise.select.premodel.premodel import Premodel
from edgewise.select.selector import Answer, Run, Seen

VARIANTS = {
    "knn": PremodelMethod(),
    "mixed": PremodelMethod(chain="svm.knn.tree"),
    "nb": PremodelMethod(chain="nb"),
    "multi-hot": PremodelMethod(labels="multi-hot", chain="svm"),
    "radius": PremodelMethod(radius="auto"),
    "single knn": PremodelMethod(single=True),
    "single svm": PremodelMethod(single=True, chain="svm"),
    "single nb": PremodelMethod(single=True, chain="nb"),
}


@pytest.mark.parametrize("variant", VARIANTS)
@pytest.mark.parametrize("on_fail", ["refuse", "run"])
@pytest.mark.parametrize("features", ["informative", "noise"])
def test_routing_is_exactly_the_decide_loop(
    make_trials, decide_loop, monkeypatch, variant: str, on_fail: str, features: str
) -> None:
    monkeypatch.setattr(one_run, "_CHUNK_ROWS", 17)
    trials = make_trials(images=300, features=features, reach=(0.3, 0.5, 0.7))
    selector = replace(VARIANTS[variant], on_fail=on_fail).fit(trials.take(np.arange(200)))
    held = trials.take(np.arange(200, 300))
    routed, looped = selector.route(held), decide_loop(selector, held)
    for name in ("ran", "chosen", "top", "steps"):
        assert (getattr(routed, name) == getattr(looped, name)).all(), name
    if on_fail == "refuse":
        refused = routed.chosen < 0
        assert refused.any() or variant == "multi-hot"
        assert not routed.right(held.labels, 5)[refused].any(), "a refusal is never right"


def test_the_answer_is_the_model_s_own_probabilities(make_trials) -> None:
    selector = PremodelMethod().fit(make_trials())
    first = selector.decide(Seen(np.array([0.1])))
    assert isinstance(first, Run)
    assert first.model == "net0"
    assert first.scores == (1.0, 0.0)
    logits = np.log(np.array([0.1, 0.2, 0.7], np.float32))
    answer = selector.decide(Seen(np.array([0.1]), {"net0": logits}))
    assert isinstance(answer, Answer)
    assert answer.models == ("net0",)
    assert answer.probabilities.dtype == np.float32
    assert answer.probabilities == pytest.approx([0.1, 0.2, 0.7])


def test_the_policy_is_said(make_trials) -> None:
    step = PremodelMethod(fail_model="net1").fit(make_trials()).decide(Seen(np.array([0.99])))
    assert isinstance(step, Run)
    assert step.why == "no model is expected to be right; the policy runs net1"


def test_no_features_is_an_error_that_names_them(make_trials) -> None:
    with pytest.raises(UsageError, match="feature0"):
        PremodelMethod().fit(make_trials()).decide(Seen(None))


def test_a_state_that_does_not_fit_itself_is_refused(make_trials) -> None:
    selector = PremodelMethod().fit(make_trials())
    with pytest.raises(UsageError, match="may run"):
        replace(selector, fail_model="stranger")
    with pytest.raises(UsageError, match="levels"):
        replace(selector, levels=selector.levels[:1])


@pytest.mark.parametrize("variant", VARIANTS)
def test_state_and_back(make_trials, variant: str) -> None:
    trials = make_trials()
    selector = VARIANTS[variant].fit(trials)
    again = Premodel.from_state(*selector.state())
    assert again.state()[0] == selector.state()[0]
    assert (again.route(trials).chosen == selector.route(trials).chosen).all()
