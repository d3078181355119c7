"""How long work reports on itself: library code calls, the command line draws."""

from typing import Protocol


class Progress(Protocol):
    """Called as work goes on."""

    def __call__(self, what: str, done: int, total: int) -> None:
        """`done` of `total` steps of the work called `what`; done == total ends it.

        The first call's `done` is what was there before: a rate counts from it. Work that is taken up again after a
        crash may step back.
        """
        ...


def silent(what: str, done: int, total: int) -> None:
    """Reports nothing."""
