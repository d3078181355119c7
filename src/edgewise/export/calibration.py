"""The user's images, as a network wants them, to see between which bounds its activations lie."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from edgewise.errors import ImageError, UsageError
from edgewise.export.network import Images
from edgewise.images.below import images_below
from edgewise.images.dataset import listed_dataset
from edgewise.images.decode import decode
from edgewise.images.items import Item
from edgewise.images.preprocess import Preprocess
from edgewise.text import printable

FEWEST = 8  # images, under which the bounds are those of single photographs


@dataclass(frozen=True, eq=False)
class CalibrationInputs:
    """Call it to go through the images, as often as wanted: always the same ones in the same order, one at a time.

    Where one cannot be used, the next one that was drawn takes its place.
    """

    data: str
    items: Sequence[Item]  # in the order in which they were drawn
    preprocess: Preprocess
    limit: int
    skipped: dict[Path | str, ImageError] = field(default_factory=dict)  # what could not be read so far, by its path

    def __call__(self) -> Iterator[np.ndarray]:
        """float32 [1, 3, size, size] each. Raises `UsageError` at the end of too few."""
        used = 0
        for item in self.items:
            if used == self.limit:
                return
            try:
                pixels = decode(item.read(), item.path or item.name).pixels
            except ImageError as error:
                self.skipped[error.path] = error
                continue
            used += 1
            yield self.preprocess.apply(pixels)[None]
        if used < FEWEST:
            raise _too_few(self.data, used, next(iter(self.skipped.values()), None))


def calibration_inputs(data: str, preprocess: Preprocess, limit: int, seed: int) -> Images:
    """`limit` of a user's images at most, drawn by the seed; labels mean nothing.

    `data`: a folder of images at any depth, a CSV, or Parquet, as for profiles. Raises `DataError` for what is none of
    these, `UsageError` for fewer than a handful of images or a limit under it.
    """
    if limit < FEWEST:
        raise UsageError(f"{limit} images are too few to calibrate with.", f"Allow {FEWEST} or more; 100 do.")
    items, skipped = _listed(Path(data))
    if len(items) < FEWEST:
        raise _too_few(data, len(items), skipped[0] if skipped else None)
    order = np.random.default_rng(seed).permutation(len(items))
    drawn = [items[place] for place in order]
    return CalibrationInputs(data, drawn, preprocess, limit, {error.path: error for error in skipped})


def _listed(path: Path) -> tuple[Sequence[Item], list[ImageError]]:
    """A camera's folder has no classes, so a folder without tables is searched for image files alone."""
    if path.is_dir() and not any(file.suffix.lower() == ".parquet" for file in path.iterdir()):
        found, unread = images_below(path)
        return [Item(file, str(file), "") for file in found], unread
    dataset = listed_dataset(path)
    return dataset.items, [ImageError(one.name, one.reason) for one in dataset.unread]


def _too_few(data: str, images: int, error: ImageError | None) -> UsageError:
    why = f" ({error.message})" if error else ""
    return UsageError(
        f"{printable(data)} holds {images} images that can be used{why}; to calibrate with, {FEWEST} are needed.",
        "Give a hundred of those that the network will meet.",
    )
