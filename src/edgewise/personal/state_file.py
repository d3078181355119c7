"""The state file: one process at a time, made whole or not at all, moved aside when it is damaged."""

import os
import sqlite3
import stat
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from datetime import UTC, datetime
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING, Final, Literal

from edgewise.errors import EdgewiseError, StoreError, UsageError
from edgewise.personal.remembered import check_user
from edgewise.personal.state_rows import NETWORK, read_network, read_object
from edgewise.personal.state_schema import Damaged, check, create, migrate
from edgewise.personal.state_trouble import TROUBLES, held, is_damage, trouble
from edgewise.store import PART, atomic_path, cannot_write

if TYPE_CHECKING:
    from filelock import BaseFileLock

FILE: Final = "state.sqlite"
_LOCK = "state.lock"
_BESIDE = ("", "-wal", "-shm")  # what SQLite keeps of one database
_OLDEST = (3, 37, 0)  # the first SQLite with strict tables


def take(folder: Path) -> "BaseFileLock":
    """The state folder for this process alone, until the lock is released or the process ends, however it does.

    A missing folder is made, for its owner's eyes only. Raises `UsageError` when another process has it, `StoreError`
    when it cannot be written.
    """
    from filelock import FileLock, Timeout

    lock = FileLock(folder / _LOCK, timeout=0, thread_local=False)
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        lock.acquire()
    except Timeout as error:
        raise UsageError(
            f"Another edgewise service is using {folder}.", "Stop it first, or choose another state folder."
        ) from error
    except (OSError, NotImplementedError) as error:
        raise cannot_write(folder, error if isinstance(error, OSError) else OSError(str(error))) from error
    return lock


def connect(path: Path, generic: str, busy_s: float) -> tuple[sqlite3.Connection, Path | None]:
    """A connection to the state file, whose folder is taken, and where a damaged one went.

    A missing file is made; `generic` is the fingerprint of its generic model. Raises `StoreError`.
    """
    if sqlite3.sqlite_version_info < _OLDEST:
        raise StoreError(f"SQLite {sqlite3.sqlite_version} is too old.", "Use a Python with SQLite 3.37 or newer.")
    moved_aside = None
    if not os.path.lexists(path):
        moved_aside = _begin(path, generic)
    try:
        return _open(path, busy_s), moved_aside
    except Damaged:
        moved_aside = _begin(path, generic)
        return _open(path, busy_s), moved_aside


def _begin(path: Path, generic: str) -> Path | None:
    """Make a new file in the place of what is there, which is moved aside; a failure leaves that as it is."""
    for left in path.parent.glob(f".{path.name}.*{PART}*"):  # by a process that was killed here
        with suppress(OSError):
            left.unlink()
    with atomic_path(path) as temporary:
        with trouble(path), closing(sqlite3.connect(temporary, isolation_level=None)) as connection:
            connection.execute("PRAGMA journal_mode = MEMORY")
            with transaction(connection):
                create(connection, generic)
            # Later, a kill amid it could leave what `_open` cannot undo.
            connection.execute("PRAGMA journal_mode = WAL")
        return _move_aside(path)


def _move_aside(path: Path) -> Path | None:
    """Rename a database and what SQLite keeps beside it; gives its new name, None where there was nothing.

    A log without its database goes too: SQLite would take it for the new one's.
    """
    found = [end for end in _BESIDE if os.path.lexists(f"{path}{end}")]
    if not found:
        return None
    at = datetime.now(UTC).strftime("%Y%m%dT%H%M%SZ")
    names = (path.with_name(f"{path.stem}-damaged-{at}{f'-{i}' if i else ''}{path.suffix}") for i in count())
    aside = next(name for name in names if not any(os.path.lexists(f"{name}{end}") for end in _BESIDE))
    for end in found:
        Path(f"{path}{end}").rename(f"{aside}{end}")
    return Path(f"{aside}{found[0]}")


def damaged_files(folder: Path) -> tuple[Path, ...]:
    """The damaged files that were moved aside in a state folder, oldest first."""
    return tuple(sorted(folder.glob(f"{Path(FILE).stem}-damaged-*")))


def _open(path: Path, busy_s: float) -> sqlite3.Connection:
    """A connection to a file that is whole, migrated if need be. Raises `Damaged`, and `StoreError`."""
    try:
        found = path.stat()
    except OSError as error:
        raise cannot_write(path, error) from error
    if not stat.S_ISREG(found.st_mode):
        raise StoreError(f"{path} is no regular file.", "Move it away, or choose another state folder.")
    if not found.st_size:  # SQLite would delete its log
        raise Damaged("it is empty")
    with _sorting_out(path):
        with closing(_connection(path, "ro", busy_s)) as reader:  # writes nothing into a file that may not be ours
            check(reader, path)
        connection = _connection(path, "rw", busy_s)
        try:
            _settle(connection)
            _check_contents(connection, path)
        except BaseException:
            connection.close()
            raise
    return connection


def _connection(path: Path, mode: Literal["ro", "rw"], busy_s: float) -> sqlite3.Connection:
    address = f"{path.absolute().as_uri()}?mode={mode}"  # neither mode makes a missing file
    connection = sqlite3.connect(address, timeout=busy_s, isolation_level=None, check_same_thread=False, uri=True)
    connection.text_factory = _text
    return connection


def _text(content: bytes) -> str:
    """A text of the file; a damaged one shows where, instead of making its neighbours unreadable too."""
    return content.decode(errors="replace")


def _settle(connection: sqlite3.Connection) -> None:
    for setting in ("journal_mode = WAL", "synchronous = NORMAL", "foreign_keys = ON", "secure_delete = ON"):
        connection.execute(f"PRAGMA {setting}").fetchall()
    with transaction(connection):
        migrate(connection)


def _check_contents(connection: sqlite3.Connection, path: Path) -> None:
    """See that what is more than texts and numbers can be read: the ids and JSON. Raises `Damaged`."""
    try:
        for name, session in connection.execute("SELECT name, coalesce(session_json, '{}') FROM users"):
            check_user(name)
            read_object(session, path)
        for row in connection.execute(f"SELECT {NETWORK} FROM networks"):
            read_network(row, path)
        for (values,) in connection.execute("SELECT values_json FROM events"):
            read_object(values, path)
    except EdgewiseError as error:
        raise Damaged(error.message) from error


@contextmanager
def _sorting_out(path: Path) -> Iterator[None]:
    """Turn what SQLite raises into `Damaged` where the file is to blame, into `StoreError` where the system is."""
    with trouble(path):
        try:
            yield
        except TROUBLES as error:
            if is_damage(error, path):
                raise Damaged(str(error)) from error
            raise


@contextmanager
def transaction(connection: sqlite3.Connection) -> Iterator[None]:
    """All of the block or, where it fails, nothing of it; the right to write is had from the beginning."""
    connection.execute("BEGIN IMMEDIATE")
    try:
        yield
        connection.execute("COMMIT")
    except BaseException:
        if connection.in_transaction:  # SQLite undoes some by itself, such as on a full disk
            connection.execute("ROLLBACK")
        raise


def sweep(connection: sqlite3.Connection, path: Path) -> None:
    """Write the file anew, so that nothing of what was deleted stays in it or in its log.

    The log is emptied first too: should there be no space to write the file anew, most is gone already. Raises
    `StoreError`.
    """
    with trouble(path):
        _empty_log(connection, path)
        connection.execute("VACUUM")
        _empty_log(connection, path)


def _empty_log(connection: sqlite3.Connection, path: Path) -> None:
    if connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0]:
        raise held(path)
