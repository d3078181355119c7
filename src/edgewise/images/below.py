"""The image files below a folder, for whoever answers them and needs no labels."""

import os
from collections import deque
from pathlib import Path

from edgewise.errors import ImageError
from edgewise.images.decode import SUFFIXES


def images_below(folder: Path) -> tuple[list[Path], list[ImageError]]:
    """The files that are images by their names, sorted; and what is wrong with each folder that cannot be read.

    Links are followed, each folder is entered once, and what is hidden (`.name`) is left out.
    """
    found: list[Path] = []
    unread: list[ImageError] = []
    entered: set[tuple[int, int]] = set()
    waiting = deque([folder])
    while waiting:
        current = waiting.popleft()
        try:
            status = current.stat()
            if (status.st_dev, status.st_ino) in entered:
                continue
            entered.add((status.st_dev, status.st_ino))
            with os.scandir(current) as entries:
                for entry in entries:
                    if entry.name.startswith("."):
                        continue
                    if is_folder(entry):
                        waiting.append(current / entry.name)
                    elif suffix(entry.name) in SUFFIXES:
                        found.append(current / entry.name)
        except OSError as error:
            reason = f"is a folder that cannot be read: {error.strerror or error}"
            unread.append(ImageError(current, reason, "Check its permissions."))
    return sorted(found), unread


def is_folder(entry: os.DirEntry[str]) -> bool:
    """Whether an entry is a folder or a link to one."""
    try:
        return entry.is_dir()
    except OSError:  # a link that leads in a circle
        return False


def suffix(name: str) -> str:
    """The end of a file's name, in lower case, as in `.jpg`."""
    return os.path.splitext(name)[1].lower()  # noqa: PTH122 - names by the million
