"""Folders that another process has, files that another program holds or that may not be written."""

import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from edgewise.errors import StoreError, UsageError
from edgewise.personal.state import DeviceState
from tests.personal.states import (
    GENERIC,
    ROWS,
    SERVICE,
    end,
    fill,
    heard,
    held,
    observation,
    run,
    start,
)
from tests.privileges import without_the_rights_of_root


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A state folder in which Anna is known."""
    return fill(tmp_path / "state")


def test_a_folder_has_one_process(tmp_path: Path) -> None:
    service = start(SERVICE, tmp_path)
    try:
        assert heard(service) == "mine"
        for _ in range(2):
            with pytest.raises(UsageError, match="Another edgewise service is using") as caught:
                DeviceState.open(tmp_path, GENERIC)
        assert "Stop it first" in caught.value.hint
        assert service.poll() is None
    finally:
        end(service)
    with DeviceState.open(tmp_path, GENERIC) as state:  # a lock ends with its process
        assert len(state.observations("anna", 1000)) == ROWS


def test_a_process_opens_a_folder_once(folder: Path) -> None:
    with DeviceState.open(folder, GENERIC), pytest.raises(UsageError, match="Another edgewise service"):
        DeviceState.open(folder, GENERIC)


def test_a_file_that_another_program_holds_is_waited_for(folder: Path) -> None:
    calls: list[Callable[[DeviceState], Any]] = [
        lambda state: state.record("anna", observation()),
        lambda state: state.transition("anna", {"step": 2}, None, []),
        lambda state: state.forget("anna"),
    ]
    with DeviceState.open(folder, GENERIC, busy_s=0.3) as state:
        with held(folder, "BEGIN IMMEDIATE"):
            for call in calls:
                before_s = time.monotonic()
                with pytest.raises(StoreError, match=r"state\.sqlite is held by another program") as caught:
                    call(state)
                assert 0.25 < time.monotonic() - before_s < 4  # SQLite's own would be 5
                assert "Close what has it open" in caught.value.hint
            assert state.session("anna") == ({"step": 1}, "a")  # reading goes on
        state.record("anna", observation("after"))
        assert [o.label for o in state.observations("anna", 2)] == ["label 299", "after"]


def test_a_file_that_is_given_back_in_time_is_written(folder: Path) -> None:
    with DeviceState.open(folder, GENERIC, busy_s=60) as state, held(folder, "BEGIN IMMEDIATE", seconds=0.3):
        state.record("anna", observation("after"))
        assert state.observations("anna", 1)[0].label == "after"


@pytest.mark.parametrize("statements", [["BEGIN IMMEDIATE"], ["PRAGMA locking_mode = EXCLUSIVE", "BEGIN EXCLUSIVE"]])
def test_a_file_that_is_held_is_not_taken_for_damaged(folder: Path, statements: list[str]) -> None:
    with held(folder, *statements), pytest.raises(StoreError, match="held by another program"):
        DeviceState.open(folder, GENERIC, busy_s=0.1)
    with DeviceState.open(folder, GENERIC) as state:
        assert state.moved_aside is None
        assert state.users() == ("anna",)


@pytest.mark.parametrize("make", [Path.mkdir, os.mkfifo])
def test_what_is_no_file_is_said_and_stays(tmp_path: Path, make: Callable[[Path], None]) -> None:
    make(tmp_path / "state.sqlite")
    with pytest.raises(StoreError, match=r"state\.sqlite is no regular file"):
        DeviceState.open(tmp_path, GENERIC)
    assert (tmp_path / "state.sqlite").exists()
    with pytest.raises(StoreError, match="cannot be written"):
        DeviceState.open(Path("/dev/null/state"), GENERIC)


_TRY = """
from edgewise.errors import StoreError
try:
    with DeviceState.open(folder, GENERIC) as state:
        state.add_user("bert")
    print("opened")
except StoreError as error:
    print(error.message)
"""


def test_what_may_not_be_written_is_said(folder: Path) -> None:
    (folder / "state.sqlite").chmod(0o400)
    assert run(_TRY, folder, preexec_fn=without_the_rights_of_root).endswith("cannot be written: Permission denied.\n")
    (folder / "state.sqlite").chmod(0o600)
    (folder / "state.lock").unlink(missing_ok=True)
    folder.chmod(0o500)
    assert run(_TRY, folder, preexec_fn=without_the_rights_of_root).endswith("cannot be written: Permission denied.\n")
    folder.chmod(0o700)
    with DeviceState.open(folder, GENERIC) as state:
        assert state.moved_aside is None
        assert state.users() == ("anna",)
