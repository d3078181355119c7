"""A labelled image set: class folders, or a CSV of `file,label`."""

import csv
import hashlib
from dataclasses import dataclass
from pathlib import Path

from edgewise.errors import DataError
from edgewise.images.decode import SUFFIXES


@dataclass(frozen=True)
class Item:
    """One image file, its name relative to the data set's root, and its label as written."""

    path: Path
    name: str
    label: str


@dataclass(frozen=True)
class Dataset:
    """Images with labels, in a fixed order."""

    root: Path
    items: tuple[Item, ...]

    @property
    def labels(self) -> tuple[str, ...]:
        """The labels that occur, sorted."""
        return tuple(sorted({item.label for item in self.items}))

    def listing_sha256(self) -> str:
        """A hash of names, labels and file sizes: cheap, and enough to notice that the set is another one."""
        rows = (f"{i.name}\t{i.label}\t{i.path.stat().st_size if i.path.is_file() else -1}\n" for i in self.items)
        return hashlib.sha256("".join(rows).encode("utf-8", "surrogateescape")).hexdigest()


def read_dataset(path: Path) -> Dataset:
    """Read class folders (`path/LABEL/image.jpg`, at any depth below the label), or a CSV with columns `file,label`.

    Raises `DataError` when there is nothing there, no image in it, or one label only.
    """
    if path.is_dir():
        dataset = _from_folders(path)
    elif path.is_file() and path.suffix.lower() == ".csv":
        dataset = _from_csv(path)
    elif path.exists():
        raise DataError(f"{path} is neither a folder nor a .csv file.", "Give class folders, or a CSV of file,label.")
    else:
        raise DataError(f"There is no {path}.", "Give a folder of class folders, or a CSV of file,label.")
    for item in dataset.items:
        try:
            f"{item.name}{item.label}".encode()
        except UnicodeEncodeError as error:
            shown = item.name.encode("utf-8", "backslashreplace").decode()
            raise DataError(f"The file name {shown} is not UTF-8.", "Rename the file.") from error
    if len(dataset.labels) == 1:
        raise DataError(
            f"All {len(dataset.items)} images of {path} have the one label {dataset.labels[0]!r}.",
            "Choosing between models needs at least two classes; is this one class folder of a larger set?",
        )
    return dataset


def _from_folders(root: Path) -> Dataset:
    items = [
        Item(file, file.relative_to(root).as_posix(), folder.name)
        for folder in sorted(root.iterdir())
        if folder.is_dir() and not folder.name.startswith(".")
        for file in sorted(folder.rglob("*"))
        if file.suffix.lower() in SUFFIXES and not file.name.startswith(".")
    ]
    if not items:
        loose = sum(file.suffix.lower() in SUFFIXES for file in root.iterdir())
        found = f"{loose} images, but no class folder with images" if loose else "no images"
        raise DataError(f"{root} holds {found}.", "Put images into one folder per class, or give a CSV of file,label.")
    return Dataset(root, tuple(items))


def _from_csv(path: Path) -> Dataset:
    try:
        with path.open(newline="", encoding="utf-8-sig") as stream:
            rows = list(csv.DictReader(stream))
            columns = set(rows[0]) if rows else set[str]()
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise DataError(f"{path} cannot be read as a CSV in UTF-8: {error}.") from error
    if not {"file", "label"} <= columns:
        raise DataError(
            f"{path} has the columns {sorted(str(c) for c in columns)}, or no rows.", "It needs the columns file,label."
        )
    for number, row in enumerate(rows, 2):
        if not row["file"] or not row["label"]:
            raise DataError(f"{path}, line {number}: file or label is missing.")
    items = (Item(path.parent / row["file"], row["file"], row["label"].strip()) for row in rows)
    return Dataset(path.parent, tuple(items))
