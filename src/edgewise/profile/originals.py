"""The image files that a profile was made of, read again."""

import hashlib
from functools import cached_property
from pathlib import Path

from edgewise.errors import DataError, ImageError
from edgewise.images.dataset import Item, read_dataset
from edgewise.images.decode import read_file
from edgewise.profile.outcomes import Outcomes


class Originals:
    """A profile's images, where they were and as they were, in whatever the data set keeps them."""

    def __init__(self, outcomes: Outcomes) -> None:
        self.root = Path(str(outcomes.manifest["data"]["root"]))
        self._data = Path(str(outcomes.manifest["data"]["path"]))
        self._names = outcomes.images["image"]
        self._sha256 = outcomes.images["sha256"]

    def read(self, row: int) -> bytes:
        """The content of the image of a row of the profile.

        Raises `ImageError` when it is no longer there, or not what was profiled.
        """
        name = self._names[row]
        path = self.root / name
        if path.is_file():
            content = read_file(path)
        elif name in self._items:
            content = self._items[name].read()
        else:
            raise ImageError(name, "there is no such file", f"It was in {self._data}.")
        if hashlib.sha256(content).hexdigest() != self._sha256[row]:
            raise ImageError(name, "the file has changed since")
        return content

    @cached_property
    def _items(self) -> dict[str, Item]:
        """What the data set holds now, by name; nothing where it is gone."""
        try:
            return {item.name: item for item in read_dataset(self._data).items}
        except DataError:
            return {}
