"""Processes that are killed while they remember: what they had acknowledged is there, and nothing by halves."""

import random
import shutil
import sqlite3
import subprocess
import time
from collections import Counter
from contextlib import closing
from pathlib import Path

import pytest

from edgewise.personal import state_file
from edgewise.personal.state import DeviceState
from tests.personal.states import GENERIC, end, heard, kept_bytes, start

_LONGEST_S = 0.15  # from the first sign of life to the kill
_SERVICE = """
print("alive", flush=True)
with DeviceState.open(folder, GENERIC) as state, open(sys.argv[2], "a", buffering=1) as acknowledged:
    state.add_user("anna")
    session, _ = state.session("anna")
    step = session["step"] if session else 0
    while True:
        for _ in range(5):
            print("row", state.record("anna", observation(f"step {step}")), file=acknowledged)
        state.tell("anna", feedback(f"answer {step}"))
        print("told", step, file=acknowledged)
        step += 1
        name = f"network-{step}"
        events = [("learned", f"step {step}", {}), ("swapped", f"step {step}", {"network": name})]
        retired = [f"network-{step - 1}"] if step > 1 else []
        state.transition("anna", {"step": step, "network": name}, name, events, [network(name)], retired)
        print("step", step, file=acknowledged)
"""


@pytest.mark.parametrize("kills", [5, pytest.param(50, marks=pytest.mark.slow)])
def test_a_killed_service_loses_nothing(tmp_path: Path, kills: int) -> None:
    chance = random.Random(kills)
    stored = 0
    for kill in range(kills):
        folder = tmp_path / f"state-{kill // 10}"  # a new one now and then, so that its making is interrupted too
        acknowledged = tmp_path / f"acknowledged-{kill // 10}"
        _kill(start(_SERVICE, folder, acknowledged), chance.uniform(0, _LONGEST_S))
        lines = acknowledged.read_text().splitlines() if acknowledged.exists() else []
        _see_all_there(folder, lines, most_unacknowledged=kill % 10 + 1)
        stored = max(stored, len(lines))
    assert stored > 20, "the service was killed before it did anything"


def _kill(service: subprocess.Popen[str], after_s: float) -> None:
    assert heard(service) == "alive"
    time.sleep(after_s)
    assert service.poll() is None
    end(service)


def _see_all_there(folder: Path, lines: list[str], most_unacknowledged: int) -> None:
    """A kill may come between a commit and its acknowledgement, each time once."""
    acknowledged = [line.split() for line in lines]
    rows = {int(number) for kind, number in acknowledged if kind == "row"}
    told = {int(number) for kind, number in acknowledged if kind == "told"}
    last_step = max((int(number) for kind, number in acknowledged if kind == "step"), default=0)
    with DeviceState.open(folder, GENERIC) as state:
        assert state.moved_aside is None
        if "anna" not in state.users():
            assert not lines
            return
        found = {o.seq for o in state.observations("anna", 10**6)}
        assert rows <= found
        assert len(found) <= len(rows) + most_unacknowledged
        assert len(told) <= sum(one.told for one in state.accuracy("anna")) <= len(told) + most_unacknowledged
        _see_steps_whole(state, last_step, most_unacknowledged)
    assert not list(folder.glob("*.part"))
    with closing(sqlite3.connect(folder / "state.sqlite")) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        assert connection.execute("PRAGMA foreign_key_check").fetchall() == []


def _see_steps_whole(state: DeviceState, last_step: int, most_unacknowledged: int) -> None:
    session, serving = state.session("anna")
    step = session["step"] if session else 0
    assert last_step <= step <= last_step + most_unacknowledged
    assert serving == (session["network"] if session else None) == (f"network-{step}" if step else None)
    networks = state.networks("anna")
    assert [n.name for n in networks] == [f"network-{i}" for i in range(1, step + 1)]
    assert [n.name for n in networks if not n.retired] == ([serving] if step else [])
    assert Counter(e.text for e in state.events(limit=10**6)) == {f"step {i}": 2 for i in range(1, step + 1)}


def test_a_new_file_has_its_log_from_the_first(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Else a kill amid the change to it would leave a journal, which a reader of the next start could not undo."""
    changes: list[bytes] = []
    settle = state_file._settle

    def settled(connection: sqlite3.Connection) -> None:
        changes.append((tmp_path / "state.sqlite").read_bytes()[18:20])
        settle(connection)

    monkeypatch.setattr(state_file, "_settle", settled)
    DeviceState.open(tmp_path, GENERIC).close()
    assert changes == [b"\2\2"]  # of the file format: WAL
    assert {path.name for path in tmp_path.iterdir()} == {"state.sqlite", "state.lock"}


_FORGETFUL = """
print("alive", flush=True)
with DeviceState.open(folder, GENERIC) as state, open(sys.argv[2], "a", buffering=1) as acknowledged:
    state.add_user("anna")
    for step in range(150):
        state.record("anna", observation("her own"))
    step = 0
    while True:
        step += 1
        user = f"secret-{sys.argv[3]}-{step}-"
        state.add_user(user)
        for _ in range(10):
            state.record(user, observation(user))
        state.transition(user, {"user": user}, user, [("learned", user, {})], [network(user)])
        print("there", user, file=acknowledged)
        state.forget(user)
        print("gone", user, file=acknowledged)
"""


@pytest.mark.parametrize("kills", [5, pytest.param(15, marks=pytest.mark.slow)])
def test_a_forgetting_that_is_killed_forgets_all_or_nothing(tmp_path: Path, kills: int) -> None:
    chance = random.Random(kills)
    forgotten = 0
    for kill in range(kills):
        shutil.rmtree(tmp_path / "state", ignore_errors=True)
        acknowledged = tmp_path / f"acknowledged-{kill}"
        _kill(start(_FORGETFUL, tmp_path / "state", acknowledged, str(kill)), chance.uniform(0.05, 2 * _LONGEST_S))
        lines = [line.split() for line in acknowledged.read_text().splitlines()] if acknowledged.exists() else []
        gone = [user for kind, user in lines if kind == "gone"]
        with DeviceState.open(tmp_path / "state", GENERIC) as state:
            known = [user for user in state.users() if user != "anna"]
            assert not set(known) & set(gone)
            if lines and lines[-1][0] == "there" and known:  # the last one was not forgotten yet, so is all there
                assert known == [lines[-1][1]]
                assert len(state.observations(known[0], 100)) == 10
                assert state.session(known[0]) == ({"user": known[0]}, known[0])
            content = kept_bytes(tmp_path / "state")
        assert not [user for kind, user in lines if user not in known and user.encode() in content]
        forgotten += len(gone)
    assert forgotten > kills, "the service was killed before it forgot anybody"
