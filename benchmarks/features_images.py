"""The images that `features.py` measures on: drawn ones always, photographs where the evaluation data are."""

from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

from edgewise.drawn import draw_split
from edgewise.images.decode import decode
from edgewise.images.preprocess import centre_square

HEIGHT, WIDTH = 375, 500
FULL_PX = 320  # the photographs' short side, where they are not squashed
_CELL = 96  # drawn images of this size on a sheet have as many corners and edges as the photographs


@dataclass(frozen=True)
class Photograph:
    """A file's content, its pixels, and the centre square of them."""

    content: bytes
    pixels: np.ndarray
    square: np.ndarray


def sheets(count: int, rng: np.random.Generator) -> list[np.ndarray]:
    """Sheets of drawn images, uint8 [375, 500, 3], with about the detail of a photograph."""
    drawn, _ = draw_split("sample", 20)
    columns, rows = -(-WIDTH // _CELL), -(-HEIGHT // _CELL)
    made: list[np.ndarray] = []
    for _ in range(count):
        cells = [
            cv2.resize(drawn[i], (_CELL, _CELL), interpolation=cv2.INTER_CUBIC)
            for i in rng.choice(len(drawn), columns * rows)
        ]
        lines = [np.hstack(cells[row * columns : (row + 1) * columns]) for row in range(rows)]
        made.append(np.ascontiguousarray(np.vstack(lines)[:HEIGHT, :WIDTH]))
    return made


def photographs(data: Path, count: int, rng: np.random.Generator) -> list[Photograph]:
    """Training photographs that are `FULL_PX` high or wide, never those that anything is judged on."""
    paths = sorted((data / "imagenet20" / "train").glob("*/*"))
    found: list[Photograph] = []
    for i in rng.permutation(len(paths)).tolist():
        content = paths[i].read_bytes()
        pixels = decode(content).pixels
        if min(pixels.shape[:2]) == FULL_PX:
            found.append(Photograph(content, pixels, np.ascontiguousarray(centre_square(pixels))))
        if len(found) == count:
            break
    return found


def at_full_size(square: np.ndarray) -> np.ndarray:
    """A photograph's centre square, enlarged to 500 x 500 and cut to 500 x 375."""
    large = cv2.resize(square, (WIDTH, WIDTH), interpolation=cv2.INTER_CUBIC)
    top = (WIDTH - HEIGHT) // 2
    return np.ascontiguousarray(large[top : top + HEIGHT])
