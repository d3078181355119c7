"""Run a selector over a data set, clean and at every severity of every corruption; started again, it goes on."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from time import perf_counter_ns
from typing import Any
from zlib import crc32

import numpy as np

import edgewise
from edgewise.errors import DataError, ImageError, StoreError, UsageError
from edgewise.images.corrupt import KINDS, PARAMETERS, SEVERITIES, Kind, corrupt
from edgewise.images.dataset import Dataset, Item
from edgewise.images.decode import decode
from edgewise.progress import Progress, silent
from edgewise.robustness.cell import CLEAN, NO_ANSWER, Answers, Cell, read_cell, write_cell
from edgewise.robustness.subject import Reply, Subject
from edgewise.select.saved import ARRAYS, DESCRIPTION
from edgewise.store import cannot_write, file_sha256, read_json, remove_parts, write_json

PLAN, PLAN_KIND, PLAN_SCHEMA = "plan.json", "robustness-plan", 1
_UNREAD = Reply(NO_ANSWER, 0, 0.0, NO_ANSWER, 0.0)
_ANOTHER = "Choose another --out, or delete the folder."


@dataclass(frozen=True, eq=False)
class Measured:
    """All cells, the clean one first, of the images that can be used."""

    labels: np.ndarray  # int64 [n]: classes of the selector
    cells: tuple[tuple[Cell, Answers], ...]
    skipped: tuple[tuple[str, str], ...]  # image and reason


def measure(
    subject: Subject,
    dataset: Dataset,
    *,
    kinds: Sequence[Kind] = KINDS,
    severities: Sequence[int] = SEVERITIES,
    limit: int | None = None,
    seed: int = 0,
    out: Path | None = None,
    progress: Progress = silent,
) -> Measured:
    """Answer every image of `dataset`, or `limit` of them drawn by `seed`, in every cell.

    Finished cells are kept in `out`; a run that was cut off goes on with the cell that it was in, and a later run may
    ask for more cells. Times are those of the process that made the cell; the first image warms the models up.
    Raises `UsageError` for cells that there are none of, `LabelError` for labels that the selector does not know,
    `DataError` when no image can be used, `StoreError` when `out` holds something else.
    """
    cells = _cells(kinds, severities)
    class_of_label = subject.classes_of(dataset)
    items = _drawn(dataset, limit, seed)
    if out is not None:
        _see_that_it_is_the_same(out, _plan(subject, dataset, limit, seed))
    stored = _stored(out, cells, items)
    run = _Run(subject, seed, out, progress, len(items) * len(cells), len(items) * len(stored))
    clean = stored.get(CLEAN) or run.cell(CLEAN, items)
    usable = [item for item, good in zip(items, clean.usable, strict=True) if good]
    if not usable:
        raise DataError(
            f"None of the {len(items)} images of {dataset.root} can be used; {clean.image[0]}: {clean.reason[0]}."
        )
    worse = [(cell, stored.get(cell) or run.cell(cell, usable)) for cell in cells[1:]]
    progress("testing", run.total, run.total)
    return Measured(
        labels=np.array([class_of_label[item.label] for item in usable], np.int64),
        cells=((CLEAN, _some(clean, clean.usable)), *worse),
        skipped=tuple((name, why) for name, why in zip(clean.image, clean.reason, strict=True) if why),
    )


def _stored(out: Path | None, cells: Sequence[Cell], items: Sequence[Item]) -> dict[Cell, Answers]:
    """What earlier runs finished. The clean cell says which images the others have, so without it there is nothing."""
    clean = None if out is None else read_cell(out, CLEAN, tuple(item.name for item in items))
    if out is None or clean is None:
        return {}
    usable = tuple(item.name for item, good in zip(items, clean.usable, strict=True) if good)
    found = {cell: answers for cell in cells[1:] if (answers := read_cell(out, cell, usable)) is not None}
    return {CLEAN: clean, **found}


def _cells(kinds: Sequence[Kind], severities: Sequence[int]) -> list[Cell]:
    unknown = [kind for kind in kinds if kind not in KINDS]
    if unknown or not kinds:
        raise UsageError(f"There is no corruption {', '.join(unknown) or 'named'}.", f"There are: {', '.join(KINDS)}.")
    if not severities or not set(severities) <= set(SEVERITIES):
        raise UsageError(f"The severities are {list(severities)}.", "They are 1, 2, 3, 4 and 5, or some of these.")
    return [CLEAN, *(Cell(kind, level) for kind in KINDS if kind in kinds for level in sorted(set(severities)))]


def _drawn(dataset: Dataset, limit: int | None, seed: int) -> tuple[Item, ...]:
    """The images to test, in the order of the data set."""
    if limit is not None and limit < 1:
        raise UsageError(f"The limit is {limit} images; it must be at least 1.")
    if limit is None or limit >= len(dataset.items):
        return dataset.items
    chosen = np.random.default_rng(seed).choice(len(dataset.items), limit, replace=False)
    return tuple(dataset.items[int(index)] for index in np.sort(chosen))


@dataclass(eq=False)
class _Run:
    """One cell after the other."""

    subject: Subject
    seed: int
    out: Path | None
    progress: Progress
    total: int
    done: int
    warm: bool = False

    def cell(self, cell: Cell, items: Sequence[Item]) -> Answers:
        """The answers of a cell, written when they are complete."""
        answers = self._answers(cell, items)
        if self.out is not None:
            write_cell(self.out, cell, answers)
        return answers

    def _answers(self, cell: Cell, items: Sequence[Item]) -> Answers:
        replies: list[Reply] = []
        reasons: list[str] = []
        for item in items:
            self.progress("testing", self.done, self.total)
            reply, reason = self._reply(cell, item)
            replies.append(reply)
            reasons.append(reason)
            self.done += 1
        return Answers(
            image=tuple(item.name for item in items),
            answer=np.array([reply.answer for reply in replies], np.int64),
            models_run=np.array([reply.models_run for reply in replies], np.int64),
            time_ms=np.array([reply.time_ms for reply in replies]),
            single_answer=np.array([reply.single_answer for reply in replies], np.int64),
            single_ms=np.array([reply.single_ms for reply in replies]),
            reason=tuple(reasons),
        )

    def _reply(self, cell: Cell, item: Item) -> tuple[Reply, str]:
        """What the image gave, decoding in its times; or why it cannot be used."""
        try:
            content = item.read()
            started = perf_counter_ns()
            pixels = decode(content, item.name).pixels
            decode_ms = (perf_counter_ns() - started) / 1e6
        except ImageError as error:
            if cell != CLEAN:  # it could be read when the test began
                raise
            return _UNREAD, error.reason
        if cell.kind is not None:
            pixels = corrupt(pixels, cell.kind, cell.severity, (self.seed, crc32(item.name.encode())))
        if not self.warm:
            self.subject.answer(pixels)
            self.warm = True
        reply = self.subject.answer(pixels)
        return replace(reply, time_ms=decode_ms + reply.time_ms, single_ms=decode_ms + reply.single_ms), ""


def _some(answers: Answers, rows: np.ndarray) -> Answers:
    """Some of the images of a cell; `rows`: bool [n]."""
    kept = np.flatnonzero(rows).tolist()
    return Answers(
        tuple(answers.image[i] for i in kept),
        answers.answer[rows],
        answers.models_run[rows],
        answers.time_ms[rows],
        answers.single_answer[rows],
        answers.single_ms[rows],
        tuple(answers.reason[i] for i in kept),
    )


def _plan(subject: Subject, dataset: Dataset, limit: int | None, seed: int) -> dict[str, Any]:
    """What decides the answers, apart from which cells are asked for."""
    return {
        "selector_sha256": hashlib.sha256(
            "".join(file_sha256(subject.folder / name) for name in (DESCRIPTION, ARRAYS)).encode()
        ).hexdigest(),
        "single": subject.single_name,
        "data_sha256": dataset.listing_sha256(),
        "limit": limit,
        "seed": seed,
        "threads": subject.engine.ways.threads,
        "parameters": {kind: list(map(float, parameter.values)) for kind, parameter in PARAMETERS.items()},
        "edgewise": edgewise.__version__,
    }


_WORDS = {"selector_sha256": "selector", "data_sha256": "data set", "edgewise": "version", "single": "single model"}


def _see_that_it_is_the_same(out: Path, plan: dict[str, Any]) -> None:
    """Begin a folder, or go on with one that was begun alike. Raises `StoreError` for any other."""
    path = out / PLAN
    if path.exists():
        stored = read_json(path, PLAN_KIND, PLAN_SCHEMA, _ANOTHER)
        for key, value in plan.items():
            if stored.get(key) != value:
                raise StoreError(f"{out} holds a test made with another {_WORDS.get(key, key)}.", _ANOTHER)
        if (out / "cells").is_dir():
            remove_parts(out / "cells")
        return
    try:
        others = [path for path in out.iterdir() if not path.name.startswith(".")] if out.exists() else []
    except OSError as error:
        raise cannot_write(out, error) from error
    if others:
        raise StoreError(f"{out} holds other files.", "Choose an empty or a new folder for --out.")
    write_json(path, PLAN_KIND, PLAN_SCHEMA, plan)
