"""Keeps LiteRT's one line of information off stderr.

LiteRT writes "INFO: Created TensorFlow Lite XNNPACK delegate for CPU." with C's stdio and has no setting against it, so
the process's stderr goes to a file for the moment. All else that arrives there meanwhile, from any thread, is passed on
afterwards: nothing is lost.
"""

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Lock

_STDERR = 2
_lock = Lock()


@contextmanager
def without_info_lines() -> Iterator[None]:
    """Hold back what is written to stderr; at the end pass it on, less LiteRT's lines that begin with "INFO: "."""
    with _lock, tempfile.TemporaryFile() as held:
        try:
            real = os.dup(_STDERR)
        except OSError:  # stderr is closed: nothing to keep clean
            yield
            return
        os.dup2(held.fileno(), _STDERR)
        try:
            yield
        finally:
            os.dup2(real, _STDERR)
            os.close(real)
            held.seek(0)
            for line in held:
                if not line.startswith(b"INFO: "):
                    os.write(_STDERR, line)
