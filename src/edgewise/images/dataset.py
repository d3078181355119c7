"""A labelled image set: class folders, a CSV of `file,label`, or Parquet."""

from dataclasses import replace
from pathlib import Path

from edgewise.errors import DataError
from edgewise.images.class_folders import read_class_folders
from edgewise.images.csv_list import read_csv
from edgewise.images.items import Dataset, Item, Unread
from edgewise.images.remote import is_remote, read_remote_folders
from edgewise.text import plain, printable

__all__ = ["Dataset", "Item", "Unread", "listed_dataset", "read_dataset"]

KINDS = "Give class folders, a CSV of file,label, or Parquet with the columns label and image or file."


def read_dataset(path: Path) -> Dataset:
    """Read class folders (`path/LABEL/image.jpg`, at any depth below the label), a `.csv` of `file,label`, a `.parquet`
    file, a folder with `.parquet` files in it, which then are all of the data set, or class folders of a remote store
    (`s3://bucket/photos`, through fsspec).

    What is there and could not be listed is in `unread`. Raises `DataError` when there is nothing, no image, or one
    label only; labels that differ by case, Unicode form, underscores or hyphens count as one.
    """
    dataset = listed_dataset(path)
    if len({plain(label) for label in dataset.labels}) == 1:
        raise DataError(
            f"All {len(dataset.items)} images of {printable(path)} have the one label {dataset.labels[0]!r}.",
            "Choosing between models needs at least two classes; is this one class folder of a larger set?",
        )
    return dataset


def listed_dataset(path: Path) -> Dataset:
    """The same for whoever needs no labels: one will do. Raises `DataError` when there is nothing, or no image."""
    try:
        dataset = _read(path)
    except OSError as error:  # of the path itself: too long, not permitted, a circle of links
        raise DataError(f"{printable(path)} cannot be read: {error.strerror or error}.", KINDS) from error
    if not dataset.items:
        why = f": {dataset.unread[0].name} {dataset.unread[0].reason}" if dataset.unread else ""
        raise DataError(f"{printable(path)} holds no images that can be used{why}.", KINDS)
    return dataset


def _read(path: Path) -> Dataset:
    if is_remote(path):
        return read_remote_folders(path)
    suffix = path.suffix.lower()
    if path.is_dir():
        tables = sorted(file for file in path.iterdir() if file.suffix.lower() == ".parquet" and file.is_file())
        if tables:
            dataset = _read_tables(path, tables)
            beside = [folder for folder in sorted(path.iterdir()) if folder.is_dir() and folder.name[0] != "."]
            ignored = [Unread(printable(folder.name), "is a folder beside Parquet files") for folder in beside]
            return replace(dataset, unread=(*dataset.unread, *ignored))
        return read_class_folders(path)
    if path.is_file() and suffix == ".csv":
        return read_csv(path)
    if path.is_file() and suffix == ".parquet":
        return _read_tables(path.parent, [path])
    try:
        path.stat()
    except (FileNotFoundError, ValueError) as error:  # ValueError: a zero byte in it
        raise DataError(f"There is no {printable(path)}.", KINDS) from error
    raise DataError(f"{printable(path)} is neither a folder nor a .csv or .parquet file.", KINDS)


def _read_tables(root: Path, tables: list[Path]) -> Dataset:
    from edgewise.images.parquet import read_parquet  # pyarrow is heavy

    return read_parquet(root, tables)
