"""A labelled image set: its images, their labels, and what could not be listed."""

import hashlib
from dataclasses import dataclass
from pathlib import Path

from edgewise.errors import ImageError
from edgewise.images.decode import read_file


@dataclass(frozen=True)
class Item:
    """One image: its file, its name relative to the data set's root (unique in it), and its label as written."""

    path: Path | None  # None where the image lies inside a table; `read` reads every kind
    name: str
    label: str

    def read(self) -> bytes:
        """The content of the image file. Raises `ImageError` when it cannot be read or is empty."""
        if self.path is None:
            raise ImageError(self.name, "has no file")
        return read_file(self.path)

    def file_bytes(self) -> int:
        """The size of the file; -1 where there is none that can be asked."""
        try:
            return self.path.stat().st_size if self.path is not None and self.path.is_file() else -1
        except (OSError, ValueError):
            return -1


@dataclass(frozen=True)
class Unread:
    """Something in a data set that is not among its items, and why; `name` is safe to print."""

    name: str
    reason: str


@dataclass(frozen=True)
class Table:
    """A Parquet file of a data set."""

    name: str
    rows: int
    file_bytes: int


@dataclass(frozen=True)
class Dataset:
    """Images with labels, in a fixed order."""

    root: Path
    items: tuple[Item, ...]
    unread: tuple[Unread, ...] = ()
    tables: tuple[Table, ...] = ()

    @property
    def labels(self) -> tuple[str, ...]:
        """The labels that occur, sorted, each as it is written."""
        return tuple(sorted({item.label for item in self.items}))

    def listing_sha256(self) -> str:
        """A hash of names, labels and file sizes: cheap, and enough to notice that the set is another one."""
        digest = hashlib.sha256()
        for item in self.items:
            row = f"{item.name}\t{item.label}\t{item.file_bytes()}\n"
            digest.update(row.encode("utf-8", "surrogateescape"))
        for table in self.tables:
            digest.update(f"{table.name}\t{table.rows}\t{table.file_bytes}\n".encode("utf-8", "surrogateescape"))
        return digest.hexdigest()
