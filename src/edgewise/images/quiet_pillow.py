"""Pillow's warnings kept from the user: what matters in them is said as an error or in `Decoded.converted`."""

import logging
import threading
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache

from PIL import Image

_lock = threading.Lock()
_within: list[warnings.catch_warnings] = []  # one for each call that is going on; the first holds the filters


@contextmanager
def quiet_pillow() -> Iterator[None]:
    """Ignore warnings that Pillow's own modules raise, those that are errors by the user's filters included.

    The filters belong to the process: were each thread to save and restore them, one would put back another's and
    leave them changed for good. So the first that enters changes them and the last that leaves restores them.
    """
    _keep_log_off_stderr()
    with _lock:
        if not _within:
            filters = warnings.catch_warnings()
            filters.__enter__()
            warnings.filterwarnings("ignore", module=r"PIL\.")
        else:
            filters = _within[0]
        _within.append(filters)
    try:
        yield
    finally:
        with _lock:
            filters = _within.pop()
            if not _within:
                filters.__exit__(None, None, None)


@cache
def _keep_log_off_stderr() -> None:
    """Pillow logs some faults of TIFFs, and Python prints what no handler takes; the user's handlers still get it."""
    logging.getLogger("PIL").addHandler(logging.NullHandler())


@cache
def silence_libtiff() -> None:
    """Stop the libtiff that Pillow uses from printing its errors, which Pillow raises all the same.

    Pillow offers no switch for it. The symbols are found through Pillow's own module, so that no other copy of libtiff
    in the process is touched; where a build hides them, the lines are printed on.
    """
    import ctypes

    try:
        library = ctypes.CDLL(Image.core.__file__)
        for name in ("TIFFSetErrorHandler", "TIFFSetWarningHandler"):
            setter = getattr(library, name)
            setter.argtypes, setter.restype = [ctypes.c_void_p], ctypes.c_void_p
            setter(None)
    except (OSError, AttributeError, TypeError):  # statically linked without exported symbols
        pass
