"""Older files become what new ones are; newer ones are left as they are."""

import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from edgewise.errors import StoreError
from edgewise.personal.state import DeviceState
from edgewise.personal.state_schema import VERSION
from tests.personal.states import GENERIC, contents, end, feedback, heard, observation, start

_SCHEMA_1 = """
CREATE TABLE device (generic TEXT NOT NULL, forgetting INTEGER NOT NULL DEFAULT 0) STRICT;
CREATE TABLE users (
    id INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT NOT NULL UNIQUE, session_json TEXT, serving TEXT,
    FOREIGN KEY (id, serving) REFERENCES networks (user, name)
) STRICT;
CREATE TABLE networks (
    user INTEGER NOT NULL REFERENCES users ON DELETE CASCADE, name TEXT NOT NULL, folder TEXT NOT NULL,
    classes_json TEXT NOT NULL, created_unix_s REAL NOT NULL, values_json TEXT NOT NULL, retired INTEGER NOT NULL,
    PRIMARY KEY (user, name)
) STRICT;
CREATE TABLE observations (
    seq INTEGER PRIMARY KEY AUTOINCREMENT, user INTEGER NOT NULL REFERENCES users ON DELETE CASCADE,
    unix_s REAL NOT NULL, label TEXT, confidence REAL NOT NULL, model TEXT NOT NULL, ms REAL NOT NULL
) STRICT;
CREATE TABLE events (
    seq INTEGER PRIMARY KEY AUTOINCREMENT, user INTEGER NOT NULL REFERENCES users ON DELETE CASCADE,
    unix_s REAL NOT NULL, kind TEXT NOT NULL, text TEXT NOT NULL, values_json TEXT NOT NULL
) STRICT;
CREATE INDEX observations_of_user ON observations (user);
CREATE INDEX events_of_user ON events (user);
INSERT INTO device (generic) VALUES ('a1b2');
INSERT INTO users (name) VALUES ('anna');
INSERT INTO networks VALUES (1, 'small', 'users/anna/small', '[7, 281]', 2.5, '{"speed": 3.5}', 0);
UPDATE users SET session_json = '{"phase": "watch"}', serving = 'small';
INSERT INTO observations VALUES (41, 1, 1.5, 'tabby', 0.75, 'small', 12.25), (42, 1, 2.5, NULL, 0.5, 'generic', 30);
INSERT INTO events VALUES (5, 1, 3.5, 'swapped', 'Anna''s network serves.', '{}');
PRAGMA application_id = 1701078885;
PRAGMA user_version = 1;
"""


_SCHEMA_2 = """
ALTER TABLE observations ADD COLUMN outside REAL;
ALTER TABLE observations ADD COLUMN top_classes BLOB NOT NULL DEFAULT x'';
ALTER TABLE observations ADD COLUMN top_probabilities BLOB NOT NULL DEFAULT x'';
PRAGMA user_version = 2;
"""


@pytest.fixture(params=[1, 2])
def schema(request: pytest.FixtureRequest) -> int:
    """Each that there was."""
    return request.param


@pytest.fixture
def old(tmp_path: Path, schema: int) -> Path:
    """A folder with a file of an older schema."""
    with closing(sqlite3.connect(tmp_path / "state.sqlite")) as connection:
        for script in (_SCHEMA_1, _SCHEMA_2)[:schema]:
            connection.executescript(script)
    return tmp_path


def _value(folder: Path, query: str) -> object:
    with closing(sqlite3.connect(folder / "state.sqlite")) as connection:
        return connection.execute(query).fetchall()


def test_an_older_file_is_migrated(old: Path) -> None:
    with DeviceState.open(old, GENERIC) as state:
        assert state.moved_aside is None
        assert state.session("anna") == ({"phase": "watch"}, "small")
        assert [n.classes for n in state.networks("anna")] == [(7, 281)]
        assert [(e.seq, e.text) for e in state.events()] == [(5, "Anna's network serves.")]
        first, second = state.observations("anna", 10)
        assert (first.seq, first.label, first.outside, len(first.top_classes)) == (41, "tabby", None, 0)
        assert (second.label, second.ms) == (None, 30.0)
        assert state.record("anna", observation()) == 43
        assert list(state.observations("anna", 1)[0].top_classes) == [0, 1, 2]
        assert (first.answer_id, first.class_index, state.accuracy("anna")) == (None, None, ())
        state.tell("anna", feedback("answer"))
        assert [one.told for one in state.accuracy("anna")] == [1]
    assert _value(old, "PRAGMA user_version") == [(VERSION,)]


def test_a_migrated_file_has_the_tables_of_a_new_one(old: Path, tmp_path: Path) -> None:
    for folder in (old, tmp_path / "new"):
        DeviceState.open(folder, GENERIC).close()
    columns = (
        "SELECT tables.name, columns.* FROM sqlite_master AS tables"
        " JOIN pragma_table_info(tables.name) AS columns ORDER BY 1, 2"
    )
    names = "SELECT type, name, tbl_name FROM sqlite_master ORDER BY 1, 2"
    assert _value(old, columns) == _value(tmp_path / "new", columns)
    assert _value(old, names) == _value(tmp_path / "new", names)


def test_a_migration_is_made_once(old: Path) -> None:
    for _ in range(2):
        with DeviceState.open(old, GENERIC) as state:
            assert state.moved_aside is None
            assert len(state.observations("anna", 10)) == 2


_HOLDER = """
import sqlite3
connection = sqlite3.connect(folder / "state.sqlite", isolation_level=None)
connection.execute("BEGIN IMMEDIATE")
print("held", flush=True)
sys.stdin.read()
"""


def test_a_file_that_cannot_be_migrated_now_stays_as_it_is(old: Path, schema: int) -> None:
    holder = start(_HOLDER, old)
    try:
        assert heard(holder) == "held"
        with pytest.raises(StoreError, match="held by another program"):
            DeviceState.open(old, GENERIC, busy_s=0.1)
    finally:
        end(holder)
    assert _value(old, "PRAGMA user_version") == [(schema,)]
    with DeviceState.open(old, GENERIC) as state:
        assert len(state.observations("anna", 10)) == 2


def test_an_older_file_that_lacks_a_table_is_moved_aside_whole(old: Path, schema: int) -> None:
    with closing(sqlite3.connect(old / "state.sqlite")) as connection:
        connection.execute("DROP TABLE observations")
    with DeviceState.open(old, GENERIC) as state:
        assert state.moved_aside is not None
        assert state.users() == ()
        shutil.copy(state.moved_aside, old / "copy.sqlite")
    with closing(sqlite3.connect(old / "copy.sqlite")) as connection:
        assert connection.execute("PRAGMA user_version").fetchall() == [(schema,)]
        assert connection.execute("SELECT name FROM users").fetchall() == [("anna",)]


def test_a_newer_file_is_left_as_it_is(tmp_path: Path) -> None:
    with DeviceState.open(tmp_path, GENERIC) as state:
        state.add_user("anna")
    with closing(sqlite3.connect(tmp_path / "state.sqlite")) as connection:
        connection.execute(f"PRAGMA user_version = {VERSION + 1}")
    before = contents(tmp_path)
    with pytest.raises(StoreError, match=f"newer edgewise: it has schema {VERSION + 1}.*reads {VERSION}") as caught:
        DeviceState.open(tmp_path, GENERIC)
    assert caught.value.hint == "Update edgewise."
    assert contents(tmp_path)["state.sqlite"] == before["state.sqlite"]
    with closing(sqlite3.connect(tmp_path / "state.sqlite")) as connection:
        connection.execute(f"PRAGMA user_version = {VERSION}")
    with DeviceState.open(tmp_path, GENERIC) as state:
        assert state.users() == ("anna",)
