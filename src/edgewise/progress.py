"""How long work reports on itself: library code calls, the command line draws."""

from typing import Protocol


class Progress(Protocol):
    """Called as work goes on."""

    def __call__(self, what: str, done: int, total: int) -> None:
        """`done` of `total` steps of the work called `what`; done == total ends it."""
        ...


def silent(what: str, done: int, total: int) -> None:
    """Reports nothing."""
