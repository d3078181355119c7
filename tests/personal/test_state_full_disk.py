"""A file that cannot grow fails the call that needed it, and what was to be durable has reached the disk."""

import shutil
import sqlite3
import subprocess
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from edgewise.errors import StoreError
from edgewise.personal.state import DeviceState
from tests.personal.states import GENERIC, contents, run, small_disk, start


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Path]:
    """A small file system that is nearly full."""
    with small_disk(tmp_path / "disk") as mounted:
        yield mounted


_FILL = """
from edgewise.errors import StoreError

def count(state):
    return len(state.observations("anna", 10**6))

def fill(state, make_room):
    state.add_user("anna")
    stored = 0
    try:
        for stored in range(1, 200_000):
            state.record("anna", observation("x" * 500))
        print("never full")
    except StoreError as error:
        print(error.message)
    assert count(state) == stored - 1, "what failed is not there, what was acknowledged is"
    try:
        state.transition("anna", {"step": 1}, "a", [("learned", "x" * 20_000, {})], [network("a")])
        print("never full")
    except StoreError as error:
        print(error.message)
    assert (state.session("anna"), state.networks("anna"), state.events()) == ((None, None), (), [])
    make_room()
    state.record("anna", observation("after"))
    state.transition("anna", {"step": 2}, "a", [("learned", "x", {})], [network("a")])
    assert count(state) == stored
    assert state.session("anna") == ({"step": 2}, "a")
"""
_LIMIT = """
import resource
_, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
with DeviceState.open(folder, GENERIC) as state:
    resource.setrlimit(resource.RLIMIT_FSIZE, (300_000, hard))
    fill(state, lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (hard, hard)))
"""
_DISK = """
with DeviceState.open(folder / "state", GENERIC) as state:
    fill(state, (folder / "ballast").unlink)
"""


def _is_whole(folder: Path) -> bool:
    with DeviceState.open(folder, GENERIC) as state:
        intact = state.moved_aside is None and state.observations("anna", 1)[0].label == "after"
    with closing(sqlite3.connect(folder / "state.sqlite")) as connection:
        return intact and connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]


def test_a_file_that_may_not_grow_fails_that_call_only(tmp_path: Path) -> None:
    first, second = run(_FILL + _LIMIT, tmp_path).splitlines()
    assert first == second
    assert "cannot be read or written: disk I/O error" in first
    assert _is_whole(tmp_path)


def test_a_full_disk_fails_that_call_only(disk: Path) -> None:
    first, second = run(_FILL + _DISK, disk).splitlines()
    assert first == second
    assert "state.sqlite cannot be written: No space left on device" in first
    assert _is_whole(disk / "state")


def test_a_full_disk_leaves_a_damaged_file_where_it_is(disk: Path) -> None:
    folder = disk / "state"
    DeviceState.open(folder, GENERIC).close()
    (folder / "state.sqlite").write_text("notes")
    with pytest.raises(OSError, match="No space"):
        (disk / "more").write_bytes(bytes(16 << 20))
    with pytest.raises(StoreError, match="cannot be written: No space left on device"):
        DeviceState.open(folder, GENERIC)
    assert contents(folder) == {"state.sqlite": b"notes"}
    (disk / "more").unlink()
    with DeviceState.open(folder, GENERIC) as state:
        assert state.moved_aside is not None
        assert state.moved_aside.read_text() == "notes"


_SYNCS = """
import os
with DeviceState.open(folder, GENERIC) as state:
    state.add_user("anna")
    os.write(2, b"records")
    for _ in range(50):
        state.record("anna", observation())
    os.write(2, b"transitions")
    for step in range(3):
        state.transition("anna", {"step": step}, None, [])
    os.write(2, b"end")
"""


@pytest.mark.skipif(not shutil.which("strace"), reason="strace is not installed")
def test_a_transition_waits_for_the_disk_and_a_record_does_not(tmp_path: Path) -> None:
    """By the calls that the system saw: a power cut cannot be had."""
    calls = tmp_path / "calls"
    command = ["strace", "-f", "-o", calls, "-e", "trace=write,fsync,fdatasync"]
    traced = start(_SYNCS, tmp_path / "state", before=command, stderr=subprocess.DEVNULL)
    traced.communicate(timeout=120)
    if traced.returncode:
        pytest.skip("processes cannot be traced here")
    lines = calls.read_text().splitlines()
    at = {
        mark: next(i for i, line in enumerate(lines) if f'"{mark}"' in line)
        for mark in ("records", "transitions", "end")
    }
    synced = [i for i, line in enumerate(lines) if "sync(" in line]
    assert sum(at["records"] < i < at["transitions"] for i in synced) == 0
    assert sum(at["transitions"] < i < at["end"] for i in synced) >= 3
