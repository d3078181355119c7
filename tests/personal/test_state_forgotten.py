"""What is forgotten is gone from the bytes of the file and of its log, and nothing else is."""

import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from edgewise.errors import StoreError
from edgewise.personal.state import DeviceState
from tests.personal.states import GENERIC, ROWS, feedback, fill, held, kept_bytes, network, observation, small_disk

SWAPPED = ("swapped", "Anna's network serves.", {"ms": 3.5})


@pytest.fixture
def state(tmp_path: Path) -> Iterator[DeviceState]:
    """A new state that knows Anna."""
    with DeviceState.open(tmp_path / "state", GENERIC) as opened:
        opened.add_user("anna")
        yield opened


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Path]:
    """A small file system that is nearly full."""
    with small_disk(tmp_path / "disk") as mounted:
        yield mounted


def test_the_forgotten_are_gone_from_the_bytes(state: DeviceState) -> None:
    secrets = ["bert-secret", "label-secret", "event-secret", "value-secret", "network-secret", "session-secret"]
    secrets += ["answer-secret", "spoken-of-secret"]
    user, label, event, value, name, session, answer, model = secrets
    state.add_user(user)
    for i in range(400):
        state.record(user, replace(observation(f"{label}-{i}"), answer_id=f"{answer}-{i}", class_index=7))
        state.record("anna", observation("anna's own"))
    state.transition(user, {"a": session}, name, [("learned", event, {"a": value})], [network(name)])
    state.transition("anna", {"b": 1}, "mine", [SWAPPED], [network("mine")])
    for i in range(0, 400, 4):
        state.tell(user, feedback(f"{answer}-{i}", model=model))
    state.tell("anna", feedback("anna's answer"))
    before = (
        state.observations("anna", 1000),
        state.session("anna"),
        state.networks("anna"),
        state.events(user="anna"),
        state.accuracy("anna"),
    )
    assert all(secret.encode() in kept_bytes(state.folder) for secret in secrets)
    assert state.forget(user) == ()
    after = kept_bytes(state.folder)
    assert b"anna's own" in after
    assert not [secret for secret in secrets if secret.encode() in after]
    assert state.users() == ("anna",)
    assert (state.session("anna"), state.networks("anna"), state.events(), state.accuracy("anna")) == before[1:]
    assert [o.seq for o in state.observations("anna", 1000)] == [o.seq for o in before[0]]
    state.close()
    assert not [secret for secret in secrets if secret.encode() in kept_bytes(state.folder)]


def test_who_comes_again_is_new(state: DeviceState) -> None:
    seq = state.record("anna", observation())
    state.transition("anna", {"a": 1}, "a", [SWAPPED], [network("a")])
    event = state.events()[-1]
    state.forget("anna")
    state.add_user("anna")
    assert (state.session("anna"), state.networks("anna"), state.events()) == ((None, None), (), [])
    assert state.observations("anna", 10) == []
    assert state.record("anna", observation()) > seq
    assert state.transition("anna", {}, None, [SWAPPED])[0].seq > event.seq


def test_a_forgetting_that_is_cut_short_is_ended_by_the_next_opening(tmp_path: Path) -> None:
    folder = fill(tmp_path / "state")
    with DeviceState.open(folder, GENERIC, busy_s=0.1) as state:
        state.add_user("bert-secret")
        state.record("bert-secret", observation("label-secret"))
        with held(folder, "BEGIN", "SELECT * FROM users"):
            with pytest.raises(StoreError, match="held by another program"):
                state.forget("bert-secret")
            assert state.users() == ("anna",)
            assert b"secret" in kept_bytes(folder)
            shutil.copytree(folder, tmp_path / "copy")  # what a kill would leave
    with DeviceState.open(tmp_path / "copy", GENERIC) as state:
        assert state.users() == ("anna",)
        assert b"secret" not in kept_bytes(tmp_path / "copy")
        assert len(state.observations("anna", 1000)) == ROWS


def test_the_forgotten_are_gone_where_there_is_no_space_to_write_the_file_anew(disk: Path) -> None:
    folder = disk / "state"
    (disk / "ballast").unlink()
    with DeviceState.open(folder, GENERIC) as state:
        for user in ("anna", "bert-secret"):
            state.add_user(user)
        for _ in range(1000):
            state.record("anna", observation("x" * 500))
        state.record("bert-secret", observation("label-secret"))
    with DeviceState.open(folder, GENERIC) as state:
        free = shutil.disk_usage(disk).free
        (disk / "more").write_bytes(bytes(free - 150_000))
        with pytest.raises(StoreError, match="cannot be written: No space left on device"):
            state.forget("bert-secret")
        assert state.users() == ("anna",)
        assert b"secret" not in kept_bytes(folder)
        assert len(state.observations("anna", 10**6)) == 1000
