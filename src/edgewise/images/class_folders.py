"""Class folders: `root/LABEL/image.jpg`, at any depth below the label."""

import os
from collections import deque
from dataclasses import dataclass
from pathlib import Path

from edgewise.errors import DataError
from edgewise.images.below import is_folder, suffix
from edgewise.images.decode import SUFFIXES
from edgewise.images.items import Dataset, Item, Unread
from edgewise.text import printable

NOT_DECODED = frozenset(
    {".heic", ".heif", ".avif", ".jxl", ".jp2", ".j2k", ".svg", ".psd", ".ico", ".tga", ".exr"}
    | {".cr2", ".nef", ".arw", ".dng"}
)


def read_class_folders(root: Path) -> Dataset:
    """List every image below the folders in `root`; links are followed, each folder is entered once.

    What looks like an image and cannot be listed is in `unread`. Raises `DataError` when no image is found.
    """
    walk = _Walk(root)
    try:
        entries = sorted(os.scandir(root), key=lambda entry: entry.name)
    except OSError as error:
        raise DataError(f"{printable(root)} cannot be read: {error.strerror}.", "Check its permissions.") from error
    folders = [entry for entry in entries if is_folder(entry) and not entry.name.startswith(".")]
    labels = {entry.name for entry in folders}
    loose = [entry.name for entry in entries if suffix(entry.name) in SUFFIXES and entry.name not in labels]
    for entry in folders:
        walk.note(_Folder(entry.name, entry.name), is_link=entry.is_symlink())
    walk.run()
    if not walk.items:
        raise _nothing(root, len(loose), walk.unread)
    heard_of = {printable(item.label) for item in walk.items} | {u.name.partition("/")[0] for u in walk.unread}
    empty = sorted({printable(label) for label in labels} - heard_of)
    walk.unread += [Unread(name, "is a folder without images") for name in empty]
    walk.unread += [Unread(printable(name), "has no label: it lies beside the class folders") for name in loose]
    # Sorted by the parts of their names, as paths are: a folder's files before those of a folder "NAME-b".
    return Dataset(
        root,
        tuple(sorted(walk.items, key=lambda item: item.name.split("/"))),
        tuple(sorted(walk.unread, key=lambda unread: unread.name)),
    )


def _nothing(root: Path, loose: int, unread: list[Unread]) -> DataError:
    found = f"{loose} images, but no class folder with images" if loose else "no images"
    if unread:
        found += f" that can be listed: {unread[0].name} {unread[0].reason}"
    return DataError(
        f"{printable(root)} holds {found}.", "Put images into one folder per class, or give a CSV of file,label."
    )


@dataclass(frozen=True)
class _Folder:
    name: str  # relative to the root
    label: str


class _Walk:
    """Real folders first, then links, so that of a folder and a link to it the folder's own name counts."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.items: list[Item] = []
        self.unread: list[Unread] = []
        self._real: deque[_Folder] = deque()
        self._links: deque[_Folder] = deque()
        self._entered: dict[tuple[int, int], str] = {}
        whole = root.resolve()
        for folder in (*reversed(whole.parents), whole):  # a link to these leads out, and in again
            self._entered[_identity(folder)] = "a folder that holds the data set"

    def note(self, folder: _Folder, *, is_link: bool) -> None:
        """A folder to enter later."""
        (self._links if is_link else self._real).append(folder)

    def run(self) -> None:
        """Enter all that was noted, and what is found there."""
        while self._real or self._links:
            folder = self._real.popleft() if self._real else self._links.popleft()
            try:
                self._enter(folder)
            except OSError as error:
                self._miss(folder.name, f"cannot be read: {error.strerror or error}")

    def _enter(self, folder: _Folder) -> None:
        path = self.root / folder.name
        identity = _identity(path)
        if identity in self._entered:
            self._miss(folder.name, f"is a link to {self._entered[identity]}")
            return
        self._entered[identity] = f"{printable(folder.name)}, which is listed already"
        with os.scandir(path) as entries:
            for entry in entries:
                if not entry.name.startswith("."):
                    self._sort(entry, f"{folder.name}/{entry.name}", folder.label)

    def _sort(self, entry: os.DirEntry[str], name: str, label: str) -> None:
        ending = suffix(entry.name)
        if is_folder(entry):
            if ending in SUFFIXES:
                self._miss(name, "is a folder")
            else:
                self.note(_Folder(name, label), is_link=entry.is_symlink())
        elif ending in NOT_DECODED:
            self._miss(name, f"is in a format that cannot be read ({ending})")
        elif ending in SUFFIXES:
            if _is_utf_8(name):
                self.items.append(Item(self.root / name, name, label))
            else:
                self._miss(name, "has a name that is not UTF-8")

    def _miss(self, name: str, reason: str) -> None:
        self.unread.append(Unread(printable(name), reason))


def _identity(folder: Path) -> tuple[int, int]:
    status = folder.stat()
    return status.st_dev, status.st_ino


def _is_utf_8(name: str) -> bool:
    try:
        name.encode()
    except UnicodeEncodeError:
        return False
    return True
