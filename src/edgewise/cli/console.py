"""What the terminal shows: results on stdout; progress, notes and errors on stderr."""

import json
import os
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, is_dataclass
from pathlib import Path
from time import monotonic
from typing import Any

import numpy as np
from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeRemainingColumn
from rich.progress import Progress as Bars
from rich.table import Table

from edgewise.errors import EdgewiseError
from edgewise.progress import Progress
from edgewise.text import printable

_WIDE = 160  # columns where the output is no terminal: a table in a file should not be folded
out = Console(highlight=False, width=None if sys.stdout.isatty() or "COLUMNS" in os.environ else _WIDE)
err = Console(stderr=True, highlight=False)
_PLAIN_SECONDS = 5.0  # between two lines of progress where stderr is no terminal


def show_error(error: EdgewiseError) -> None:
    """One line that says what, and a second that says what to do."""
    err.print(f"[bold red]error:[/] {escape(_on_lines(error.message))}", soft_wrap=True)
    if error.hint:
        err.print(f"[bold] hint:[/] {escape(_on_lines(error.hint))}", soft_wrap=True)


def _on_lines(text: str) -> str:
    """What a terminal would obey, out of a path or a file, as escapes; line ends stay."""
    return "\n".join(map(printable, text.splitlines()))


def show_note(text: str) -> None:
    """One line on stderr that is neither result nor error."""
    err.print(text, markup=False, soft_wrap=True)


def print_json(value: Any) -> None:
    """Print one JSON document on stdout."""
    json.dump(value, sys.stdout, indent=1, default=_jsonable, allow_nan=False)
    sys.stdout.write("\n")


def print_json_line(value: Any) -> None:
    """Print one JSON object on a line of its own on stdout, at once."""
    sys.stdout.write(json.dumps(value, default=_jsonable, allow_nan=False) + "\n")
    sys.stdout.flush()


def _jsonable(value: Any) -> Any:
    if is_dataclass(value) and not isinstance(value, type):
        return asdict(value)
    if isinstance(value, np.ndarray | np.generic):
        return value.tolist()
    if isinstance(value, Path):
        return str(value)
    raise TypeError(f"{type(value).__name__} has no JSON form")


def print_table(title: str, columns: Sequence[str], rows: Sequence[Sequence[str]], *, left: int = 1) -> None:
    """Print a table; the first `left` columns and those of words are flush left, numbers flush right."""
    table = Table(title=title, title_justify="left", title_style="bold", header_style="bold", box=None, pad_edge=False)
    for i, column in enumerate(columns):
        numeric = i >= left and all(_is_figure(row[i]) for row in rows)
        table.add_column(column, justify="right" if numeric else "left", overflow="fold", vertical="bottom")
    for row in rows:
        table.add_row(*(escape(cell) for cell in row))
    out.print(table)


def _is_figure(cell: str) -> bool:
    return not cell or cell[0].isdigit() or cell[0] in "+-."


@contextmanager
def progress_bars(*, quiet: bool = False) -> Iterator[Progress]:
    """Progress for library calls: bars with time left on a terminal, a line now and then elsewhere."""
    if quiet:
        yield lambda what, done, total: None
    elif err.is_terminal:
        with Bars(
            TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn(), console=err
        ) as bars:
            yield _Drawn(bars)
    else:
        yield _Plain()


class _Drawn:
    """One bar per piece of work."""

    def __init__(self, bars: Bars) -> None:
        self._bars = bars
        self._tasks: dict[str, Any] = {}

    def __call__(self, what: str, done: int, total: int) -> None:
        if what not in self._tasks:
            self._tasks[what] = self._bars.add_task(what, total=total)
        self._bars.update(self._tasks[what], completed=done, total=total)


class _Plain:
    """A line when work ends, and one every few seconds while it goes on, with the time left."""

    def __init__(self) -> None:
        self._started: dict[str, float] = {}
        self._said: Mapping[str, float] = {}

    def __call__(self, what: str, done: int, total: int) -> None:
        now = monotonic()
        started = self._started.setdefault(what, now)
        if done >= total:
            line = f"{what}: {total} in {now - started:.1f} s"
        elif now - self._said.get(what, started) >= _PLAIN_SECONDS and done:
            left = (now - started) / done * (total - done)
            line = f"{what}: {done} of {total}, about {left:.0f} s left"
        else:
            return
        self._said = {**self._said, what: now}
        print(line, file=sys.stderr, flush=True)  # noqa: T201 - this is the command line


def milliseconds(value: float) -> str:
    """A time with three significant digits."""
    return f"{value:.3g}" if value < 100 else f"{value:.0f}"


def percent(value: float) -> str:
    return f"{100 * value:.1f}"
