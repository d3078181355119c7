"""Fixed splits: image i of a class is the same whatever else is drawn, and no two splits share a seed."""

from collections.abc import Sequence
from pathlib import Path
from typing import Literal, get_args

import cv2
import numpy as np
from numpy.typing import NDArray

from edgewise.drawn.objects import CLASSES
from edgewise.drawn.scene import SIZE_PX, draw

Split = Literal["train", "profile", "sample"]

_BASE_SEED = 2018_2022


def draw_split(
    split: Split, per_class: int, classes: Sequence[int] | None = None
) -> tuple[NDArray[np.uint8], NDArray[np.int64]]:
    """Draw the first `per_class` images of every class, or of some, ordered by class and then by index.

    Returns images uint8 [n, 64, 64, 3] RGB and labels int64 [n], n = classes * per_class.
    Raises ValueError for an unknown split or a `per_class` below 1.
    """
    if per_class < 1:
        raise ValueError(f"per_class is {per_class}; allowed: 1 or more")
    drawn = range(len(CLASSES)) if classes is None else classes
    labels = np.repeat(np.array(drawn, dtype=np.int64), per_class)
    images = np.empty((labels.size, SIZE_PX, SIZE_PX, 3), dtype=np.uint8)
    for row, label in enumerate(labels.tolist()):
        images[row] = draw(label, _generator(split, label, row % per_class))
    return images, labels


def write_split(folder: Path, split: Split, per_class: int, classes: Sequence[int] | None = None) -> None:
    """Write the split, or some classes of it, as `folder/<class>/<index:04d>.png`, the layout that image folders have.

    Raises OSError when a file cannot be written.
    """
    images, labels = draw_split(split, per_class, classes)
    for row, (image, label) in enumerate(zip(images, labels.tolist(), strict=True)):
        path = folder / CLASSES[label] / f"{row % per_class:04d}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(cv2.imencode(".png", cv2.cvtColor(image, cv2.COLOR_RGB2BGR))[1].tobytes())


def _generator(split: Split, label: int, index: int) -> np.random.Generator:
    splits = get_args(Split)
    if split not in splits:
        raise ValueError(f"split {split!r} is unknown; allowed: {', '.join(splits)}")
    return np.random.default_rng(np.random.SeedSequence([_BASE_SEED, splits.index(split), label, index]))
