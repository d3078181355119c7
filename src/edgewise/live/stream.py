"""The stream that is played: a user with some classes, others after a change, and the first again."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal

import numpy as np

from edgewise.errors import DataError, UsageError
from edgewise.images.dataset import read_dataset
from edgewise.images.items import Item
from edgewise.progress import Progress, silent
from edgewise.text import plain, printable

Who = Literal["first", "then", "back"]

DRAWN_USER: Final = ("car", "key", "sailboat")
DRAWN_THEN: Final = ("bicycle", "fish", "lamp")
_MOST_DRAWN: Final = 400  # of a class
_FEWEST_CLASSES: Final = 2
_SPLIT: Final = "profile"  # the bundled networks were trained on another


@dataclass(frozen=True)
class Part:
    """A stretch of the stream in which the user stays the same."""

    who: Who
    classes: tuple[str, ...]  # as the data set writes them
    inputs: int  # at least: those that come while a network is made are not counted


@dataclass(frozen=True)
class Stream:
    """Parts, and the images of each class that they are drawn from."""

    parts: tuple[Part, ...]
    images: Mapping[str, tuple[Item, ...]]

    @property
    def inputs(self) -> int:
        return sum(part.inputs for part in self.parts)


class Deck:
    """Images of a stream, as they come: classes by chance, no image again before all others of its class have come."""

    def __init__(self, stream: Stream, seed: int) -> None:
        self._images, self._random = stream.images, np.random.default_rng(seed)
        self._waiting: dict[str, list[int]] = {label: [] for label in stream.images}

    def next(self, classes: Sequence[str]) -> Item:
        """Of one of these classes, all alike often."""
        label = classes[int(self._random.integers(len(classes)))]
        waiting = self._waiting[label]
        if not waiting:
            waiting += self._random.permutation(len(self._images[label])).tolist()
        return self._images[label][waiting.pop()]


def make_stream(items: Sequence[Item], classes: Sequence[str], then: Sequence[str], inputs: int) -> Stream:
    """So many inputs a part: of the user's classes; and where there are others, of those, and of the first again.

    Raises `UsageError` for fewer than two classes and one that is named twice, `DataError` for one without images.
    """
    by_label: dict[str, list[Item]] = {}
    for item in items:
        by_label.setdefault(item.label, []).append(item)
    labels = {plain(label): label for label in by_label}
    first, second = _meant(classes, labels), _meant(then, labels) if then else ()
    if set(first) == set(second):
        raise UsageError("The user's classes do not change.", "Name others with --then, or leave it out.")
    parts = [Part("first", first, inputs)]
    if second:
        parts += [Part("then", second, inputs), Part("back", first, inputs)]
    return Stream(tuple(parts), {label: tuple(by_label[label]) for label in {*first, *second}})


def read_items(data: Path) -> tuple[Item, ...]:
    """The labelled images of a data set. Raises `DataError`."""
    return read_dataset(data).items


def draw_items(
    folder: Path, classes: Sequence[str], then: Sequence[str], inputs: int, progress: Progress = silent
) -> tuple[Item, ...]:
    """Draw images of the bundled data set's classes into a folder: as many as the parts take, 400 of a class at most.

    Raises `UsageError` for a class that is not among them.
    """
    from edgewise.drawn import CLASSES, write_split

    named = [plain(name) for name in dict.fromkeys([*classes, *then])]
    for name in named:
        if name not in CLASSES:
            raise UsageError(f"{printable(name)!r} cannot be drawn.", f"There are: {', '.join(CLASSES)}.")
    per_class = min(_MOST_DRAWN, math.ceil(2 * inputs / max(1, len(classes))))
    for done, name in enumerate(named):
        progress("drawing images", done, len(named))
        write_split(folder, _SPLIT, per_class, [CLASSES.index(name)])
    progress("drawing images", len(named), len(named))
    return read_items(folder)


def _meant(names: Sequence[str], labels: Mapping[str, str]) -> tuple[str, ...]:
    """The labels that names mean, in any spelling."""
    unknown = [name for name in names if plain(name) not in labels]
    if unknown:
        known = sorted(labels.values())
        more = f" and {len(known) - 20} more" if len(known) > 20 else ""
        raise DataError(
            f"There are no images of {', '.join(map(repr, map(printable, unknown)))}.",
            f"There are some of {', '.join(map(printable, known[:20]))}{more}.",
        )
    meant = tuple(dict.fromkeys(labels[plain(name)] for name in names))
    if len(meant) < len(names):
        raise UsageError(f"Of {', '.join(map(printable, names))} two are the same class.", "Name each once.")
    if len(meant) < _FEWEST_CLASSES:
        raise UsageError(f"A user has two classes at least; {len(meant)} is named.", "Name more, separated by commas.")
    return meant
