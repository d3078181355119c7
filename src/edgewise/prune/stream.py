"""A user's images as the pruner takes them: read, made as the network wants them, and mixed."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from edgewise.errors import DataError, ImageError
from edgewise.images.below import images_below
from edgewise.images.decode import decode, read_file
from edgewise.images.preprocess import Preprocess
from edgewise.progress import Progress, silent
from edgewise.text import printable

_MIB = 2**20


@dataclass(frozen=True, eq=False)
class Stream:
    """Images of one user, in no order, and what of the folder could not be used."""

    images: Tensor  # float32 [n, 3, size, size], channels last
    skipped: tuple[ImageError, ...]


def read_stream(
    folder: Path,
    preprocess: Preprocess,
    *,
    limit: int | None = None,
    memory_mb: float | None = None,
    seed: int = 0,
    progress: Progress = silent,
) -> Stream:
    """All images below a folder, or `limit` of them, drawn by the seed; names of folders mean nothing.

    `memory_mb` bounds what the images take, by leaving some out. Raises `DataError` where there are none.
    """
    paths, skipped = images_below(folder)
    if not paths:
        raise DataError(f"{printable(folder)} holds no images.", "Name a folder with photographs of this user.")
    each = 3 * preprocess.size_px**2 * 4
    most = len(paths) if memory_mb is None else max(1, int(memory_mb * _MIB / each))
    order = np.random.default_rng(seed).permutation(len(paths))[: min(most, limit or len(paths))]
    rows: list[Tensor] = []
    for done, place in enumerate(order):
        try:
            pixels = decode(read_file(paths[place]), paths[place]).pixels
        except ImageError as error:
            skipped.append(error)
        else:
            rows.append(torch.from_numpy(preprocess.apply(pixels)))
        progress("reading images", done + 1, len(order))
    if not rows:
        raise DataError(f"None of {len(order)} images of {printable(folder)} can be read: {skipped[0]}")
    return Stream(torch.stack(rows).contiguous(memory_format=torch.channels_last), tuple(skipped))
