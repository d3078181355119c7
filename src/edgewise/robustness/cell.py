"""One cell of the test: what the selector answers to every image at one severity of one corruption."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from edgewise.errors import StoreError
from edgewise.images.corrupt import Kind
from edgewise.store import read_table, write_table

REFUSED, NO_ANSWER = -1, -2  # in the place of a class; no answer: the image cannot be used
_COLUMNS = ("image", "answer", "models_run", "time_ms", "single_answer", "single_ms", "reason")


@dataclass(frozen=True)
class Cell:
    """A place in the test; severity 0 is the clean image, whose kind is empty."""

    kind: Kind | None
    severity: int

    @property
    def name(self) -> str:
        return f"{self.kind or 'clean'}-{self.severity}"


CLEAN = Cell(None, 0)


@dataclass(frozen=True, eq=False)
class Answers:
    """What became of n images in one cell."""

    image: tuple[str, ...]
    answer: np.ndarray  # int64 [n]: a class, REFUSED or NO_ANSWER
    models_run: np.ndarray  # int64 [n]
    time_ms: np.ndarray  # float64 [n]: decoding, choosing and the models run
    single_answer: np.ndarray  # int64 [n]: of the most capable model, run by itself
    single_ms: np.ndarray  # float64 [n]
    reason: tuple[str, ...]  # why an image cannot be used; else empty

    @property
    def usable(self) -> np.ndarray:
        """bool [n]"""
        return self.answer != NO_ANSWER


def cell_path(folder: Path, cell: Cell) -> Path:
    return folder / "cells" / f"{cell.name}.parquet"


def write_cell(folder: Path, cell: Cell, answers: Answers) -> None:
    """Write a finished cell whole or not at all."""
    write_table(cell_path(folder, cell), {name: list(getattr(answers, name)) for name in _COLUMNS})


def read_cell(folder: Path, cell: Cell, images: tuple[str, ...]) -> Answers | None:
    """A cell that an earlier run finished, of exactly these images; None where there is none: then it is made."""
    path = cell_path(folder, cell)
    if not path.exists():
        return None
    try:
        found = read_table(path, _COLUMNS, rows=len(images))
        answers = Answers(
            image=tuple(found["image"]),
            answer=np.array(found["answer"], np.int64),
            models_run=np.array(found["models_run"], np.int64),
            time_ms=np.array(found["time_ms"], np.float64),
            single_answer=np.array(found["single_answer"], np.int64),
            single_ms=np.array(found["single_ms"], np.float64),
            reason=tuple(found["reason"]),
        )
    except (StoreError, ValueError, TypeError):
        return None
    return answers if answers.image == images else None
