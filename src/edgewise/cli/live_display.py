"""A play as it goes on, in the terminal: inputs so far, the phase, the time of an input, and what happens."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from time import monotonic
from typing import Any, Protocol

from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeRemainingColumn
from rich.progress import Progress as Bars

from edgewise.cli.console import err, milliseconds, progress_bars
from edgewise.live.play import Event, Watcher
from edgewise.live.service import Answer
from edgewise.progress import Progress
from edgewise.text import printable

_PLAIN_SECONDS = 5.0  # between two lines where stderr is no terminal
_PHASES = {
    "observe": "learning the classes",
    "prune": "making a network",
    "verify": "trying it",
    "watch": "the user's network serves",
}


class Display(Watcher, Protocol):
    """Sees a play go on, and the work before and after it."""

    @property
    def progress(self) -> Progress: ...


@contextmanager
def live_display(*, quiet: bool) -> Iterator[Display]:
    """Bars on a terminal, lines elsewhere, and a line for each event on either."""
    if err.is_terminal and not quiet:
        columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
        with Bars(*columns, TextColumn("{task.fields[ms]}"), TimeRemainingColumn(), console=err) as bars:
            yield _Drawn(bars)
    else:
        with progress_bars(quiet=quiet) as progress:
            yield _Lines(progress, quiet=quiet)


class _Phase:
    """The mean time of the inputs of one phase."""

    def __init__(self) -> None:
        self._phase, self._sum_ms, self._inputs = "", 0.0, 0

    def take(self, answer: Answer) -> str:
        if answer.phase != self._phase:
            self._phase, self._sum_ms, self._inputs = answer.phase, 0.0, 0
        self._sum_ms += answer.infer_ms
        self._inputs += 1
        return f"{milliseconds(self._sum_ms / self._inputs)} ms"


class _Drawn:
    def __init__(self, bars: Bars) -> None:
        self._bars, self._mean = bars, _Phase()
        self._tasks: dict[str, Any] = {}

    def progress(self, what: str, done: int, total: int) -> None:
        self._update(what, done, total, what, "")

    def answered(self, done: int, total: int, answer: Answer) -> None:
        self._update("play", done, total, _PHASES[answer.phase], self._mean.take(answer))

    def happened(self, event: Event) -> None:
        self._bars.console.print(_line(event), markup=False, soft_wrap=True)

    def _update(self, key: str, done: int, total: int, description: str, ms: str) -> None:
        if key not in self._tasks:
            self._tasks[key] = self._bars.add_task(key, total=total, ms="")
        self._bars.update(self._tasks[key], completed=done, total=total, description=description, ms=ms)


class _Lines:
    def __init__(self, progress: Progress, *, quiet: bool) -> None:
        self.progress = progress
        self._quiet, self._mean, self._said_s = quiet, _Phase(), monotonic()

    def answered(self, done: int, total: int, answer: Answer) -> None:
        mean = self._mean.take(answer)
        if monotonic() - self._said_s >= _PLAIN_SECONDS or done == total:
            self._say(f"{done} of {total} inputs: {_PHASES[answer.phase]}, {mean}")

    def happened(self, event: Event) -> None:
        self._say(_line(event))

    def _say(self, line: str) -> None:
        self._said_s = monotonic()
        if not self._quiet:
            print(line, file=sys.stderr, flush=True)  # noqa: T201 - this is the command line


def _line(event: Event) -> str:
    return f"input {event.at:,}: {event.kind}: {printable(event.text)}"
