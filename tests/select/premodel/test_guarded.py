from dataclasses import replace

import numpy as np
import pytest

from edgewise.errors import UsageError
from edgewise.select.judge.evaluate import evaluate
from edgewise.select.premodel.detector import DetectorMethod
from edgewise.select.premodel.guarded import GuardedMethod, GuardedPremodel
from edgewise.select.premodel.method import PremodelMethod
from edgewise.select.selector import Refuse, Run, Seen


def _method(on_fail: str = "run", epsilon: float = 0.2) -> GuardedMethod:
    return GuardedMethod(DetectorMethod(PremodelMethod(on_fail=on_fail)), epsilon)  # type: ignore[arg-type]


@pytest.mark.parametrize("on_fail", ["refuse", "run"])
@pytest.mark.parametrize("features", ["informative", "noise"])
def test_routing_is_exactly_the_decide_loop(make_trials, decide_loop, on_fail: str, features: str) -> None:
    trials = make_trials(images=300, features=features, reach=(0.3, 0.5, 0.7))
    selector = _method(on_fail, epsilon=0.5).fit(trials.take(np.arange(200)))
    held = trials.take(np.arange(200, 300))
    routed, looped = selector.route(held), decide_loop(selector, held)
    for name in ("ran", "chosen", "top", "steps"):
        assert (getattr(routed, name) == getattr(looped, name)).all(), name
    assert (routed.chosen != selector.detector.premodel.route(held).chosen).any(), "some choice was flagged"


def test_without_flags_it_is_its_premodel(make_trials) -> None:
    trials = make_trials(images=300)
    selector = _method(epsilon=0.0).fit(trials)
    assert (selector.route(trials).chosen == selector.detector.premodel.route(trials).chosen).all()


def test_a_flagged_choice_is_left_to_the_policy_and_said(make_trials) -> None:
    trials = make_trials(images=300)
    far = Seen(np.array([40.0]))  # all known images are equally far: every choice is as strange as can be
    step = _method(epsilon=1.0).fit(trials).decide(far)
    assert isinstance(step, Run)
    assert (step.model, step.why) == ("net2", "the choice is doubtful at epsilon 1; the policy runs net2")
    assert isinstance(_method("refuse", epsilon=1.0).fit(trials).decide(far), Refuse)


def test_state_and_back(make_trials) -> None:
    trials = make_trials(images=200)
    selector = _method().fit(trials)
    again = GuardedPremodel.from_state(*selector.state())
    assert (again.route(trials).chosen == selector.route(trials).chosen).all()
    assert again.detector.rule == "p-value"
    assert (again.models, again.feature_names) == (selector.models, selector.feature_names)


def test_it_has_its_row_in_the_fair_table(make_trials) -> None:
    evaluation = evaluate(make_trials(images=200), {"guarded": _method()}, folds=10, bootstrap=20)
    assert "guarded" in [row.name for row in evaluation.table.rows]


def test_epsilon_is_a_probability(make_trials) -> None:
    with pytest.raises(UsageError, match="Epsilon"):
        replace(_method(), epsilon=-0.1).fit(make_trials(images=50))
