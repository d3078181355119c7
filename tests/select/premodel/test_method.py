from dataclasses import replace

import numpy as np
import pytest

from edgewise.errors import UsageError
from edgewise.select.premodel.membership import choose_members
from edgewise.select.premodel.method import PremodelMethod
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


CHAINS = ["knn", "tree", "svm", "nb", "svm.knn.tree"]


@pytest.mark.parametrize("chain", CHAINS)
@pytest.mark.parametrize("single", [False, True])
def test_every_family_learns_who_is_right(make_trials, chain: str, single: bool) -> None:
    if single and "." in chain:
        return
    trials = make_trials(images=600, reach=(0.3, 0.6, 0.9), specialists=True)
    selector = PremodelMethod(chain=chain, single=single, on_fail="refuse").fit(trials.take(np.arange(400)))
    held = trials.take(np.arange(400, 600))
    best = np.where(held.right().any(axis=1), held.right().argmax(axis=1), -1)
    # Naive Bayes lays a bell over each model's stretch; of a chain's levels that is right at the edges only.
    assert (selector.route(held).chosen == best).mean() > (0.75 if chain == "nb" else 0.85)


def test_multi_hot_levels_say_yes_where_their_model_is_right(make_trials) -> None:
    trials = make_trials(images=400, reach=(0.6, 0.9))
    one, many = (PremodelMethod(labels=labels).fit(trials) for labels in ("one-hot", "multi-hot"))
    easy = Seen(np.array([0.1]))
    assert [step.scores for step in (one.decide(easy), many.decide(easy))] == [(1.0, 0.0), (1.0, 1.0)]
    assert many.decide(Seen(np.array([0.8]))).scores == (0.0, 1.0)


def test_a_member_that_is_never_the_fastest_has_a_level_in_multi_hot_only(make_trials) -> None:
    # After net0, Algorithm 1 takes net3, which repairs 5; net1 and net2 each add one, and leave net3 nothing.
    marks = ("xxxxxxx........", ".......xx...x..", ".........xxx.x.", ".......xxxxx...")
    right = np.array([[mark == "x" for mark in column] for column in marks])
    trials = replace(
        make_trials(images=15, reach=(0.1, 0.2, 0.3, 0.4), classes=2),
        labels=np.zeros(15, np.int64),
        logits=tuple(np.column_stack([column, ~column]).astype(np.float32) for column in right),
    )
    assert choose_members(right.T).models == (0, 3, 1, 2)
    assert PremodelMethod().fit(trials).levels == ("net0", "net1", "net2")
    assert PremodelMethod(labels="multi-hot").fit(trials).levels == ("net0", "net1", "net2", "net3")


def test_a_single_classifier_has_no_multi_hot_labels(make_trials) -> None:
    with pytest.raises(UsageError, match="multi-hot"):
        PremodelMethod(single=True, labels="multi-hot").fit(make_trials(images=50))


def test_unknown_labels_are_named(make_trials) -> None:
    with pytest.raises(UsageError, match="'lukewarm'"):
        PremodelMethod(labels="lukewarm").fit(make_trials(images=50))  # type: ignore[arg-type]


def test_the_methods_of_algorithm_1_weigh_the_time(make_trials) -> None:
    trials = make_trials(images=1000)  # 1, 10 and 100 ms
    assert PremodelMethod(members="accuracy").fit(trials).levels == ("net0", "net2")
    assert PremodelMethod(members="optimal").fit(trials).levels == ("net0", "net1", "net2")
    assert PremodelMethod(members="alternate").fit(trials).levels == ("net0", "net2")


def test_it_may_see_some_of_the_features(make_trials) -> None:
    trials = make_trials(images=200, features="noise")
    selector = PremodelMethod(features=("feature1",)).fit(trials)
    assert selector.feature_names == ("feature1",)
    alone = PremodelMethod().fit(trials.with_features(("feature1",)))
    assert (selector.route(trials).chosen == alone.route(trials).chosen).all()
    with pytest.raises(UsageError, match="hue"):
        PremodelMethod(features=("hue",)).fit(trials)


@pytest.mark.parametrize("single", [False, True])
def test_no_model_is_ever_right_for_any_family(make_trials, single: bool) -> None:
    for chain in CHAINS[:4]:
        method = PremodelMethod(chain=chain, single=single, on_fail="refuse")
        selector = method.fit(make_trials(images=50, reach=(0.0, 0.0)))
        assert selector.levels == ()
        assert isinstance(selector.decide(Seen(np.array([0.5]))), Refuse)


def test_the_radius_is_chosen_in_training_or_given(make_trials) -> None:
    trials = make_trials(images=300)
    for radius in (0.05, "auto"):
        selector = PremodelMethod(radius=radius, on_fail="refuse").fit(trials)
        assert isinstance(selector.decide(Seen(np.array([0.1]))), Run)
        assert isinstance(selector.decide(Seen(np.array([50.0]))), Refuse), "nobody is near"
