from dataclasses import replace

import numpy as np
import pytest

from edgewise.errors import UsageError
from edgewise.select.premodel_method import PremodelMethod
from edgewise.select.selector import Refuse, Run, Seen


def test_it_learns_the_fastest_right_model(make_trials) -> None:
    selector = PremodelMethod(on_fail="refuse").fit(make_trials(images=1000, specialists=True))
    assert selector.levels == ("net0", "net1", "net2")
    steps = [selector.decide(Seen(np.array([difficulty]))) for difficulty in (0.1, 0.6, 0.8, 0.97)]
    assert [step.model if isinstance(step, Run) else step for step in steps[:3]] == ["net0", "net1", "net2"]
    assert isinstance(steps[3], Refuse)


def test_the_policy_runs_the_most_accurate_model_unless_told(make_trials) -> None:
    trials = make_trials(images=300)
    assert PremodelMethod().fit(trials).fail_model == "net2"
    assert PremodelMethod(fail_model="net1").fit(trials).fail_model == "net1"
    assert PremodelMethod(on_fail="refuse").fit(trials).fail_model is None


def test_a_model_that_another_makes_superfluous_is_left_out(make_trials) -> None:
    # net2 is right wherever net1 is: Algorithm 1 takes the most accurate complement, however slow.
    assert PremodelMethod().fit(make_trials(images=300)).levels == ("net0", "net2")


def test_models_worth_less_than_theta_are_left_out(make_trials) -> None:
    trials = make_trials(images=1000, reach=(0.5, 0.503, 0.9), specialists=True)
    assert PremodelMethod().fit(trials).levels == ("net0", "net2")
    assert PremodelMethod(theta_points=0.0).fit(trials).levels == ("net0", "net1", "net2")


def test_a_fail_model_that_is_no_member_may_still_run(make_trials) -> None:
    trials = make_trials(images=300, reach=(0.5, 0.5, 0.9))
    selector = PremodelMethod(fail_model="net1").fit(trials)
    assert selector.levels == ("net0", "net2")
    assert selector.models == ("net0", "net1", "net2")


def test_top_five_is_another_question(make_trials) -> None:
    trials = make_trials(images=300, classes=5)
    assert PremodelMethod().fit(trials).levels == ("net0", "net2")
    assert PremodelMethod(criterion="top5").fit(trials).levels == ("net0",), "of five classes the label is always there"


def test_an_unknown_fail_model_names_the_known_ones(make_trials) -> None:
    with pytest.raises(UsageError, match="resnet") as caught:
        PremodelMethod(fail_model="resnet").fit(make_trials(images=50))
    assert "net0, net1, net2" in caught.value.hint


def test_refusing_and_running_contradict_each_other(make_trials) -> None:
    with pytest.raises(UsageError, match="refuse"):
        PremodelMethod(on_fail="refuse", fail_model="net0").fit(make_trials(images=50))


def test_an_unknown_policy_is_named(make_trials) -> None:
    with pytest.raises(UsageError, match="'shrug'"):
        PremodelMethod(on_fail="shrug").fit(make_trials(images=50))  # type: ignore[arg-type]


def test_trials_without_features_cannot_teach_a_premodel(make_trials) -> None:
    bare = replace(make_trials(images=50), features=np.empty((50, 0)), feature_names=())
    with pytest.raises(UsageError, match="features"):
        PremodelMethod().fit(bare)


def test_no_model_is_ever_right(make_trials) -> None:
    selector = PremodelMethod(on_fail="refuse").fit(make_trials(images=50, reach=(0.0, 0.0)))
    assert selector.levels == ()
    assert isinstance(selector.decide(Seen(np.array([0.5]))), Refuse)
