"""What the owner says of answers stays, the last word on each, and no more than the newest."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from edgewise.errors import UsageError
from edgewise.personal.remembered import Accuracy
from edgewise.personal.state import DeviceState
from tests.personal.states import GENERIC, feedback, observation


@pytest.fixture
def state(tmp_path: Path) -> Iterator[DeviceState]:
    """A new state that knows Anna and Bert."""
    with DeviceState.open(tmp_path / "state", GENERIC) as opened:
        for user in ("anna", "bert"):
            opened.add_user(user)
        yield opened


def test_an_answer_is_found_by_its_id_alone(state: DeviceState) -> None:
    for user in ("anna", "bert"):
        state.record(user, replace(observation(user), answer_id=f"of {user}", class_index=281))
        state.record(user, observation())
    user, found = state.answer("of bert")
    assert (user, found.label, found.class_index, list(found.top_classes)) == ("bert", "bert", 281, [0, 1, 2])


@pytest.mark.parametrize("answer_id", ["of nobody", "", "\ud800", "x' OR 1=1 --", "OF ANNA"])
def test_an_answer_that_is_not_kept_is_said(state: DeviceState, answer_id: str) -> None:
    state.record("anna", replace(observation(), answer_id="of anna", class_index=7))
    with pytest.raises(UsageError, match=r"No answer with the id|The id of an answer is"):
        state.answer(answer_id)


def test_networks_are_counted_apart_and_users_too(state: DeviceState) -> None:
    state.tell("anna", feedback("1", model="second"))
    for answer_id, truth in (("2", 7), ("3", 8), ("4", 7)):
        state.tell("anna", feedback(answer_id, truth, "first"))
    state.tell("bert", feedback("5", 8, "first"))
    assert state.accuracy("anna") == (Accuracy("second", 1, 1), Accuracy("first", 3, 2))
    assert state.accuracy("bert") == (Accuracy("first", 1, 0),)


def test_the_last_word_on_an_answer_counts(state: DeviceState) -> None:
    for truth, right in ((8, 0), (7, 1), (7, 1), (9, 0)):
        state.tell("anna", feedback("1", truth))
        assert state.accuracy("anna") == (Accuracy("small", 1, right),)


def test_it_is_there_again_after_a_restart(tmp_path: Path) -> None:
    with DeviceState.open(tmp_path, GENERIC) as state:
        state.add_user("anna")
        state.record("anna", replace(observation(), answer_id="1", class_index=7))
        state.tell("anna", feedback("1", 8))
    with DeviceState.open(tmp_path, GENERIC) as state:
        assert state.answer("1")[1].class_index == 7
        state.tell("anna", feedback("1", 7))
        assert state.accuracy("anna") == (Accuracy("small", 1, 1),)


def test_only_the_newest_stay_and_an_answer_may_go_before_what_was_said_of_it(tmp_path: Path) -> None:
    with DeviceState.open(tmp_path, GENERIC, keep=5) as state:
        for user in ("anna", "bert"):
            state.add_user(user)
            state.record(user, replace(observation(), answer_id=f"0 of {user}", class_index=7))
            state.tell(user, feedback(f"0 of {user}"))
        for number in range(1, 5):
            state.tell("anna", feedback(f"{number} of anna", 8))
        assert state.accuracy("anna") == (Accuracy("small", 5, 1),)
        state.tell("anna", feedback("5 of anna", 8))
        assert state.accuracy("anna") == (Accuracy("small", 5, 0),)
        for _ in range(5 + 256):
            state.record("bert", observation())
        with pytest.raises(UsageError, match="one of the device's latest 5 answers"):
            state.answer("0 of bert")
        assert state.accuracy("bert") == (Accuracy("small", 1, 1),)


def test_a_user_who_is_not_known_is_said(state: DeviceState) -> None:
    for call in (lambda: state.tell("carl", feedback("1")), lambda: state.accuracy("carl")):
        with pytest.raises(UsageError, match="No user"):
            call()
