"""The tables of the state file, their version, and how older ones become the present one.

Schema 1 held the answers alone; schema 2 also holds what the generic network found likely, schema 3 what the owner
says of answers, which have ids for it.
"""

import sqlite3
from collections.abc import Mapping
from contextlib import closing
from pathlib import Path
from typing import Any, Final

from edgewise.errors import StoreError

VERSION: Final = 3
APPLICATION: Final = 0x65646765  # "edge"

_FEEDBACK = (
    """CREATE TABLE feedback (
        seq INTEGER PRIMARY KEY AUTOINCREMENT,
        user INTEGER NOT NULL REFERENCES users ON DELETE CASCADE,
        answer_id TEXT NOT NULL UNIQUE, -- of an observation, which may be gone by now
        unix_s REAL NOT NULL,
        model TEXT NOT NULL,
        answered INTEGER NOT NULL, -- a class, as the next two
        generic INTEGER, -- NULL = not known
        truth INTEGER NOT NULL
    ) STRICT""",
    "CREATE INDEX feedback_of_user ON feedback (user)",
)

_TABLES = (
    """CREATE TABLE device (
        generic TEXT NOT NULL, -- fingerprint of the generic model
        forgetting INTEGER NOT NULL DEFAULT 0 -- 1 = deleted rows may have left bytes behind
    ) STRICT""",
    """CREATE TABLE users (
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        name TEXT NOT NULL UNIQUE,
        session_json TEXT,
        serving TEXT, -- NULL = the generic network
        FOREIGN KEY (id, serving) REFERENCES networks (user, name)
    ) STRICT""",
    """CREATE TABLE networks (
        user INTEGER NOT NULL REFERENCES users ON DELETE CASCADE,
        name TEXT NOT NULL,
        folder TEXT NOT NULL,
        classes_json TEXT NOT NULL,
        created_unix_s REAL NOT NULL,
        values_json TEXT NOT NULL,
        retired INTEGER NOT NULL,
        PRIMARY KEY (user, name)
    ) STRICT""",
    """CREATE TABLE observations (
        seq INTEGER PRIMARY KEY AUTOINCREMENT,
        user INTEGER NOT NULL REFERENCES users ON DELETE CASCADE,
        unix_s REAL NOT NULL,
        label TEXT,
        confidence REAL NOT NULL,
        model TEXT NOT NULL,
        ms REAL NOT NULL,
        outside REAL,
        top_classes BLOB NOT NULL DEFAULT x'', -- uint16, little-endian
        top_probabilities BLOB NOT NULL DEFAULT x'', -- float16, little-endian
        answer_id TEXT,
        class_index INTEGER
    ) STRICT""",
    """CREATE TABLE events (
        seq INTEGER PRIMARY KEY AUTOINCREMENT,
        user INTEGER NOT NULL REFERENCES users ON DELETE CASCADE,
        unix_s REAL NOT NULL,
        kind TEXT NOT NULL,
        text TEXT NOT NULL,
        values_json TEXT NOT NULL
    ) STRICT""",
    "CREATE INDEX observations_of_user ON observations (user)",  # an index ends with the row's seq of itself
    "CREATE INDEX events_of_user ON events (user)",
    *_FEEDBACK,
)

_STEPS: Mapping[int, tuple[str, ...]] = {  # from the version before
    2: (
        "ALTER TABLE observations ADD COLUMN outside REAL",
        "ALTER TABLE observations ADD COLUMN top_classes BLOB NOT NULL DEFAULT x''",
        "ALTER TABLE observations ADD COLUMN top_probabilities BLOB NOT NULL DEFAULT x''",
    ),
    3: (
        "ALTER TABLE observations ADD COLUMN answer_id TEXT",
        "ALTER TABLE observations ADD COLUMN class_index INTEGER",
        *_FEEDBACK,
    ),
}


class Damaged(Exception):
    """A file is none that was written here, or not any more; never leaves this package."""


def create(connection: sqlite3.Connection, generic: str) -> None:
    """Fill an empty database, within the caller's transaction."""
    for statement in _TABLES:
        connection.execute(statement)
    connection.execute("INSERT INTO device (generic) VALUES (?)", (generic,))
    connection.execute(f"PRAGMA application_id = {APPLICATION}")
    connection.execute(f"PRAGMA user_version = {VERSION}")


def check(connection: sqlite3.Connection, path: Path) -> None:
    """See that a file is whole, ours, and of a schema that can be used; changes nothing.

    Raises `Damaged`, and `StoreError` for a file of a newer edgewise.
    """
    if (found := _value(connection, "PRAGMA application_id")) != APPLICATION:
        raise Damaged(f"its application id is {found}")
    if (found := _value(connection, "PRAGMA quick_check(1)")) != "ok":
        raise Damaged(str(found))
    version = _value(connection, "PRAGMA user_version")
    if version > VERSION:
        raise StoreError(
            f"{path} was made by a newer edgewise: it has schema {version}, where this version reads {VERSION}.",
            "Update edgewise.",
        )
    if version < 1:
        raise Damaged(f"its schema is {version}")
    if version == VERSION:
        check_tables(connection)


def migrate(connection: sqlite3.Connection) -> None:
    """Bring a file of an older schema to the present one, within the caller's transaction; always writes.

    Raises `Damaged`, and what SQLite raises for a file that cannot be written.
    """
    version = _value(connection, "PRAGMA user_version")
    for step in range(version + 1, VERSION + 1):
        for statement in _STEPS[step]:
            connection.execute(statement)
    connection.execute(f"PRAGMA user_version = {VERSION}")
    if version != VERSION:
        check_tables(connection)


def check_tables(connection: sqlite3.Connection) -> None:
    """See that every table has its columns, and that the device is described once. Raises `Damaged`."""
    with closing(sqlite3.connect(":memory:")) as ours:
        create(ours, "")
        missing = _columns(ours) - _columns(connection)
    if missing:
        raise Damaged(f"it lacks {', '.join(' '.join(column) for column in sorted(missing))}")
    if (devices := _value(connection, "SELECT count(*) FROM device")) != 1:
        raise Damaged(f"it describes {devices} devices")


def _columns(connection: sqlite3.Connection) -> set[tuple[str, str, str]]:
    """The table, name and type of every column."""
    return set(
        connection.execute(
            "SELECT tables.name, columns.name, columns.type FROM sqlite_master AS tables"
            " JOIN pragma_table_info(tables.name) AS columns WHERE tables.type = 'table'"
        )
    )


def _value(connection: sqlite3.Connection, statement: str) -> Any:
    return connection.execute(statement).fetchone()[0]
