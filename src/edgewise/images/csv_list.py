"""A CSV of `file,label`."""

import csv
import os
from collections.abc import Iterator
from pathlib import Path

from edgewise.errors import DataError
from edgewise.images.items import Dataset, Item, Unread
from edgewise.text import plain, printable

COLUMNS = ("file", "label")


def read_csv(path: Path) -> Dataset:
    """Read a comma-separated table in UTF-8 with the columns `file` and `label`, in any place; others are ignored.

    Files are relative to the CSV, or absolute. Raises `DataError`, with the line, for a field that is missing, a row of
    more fields than the header, and a file that is given two labels; one that is listed twice alike is in `unread`.
    """
    try:
        rows = list(_rows(path))
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise DataError(f"{printable(path)} cannot be read as a CSV in UTF-8: {error}.") from error
    if not rows:
        raise DataError(f"{printable(path)} has no rows.", "It needs the columns file,label and a row for each image.")
    return without_repeats(path.parent, rows, path)


def _rows(path: Path) -> Iterator[tuple[str, str, str]]:
    """Line, file and label of each row."""
    with path.open(newline="", encoding="utf-8-sig") as stream:
        reader = csv.reader(stream)
        header = [name.strip().casefold() for name in next(reader, [])]
        if any(header.count(name) != 1 for name in COLUMNS):
            raise DataError(
                f"{printable(path)} has the columns {header}, or no rows.",
                "It needs the columns file,label once each, separated by commas.",
            )
        file_place, label_place = (header.index(name) for name in COLUMNS)
        ended = reader.line_num
        for row in reader:
            line, ended = ended + 1, reader.line_num  # a quoted field may span lines
            if not row:
                continue
            if len(row) > len(header):
                raise DataError(
                    f"{printable(path)}, line {line}: {len(row)} fields, but {len(header)} columns.",
                    'Put a field that holds a comma in quotes: "a,b.jpg".',
                )
            if len(row) <= max(file_place, label_place) or not row[file_place] or not row[label_place].strip():
                raise DataError(f"{printable(path)}, line {line}: file or label is missing.")
            yield f"line {line}", row[file_place], row[label_place].strip()


def without_repeats(root: Path, rows: list[tuple[str, str, str]], source: Path) -> Dataset:
    """Items out of (place, file, label) rows; a place is where in `source` the row stands.

    Raises `DataError` when one file has two labels; a file that is listed again alike goes to `unread`.
    """
    items: list[Item] = []
    unread: list[Unread] = []
    first: dict[str, tuple[str, str]] = {}
    for place, file, label in rows:
        path = root / file
        key = os.path.normpath(path)
        seen = first.setdefault(key, (place, label))
        if seen[0] == place:
            items.append(Item(path, file, label))
        elif plain(seen[1]) == plain(label):
            unread.append(Unread(printable(file), f"is listed again: {place} repeats {seen[0]}"))
        else:
            raise DataError(
                f"{printable(source)} gives {file!r} two labels: {seen[1]!r} on {seen[0]}, {label!r} on {place}.",
                "Keep one of them.",
            )
    return Dataset(root, tuple(items), tuple(unread))
