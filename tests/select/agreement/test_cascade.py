from itertools import product

import numpy as np
import pytest

from edgewise.errors import UsageError
from edgewise.select.agreement import cascade as module
from edgewise.select.agreement.cascade import AgreementCascade
from edgewise.select.selector import Answer, Run, Seen

NAMES = ("net0", "net1", "net2", "net3")


@pytest.mark.parametrize(("quorums", "last"), list(product([(2, 2), (3, 2), (3, 3), (2, 4)], ["own", "plurality"])))
def test_routing_is_exactly_the_decide_loop(make_voters, decide_loop, monkeypatch, quorums, last) -> None:
    monkeypatch.setattr(module, "_CHUNK_ROWS", 37)
    trials = make_voters(images=150, reach=(0.4, 0.5, 0.5, 0.6), classes=6)
    selector = AgreementCascade(("net1", "net0", "net2", "net3"), quorums, (0.5, 0.4, 0.5, 0.6), last)
    routed, looped = selector.route(trials), decide_loop(selector, trials)
    for name in ("ran", "chosen", "top", "steps"):
        assert (getattr(routed, name) == getattr(looped, name)).all(), name
    assert len(np.unique(routed.chosen)) > 1, "the images part"
    named = np.column_stack([trials.logits[trials.models.index(model)].argmax(axis=1) for model in selector.models])
    ended, answered = selector.settled(named)
    assert (answered == routed.top[:, 0]).all()
    assert (ended + 2 == routed.steps).all()


def test_two_that_agree_end_it_with_the_mean_of_both() -> None:
    seen = {"small": np.log(np.float32([0.8, 0.2])), "middle": np.log(np.float32([0.6, 0.4]))}
    step = AgreementCascade(("small", "middle", "large"), (2,), (0.5, 0.6, 0.9), "own").decide(Seen(None, seen))
    assert isinstance(step, Answer)
    assert step.probabilities == pytest.approx([0.7, 0.3])
    assert step.models == ("small", "middle")
    assert step.scores == (1.0, 2.0)
    assert step.why == "2 of 2 models agree"


def test_the_last_word() -> None:
    logits = {
        "a": np.float32([9, 0, 0]),
        "b": np.float32([9, 0, 0]),
        "c": np.float32([0, 9, 0]),
    }
    answers = [
        AgreementCascade(("a", "b", "c"), (3,), (0.5, 0.6, 0.9), last).decide(Seen(None, logits))
        for last in ("own", "plurality")
    ]
    assert [int(answer.probabilities.argmax()) for answer in answers] == [1, 0]
    assert [answer.models for answer in answers] == [("c",), ("a", "b")]


def test_the_steps_say_why() -> None:
    selector = AgreementCascade(("a", "b", "c"), (2,), (0.5, 0.6, 0.9), "own")
    one, other = np.float32([1, 0]), np.float32([0, 1])
    assert selector.decide(Seen(None)) == Run("a", "a runs first")
    assert selector.decide(Seen(None, {"a": one})) == Run("b", "one model alone agrees with nobody", (1.0,))
    assert selector.decide(Seen(None, {"a": one, "b": other})) == Run("c", "at most 1 of 2 models agree", (1.0, 1.0))


def test_a_cascade_of_one_always_answers_with_it(make_voters) -> None:
    trials = make_voters(images=20)
    routes = AgreementCascade(("net2",), (), (0.9,), "own").route(trials)
    assert routes.ran.tolist() == [[False, False, True]] * 20
    assert (routes.right(trials.labels) == trials.right()[:, 2]).all()


@pytest.mark.parametrize(
    ("models", "quorums", "trust", "last", "says"),
    [
        ((), (), (), "own", "of 0 models"),
        (("a", "b"), (2,), (0.5, 0.5), "own", "1 quorums"),
        (("a", "b", "c"), (2,), (0.5, 0.5), "own", "2 trusts"),
        (("a",), (), (0.5,), "loudest", "'loudest'"),
    ],
)
def test_what_does_not_fit(models, quorums, trust, last, says: str) -> None:
    with pytest.raises(UsageError, match=says):
        AgreementCascade(models, quorums, trust, last)


def test_state_and_back() -> None:
    selector = AgreementCascade(("a", "b", "c"), (3,), (0.5, 0.625, 0.75), "plurality")
    assert AgreementCascade.from_state(*selector.state()) == selector
