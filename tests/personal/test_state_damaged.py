"""A damaged file is moved aside as it is, and a new one begun; what is not damaged stays."""

import os
import shutil
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edgewise.errors import StoreError, UsageError
from edgewise.personal.state import DeviceState
from tests.personal.states import (
    GENERIC,
    ROWS,
    SERVICE,
    contents,
    end,
    fill,
    heard,
    observation,
    start,
)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A state folder in which Anna is known."""
    return fill(tmp_path / "state")


@pytest.fixture
def killed(tmp_path: Path) -> Path:
    """A state folder whose process was killed, so that all it recorded is in the log still."""
    service = start(SERVICE, tmp_path / "state")
    assert heard(service) == "mine"
    end(service)
    assert (tmp_path / "state" / "state.sqlite-wal").stat().st_size > 100_000
    return tmp_path / "state"


def _random(content: bytes) -> bytes:
    return os.urandom(len(content))


def _header(content: bytes) -> bytes:
    return b"x" * 100 + content[100:]


def _pages(content: bytes) -> bytes:
    return content[:4096] + bytes(byte ^ 0x5A for byte in content[4096:])


def _another_application(content: bytes) -> bytes:
    return content[:68] + b"gpkg" + content[72:]


_DAMAGES = {
    "random": _random,
    "header": _header,
    "pages": _pages,
    "another application": _another_application,
    "first half": lambda content: content[: len(content) // 2],
    "torn page": lambda content: content[:-1000],
    "few bytes": lambda content: content[:50],
    "empty": lambda content: b"",
    "text": lambda content: b"These are my notes.\n",
}


_HEALED_BY_THE_LOG = ("header", "another application", "torn page")  # which holds these pages anew


@pytest.mark.parametrize("damage", _DAMAGES.values(), ids=_DAMAGES)
def test_a_damaged_file_is_moved_aside(folder: Path, damage: Callable[[bytes], bytes]) -> None:
    _see_moved_aside(folder, damage)


@pytest.mark.parametrize("damage", sorted(_DAMAGES.keys() - set(_HEALED_BY_THE_LOG)))
def test_a_damaged_file_is_moved_aside_with_its_log(killed: Path, damage: str) -> None:
    _see_moved_aside(killed, _DAMAGES[damage])


@pytest.mark.parametrize("damage", _HEALED_BY_THE_LOG)
def test_what_the_log_heals_is_no_damage(killed: Path, damage: str) -> None:
    file = killed / "state.sqlite"
    file.write_bytes(_DAMAGES[damage](file.read_bytes()))
    with DeviceState.open(killed, GENERIC) as state:
        assert state.moved_aside is None
        assert len(state.observations("anna", 1000)) == ROWS


def _see_moved_aside(folder: Path, damage: Callable[[bytes], bytes]) -> None:
    file = folder / "state.sqlite"
    file.write_bytes(damage(file.read_bytes()))
    before = contents(folder)
    with DeviceState.open(folder, GENERIC) as state:
        assert state.moved_aside is not None
        aside = state.moved_aside.name
        assert state.users() == ()
        state.add_user("zoe")
        state.record("zoe", observation())
        after = contents(folder)
    assert aside.startswith("state-damaged-20")
    assert aside.endswith("Z.sqlite")
    for name, content in before.items():
        if not name.endswith("-shm"):  # SQLite's notes on the log, made anew by whoever reads it
            assert after[name.replace("state.sqlite", aside)] == content
    assert not [name for name in after if name.endswith(".part")]
    with DeviceState.open(folder, GENERIC) as state:
        assert state.moved_aside is None
        assert state.users() == ("zoe",)
        assert aside in {path.name for path in state.forget("zoe")}


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE users SET name = '../etc'",
        "UPDATE users SET session_json = '{'",
        "UPDATE networks SET classes_json = '[1, null]'",
        "UPDATE networks SET values_json = '[]'",
        "UPDATE events SET values_json = CAST(x'7bff' AS TEXT)",
        "DELETE FROM device",
    ],
)
def test_contents_that_cannot_be_read_are_damage(folder: Path, change: str) -> None:
    with closing(sqlite3.connect(folder / "state.sqlite")) as connection:
        connection.execute(change)
        connection.commit()
    with DeviceState.open(folder, GENERIC) as state:
        assert state.moved_aside is not None
        assert state.users() == ()


def test_a_damaged_label_leaves_the_others_readable(folder: Path) -> None:
    file = folder / "state.sqlite"
    file.write_bytes(file.read_bytes().replace(b"label 7", b"lab\xffl 7"))
    with DeviceState.open(folder, GENERIC) as state:
        assert state.moved_aside is None
        assert [o.label for o in state.observations("anna", 1000)][6:9] == ["label 6", "lab\ufffdl 7", "label 8"]


def test_a_table_of_another_form_is_damage(folder: Path) -> None:
    with closing(sqlite3.connect(folder / "state.sqlite")) as connection:
        connection.execute("ALTER TABLE observations RENAME COLUMN ms TO seconds")
    with DeviceState.open(folder, GENERIC) as state:
        assert state.moved_aside is not None
        assert state.users() == ()


def test_a_table_more_is_none(folder: Path) -> None:
    with closing(sqlite3.connect(folder / "state.sqlite")) as connection:
        connection.execute("ANALYZE")
    with DeviceState.open(folder, GENERIC) as state:
        assert state.moved_aside is None
        assert state.users() == ("anna",)


def test_a_log_without_its_file_is_not_taken_for_the_new_ones(killed: Path) -> None:
    log = (killed / "state.sqlite-wal").read_bytes()
    (killed / "state.sqlite").unlink()
    with DeviceState.open(killed, GENERIC) as state:
        assert state.users() == ()
        assert state.moved_aside is not None
        assert state.moved_aside.read_bytes() == log


def test_a_torn_log_loses_its_end_only(killed: Path) -> None:
    log = killed / "state.sqlite-wal"
    log.write_bytes(log.read_bytes()[: log.stat().st_size // 2])
    with DeviceState.open(killed, GENERIC) as state:
        assert state.moved_aside is None
        labels = [o.label for o in state.observations("anna", 1000)]
    assert 50 < len(labels) < ROWS
    assert labels == [f"label {step}" for step in range(len(labels))]


def test_damaged_files_do_not_replace_each_other(tmp_path: Path) -> None:
    DeviceState.open(tmp_path, GENERIC).close()
    for number in range(3):  # within one second, mostly
        (tmp_path / "state.sqlite").write_text(f"notes {number}")
        DeviceState.open(tmp_path, GENERIC).close()
    found = [path.read_text() for path in tmp_path.glob("state-damaged-*")]
    assert sorted(found) == ["notes 0", "notes 1", "notes 2"]


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a whole file, to be copied."""
    folder = tmp_path_factory.mktemp("whole")
    with DeviceState.open(folder, GENERIC) as state:
        state.add_user("anna")
        for _ in range(20):
            state.record("anna", observation())
    return folder


@settings(max_examples=50)
@given(st.data())
def test_whatever_byte_is_changed_the_service_comes_up(whole: Path, data: st.DataObject) -> None:
    content = bytearray((whole / "state.sqlite").read_bytes())
    head = st.tuples(st.integers(0, 99), st.integers(0, 255))
    anywhere = st.tuples(st.integers(0, len(content) - 1), st.integers(0, 255))
    for place, byte in data.draw(st.lists(head | anywhere, min_size=1, max_size=6)):
        content[place] = byte
    folder = whole / "changed"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    (folder / "state.sqlite").write_bytes(content)
    try:
        state = DeviceState.open(folder, GENERIC)
    except (StoreError, UsageError) as error:  # the byte said so
        refused = error.message
        state = None
    if state is None:
        assert "newer edgewise" in refused or "another generic model" in refused
        return
    with state:
        state.add_user("zoe")
        state.record("zoe", observation())
        assert "zoe" in state.users()
        assert len(state.observations("zoe", 10)) == 1
