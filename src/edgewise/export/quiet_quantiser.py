"""ONNX Runtime's quantiser without what it says on the way."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def quiet_quantiser() -> Iterator[None]:
    """Drop what is logged on the root logger itself, as ONNX Runtime's quantiser does; other loggers go on.

    The handler keeps `logging` from installing one that writes to stderr, which would stay afterwards.
    """
    import onnxruntime as ort

    root, handler = logging.getLogger(), logging.NullHandler()
    root.addHandler(handler)
    root.addFilter(_nothing)
    ort.set_default_logger_severity(3)  # as in all of edgewise's sessions: the quantiser opens one of its own
    try:
        yield
    finally:
        root.removeFilter(_nothing)
        root.removeHandler(handler)


def _nothing(_: logging.LogRecord) -> bool:
    return False
