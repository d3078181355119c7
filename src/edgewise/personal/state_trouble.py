"""What SQLite refuses, as an error that says what to do; and whose fault it is, the system's or the file's."""

import errno
import os
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from edgewise.errors import StoreError
from edgewise.store import cannot_write

_HELD = {sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED, sqlite3.SQLITE_PROTOCOL}
_FORBIDDEN = {sqlite3.SQLITE_READONLY, sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_PERM, sqlite3.SQLITE_AUTH}
_DISK = {sqlite3.SQLITE_IOERR, sqlite3.SQLITE_NOLFS}
_SYSTEM = _HELD | _FORBIDDEN | _DISK | {sqlite3.SQLITE_FULL, sqlite3.SQLITE_NOMEM, sqlite3.SQLITE_INTERRUPT}


# What Python raises beside SQLite's own: it cannot decode an error that quotes a damaged file.
TROUBLES = (sqlite3.Error, UnicodeDecodeError)


def is_damage(error: Exception, path: Path) -> bool:
    """Whether the file is to blame for an error of statements that are right.

    A file of a format that SQLite may read but not write is: it was none of ours.
    """
    if getattr(error, "sqlite_errorcode", 0) == sqlite3.SQLITE_READONLY:
        return os.access(path, os.W_OK)
    return _code(error) not in _SYSTEM


def held(path: Path) -> StoreError:
    """The error for a file that another program keeps to itself."""
    return StoreError(
        f"{path} is held by another program.",
        "Close what has it open (a database browser, a backup), and try again.",
    )


@contextmanager
def trouble(path: Path) -> Iterator[None]:
    """Turn what SQLite raises about a file into `StoreError`."""
    try:
        yield
    except TROUBLES as error:
        raise _told(path, error) from error


def _told(path: Path, error: Exception) -> StoreError:
    code = _code(error)
    if code in _HELD:
        return held(path)
    if code == sqlite3.SQLITE_FULL:
        return cannot_write(path, OSError(errno.ENOSPC, os.strerror(errno.ENOSPC)))
    if code in _FORBIDDEN:
        return cannot_write(path, OSError(errno.EACCES, os.strerror(errno.EACCES)))
    if code in _DISK:
        return StoreError(
            f"{path} cannot be read or written: {error}.",
            "See that its disk is well, has space and allows files of this size (ulimit -f), and try again.",
        )
    return StoreError(
        f"{path} cannot be used: {error}.",
        "Start the service again: a damaged file is moved aside, and a new one begun.",
    )


def _code(error: Exception) -> int:
    """The primary result code; 0 where the error is not SQLite's own."""
    return getattr(error, "sqlite_errorcode", 0) & 0xFF
