import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import accuracy_score, precision_recall_fscore_support

from edgewise.errors import UsageError
from edgewise.select.judge.scores import Averaged, answer_scores, choice_scores, scores
from edgewise.select.optimal import fastest_right
from edgewise.select.premodel.method import PremodelMethod


@given(
    rows=st.integers(1, 60),
    classes=st.integers(1, 5),
    averaged=st.sampled_from(["macro", "weighted"]),
    seed=st.integers(0, 2**31),
)
def test_they_are_scikit_learn_s(rows: int, classes: int, averaged: Averaged, seed: int) -> None:
    rng = np.random.default_rng(seed)
    truth, named = rng.integers(0, classes, rows), rng.integers(-1, classes + 1, rows)
    theirs = precision_recall_fscore_support(truth, named, labels=np.unique(truth), average=averaged, zero_division=0)
    ours = scores(truth, named, averaged)
    assert (ours.precision, ours.recall, ours.f1) == pytest.approx(theirs[:3])
    assert ours.accuracy == accuracy_score(truth, named)


def test_a_worked_example() -> None:
    # Class 0: 2 of 2 called right, 2 of 3 found. Class 1: 1 of 2 called right, 1 of 1 found.
    found = scores(np.array([0, 0, 0, 1]), np.array([0, 0, 1, 1]))
    assert (found.precision, found.recall, found.accuracy) == pytest.approx((3 / 4, 5 / 6, 3 / 4))
    assert found.f1 == pytest.approx((4 / 5 + 2 / 3) / 2)


def test_choosing_is_scored_over_the_models_and_the_fail_class(make_trials) -> None:
    trials = make_trials(images=400, specialists=True, features="noise")
    routes = PremodelMethod(on_fail="refuse").fit(trials).route(trials)
    best = fastest_right(trials.right())
    best[best == 3] = -1
    for averaged in ("macro", "weighted"):
        theirs = precision_recall_fscore_support(best, routes.chosen, average=averaged, zero_division=0)
        ours = choice_scores(trials, routes, averaged=averaged)
        assert (ours.precision, ours.recall, ours.f1) == pytest.approx(theirs[:3])


def test_among_some_members_what_another_model_alone_gets_right_is_a_fail(make_trials) -> None:
    trials = make_trials(images=400, specialists=True)
    routes = PremodelMethod(on_fail="refuse", n_neighbors=1).fit(trials.take(np.arange(400))).route(trials)
    assert choice_scores(trials, routes).accuracy == 1
    two = choice_scores(trials, routes, members=("net0", "net1"))
    assert two.accuracy == pytest.approx(1 - trials.right()[:, 2].mean())


def test_the_criterion_says_what_is_right(make_trials) -> None:
    trials = make_trials(images=200, classes=5)
    routes = PremodelMethod(criterion="top5").fit(trials).route(trials)
    assert choice_scores(trials, routes, "top5").accuracy == 1, "of five classes the label is always there"
    assert choice_scores(trials, routes, "top1").accuracy < 1


def test_refusals_are_no_prediction(make_trials) -> None:
    trials = make_trials(images=400)
    routes = PremodelMethod(on_fail="refuse").fit(trials).route(trials)
    refused = routes.chosen < 0
    assert refused.any()
    found = answer_scores(trials, routes)
    assert found.accuracy == pytest.approx(routes.right(trials.labels).mean())
    theirs = precision_recall_fscore_support(
        trials.labels, routes.top[:, 0], labels=np.unique(trials.labels), average="macro", zero_division=0
    )
    assert (found.precision, found.recall, found.f1) == pytest.approx(theirs[:3])


def test_what_cannot_be_scored_is_said(make_trials) -> None:
    trials = make_trials(images=50)
    routes = PremodelMethod().fit(trials).route(trials)
    with pytest.raises(UsageError, match="no images"):
        scores(np.zeros(0, int), np.zeros(0, int))
    with pytest.raises(UsageError, match="'micro'"):
        answer_scores(trials, routes, "micro")  # type: ignore[arg-type]
    with pytest.raises(UsageError, match="resnet"):
        choice_scores(trials, routes, members=("net0", "resnet"))
