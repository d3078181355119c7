"""The node that a job runs on, by name."""

import socket
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

_node: ContextVar[str | None] = ContextVar("node", default=None)


def node_name() -> str:
    """The node's name in its cluster; this machine's where there is none."""
    return _node.get() or socket.gethostname()


@contextmanager
def on_node(name: str) -> Iterator[None]:
    """What runs inside is told that it runs on this node."""
    token = _node.set(name)
    try:
        yield
    finally:
        _node.reset(token)
