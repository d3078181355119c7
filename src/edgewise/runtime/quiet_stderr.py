"""Keeps what engines write to stderr past Python off it, and says what that was.

They write with C's stdio and have no setting against it, so the process's stderr goes to a file for the moment. All
else that arrives there meanwhile, from any thread, is passed on afterwards: nothing is lost.
"""

import os
import re
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from threading import Lock

_STDERR = 2
_lock = Lock()


@contextmanager
def without_lines(wanted: re.Pattern[bytes]) -> Iterator[list[str]]:
    """Hold back what is written to stderr; at the end pass it on, less the lines that match at their beginning.

    Those are in the list that this gives, as soon as the block has ended.
    """
    kept: list[str] = []
    with _lock, tempfile.TemporaryFile() as held:
        try:
            real = os.dup(_STDERR)
        except OSError:  # stderr is closed: nothing to keep clean
            yield kept
            return
        _flush()
        os.dup2(held.fileno(), _STDERR)
        try:
            yield kept
        finally:
            _flush()
            os.dup2(real, _STDERR)
            os.close(real)
            held.seek(0)
            for line in held:
                if wanted.match(line):
                    kept.append(line.decode(errors="replace").strip())
                else:
                    os.write(_STDERR, line)


def _flush() -> None:
    """Write out what Python holds for stderr: some engines write there by way of it."""
    with suppress(AttributeError, OSError, ValueError):  # there is none, or it is closed
        sys.stderr.flush()
