from dataclasses import replace

import numpy as np
import pytest

from edgewise.errors import UsageError
from edgewise.select.agreement import ranked as module
from edgewise.select.agreement.cells import Cells
from edgewise.select.agreement.meanings import Meanings
from edgewise.select.agreement.ranked import Count, RankedVotes
from edgewise.select.agreement.ranked_method import RankedVotesMethod
from edgewise.select.selector import Answer, Run, Seen

MEANINGS = Meanings.learn(np.array([[[0, 1, 2], [0, 2, 1]]]), np.array([0]), 3)


def _count(models: int, actions: tuple[int, ...]) -> Count:
    """The same action for both halves of each bin; the bins are equally wide."""
    edges = np.linspace(0, 1, len(actions) + 1, dtype=np.float32)[1:-1]
    cells = Cells(edges, np.full(len(actions), 0.5, np.float32))
    return Count(np.ones((models, 5), np.float32), 0.0, cells, tuple(action for action in actions for _ in range(2)))


@pytest.mark.parametrize("classes", [4, 12])
def test_routing_is_exactly_the_decide_loop(make_voters, decide_loop, monkeypatch, classes: int) -> None:
    monkeypatch.setattr(module, "_CHUNK_ROWS", 41)
    trials = make_voters(images=400, classes=classes)
    path = RankedVotesMethod().fit_path(trials, [0.0005, 0.002, 0.004])
    for selector in dict.fromkeys(path):
        some = trials.take(np.arange(100))
        routed, looped = selector.route(some), decide_loop(selector, some)
        for name in ("ran", "chosen", "top", "steps"):
            assert (getattr(routed, name) == getattr(looped, name)).all(), name
    assert any(len(np.unique(selector.route(trials).chosen)) > 1 for selector in path), "the images part"


def test_the_steps_say_why() -> None:
    selector = RankedVotes(("a", "b"), 0, {(0,): _count(1, (1, -1)), (0, 1): _count(2, (-1,))}, MEANINGS)
    assert selector.decide(Seen(None)) == Run("a", "a runs first")
    unsure = replace(_count(1, (1, -1)), weights=np.zeros((1, 5), np.float32))  # a quarter each, and none
    asks = RankedVotes(("a", "b"), 0, {(0,): unsure, (0, 1): _count(2, (-1,))}, MEANINGS)
    one = np.float32([3, 2, 1])
    assert asks.decide(Seen(None, {"a": one})) == Run("b", "right with probability 0.250 so far", (0.25,))
    answer = asks.decide(Seen(None, {"a": one, "b": one}))
    assert isinstance(answer, Answer)
    assert answer.models == ("a", "b")
    assert answer.probabilities.sum() == pytest.approx(1)
    assert answer.why.startswith("right with probability 0.")


def test_what_has_run_unasked_is_left_aside_where_no_count_has_it() -> None:
    counts = {(1,): _count(1, (-1,))}
    selector = RankedVotes(("a", "b"), 1, counts, MEANINGS)
    answer = selector.decide(Seen(None, {"a": np.float32([0, 0, 9]), "b": np.float32([9, 5, 0])}))
    assert isinstance(answer, Answer)
    assert answer.models == ("b",)


@pytest.mark.parametrize(
    ("first", "counts", "says"),
    [
        (1, {(0,): _count(1, (-1,))}, "runs first"),
        (0, {(0,): _count(1, (1, -1))}, "follows 1"),
        (0, {(0,): _count(2, (-1,))}, "weights or cells"),
        (0, {(0,): replace(_count(1, (-1,)), actions=(-1,))}, "weights or cells"),
    ],
)
def test_what_does_not_fit(first: int, counts, says: str) -> None:
    with pytest.raises(UsageError, match=says):
        RankedVotes(("a", "b"), first, counts, MEANINGS)


def test_state_and_back(make_voters) -> None:
    trials = make_voters(images=300)
    (selector,) = RankedVotesMethod().fit_path(trials, [0.001])
    values, arrays = selector.state()
    again = RankedVotes.from_state(values, arrays)
    assert again.state()[0] == values
    assert (again.route(trials).top == selector.route(trials).top).all()
