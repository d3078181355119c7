"""What reaches the state file, and when."""

from pathlib import Path

import pytest

from edgewise.errors import StoreError
from edgewise.personal.journal import Journal
from edgewise.personal.session import Session
from edgewise.personal.state import DeviceState
from tests.personal.states import GENERIC, network


@pytest.fixture
def journal(tmp_path: Path):
    with DeviceState.open(tmp_path, GENERIC) as state:
        state.add_user("anna")
        yield state, Journal(state, "anna")


def test_a_step_comes_back(journal) -> None:
    _, steps = journal
    assert steps.kept() is None
    steps.store(Session(wait=7), 3, {"a": 1})
    assert steps.kept() == {"session": Session(wait=7).to_values(), "first_seq": 3, "test": {"a": 1}}


def test_an_answer_is_found_by_its_id(journal) -> None:
    state, steps = journal
    steps.remember("tabby", 0.5, "small", 2.5, answer_id="first", class_index=281)
    user, answer = state.answer("first")
    assert (user, answer.label, answer.model, answer.class_index) == ("anna", "tabby", "small", 281)


def test_what_could_not_be_written_is_written_with_the_next_step_once(journal, monkeypatch: pytest.MonkeyPatch) -> None:
    state, steps = journal

    def full(*_: object) -> None:
        raise StoreError("No space.")

    steps.note([("made", "x", {})], [network("network-1")])
    with monkeypatch.context() as patched:
        patched.setattr(DeviceState, "transition", full)
        with pytest.raises(StoreError):
            steps.store(Session(), 0, {})
    steps.note([("turned down", "y", {})], retire=["network-1"])
    assert steps.networks() == [], "nobody takes it for one that may come back"
    steps.store(Session(), 0, {})
    steps.store(Session(), 0, {})
    assert [event.kind for event in state.events()] == ["made", "turned down"]
    assert [(one.name, one.retired) for one in state.networks("anna")] == [("network-1", True)]


def test_what_was_never_stored_is_not_retired(journal) -> None:
    state, steps = journal
    steps.note(retire=["network-9"])
    steps.store(Session(), 0, {})
    assert state.networks("anna") == ()
