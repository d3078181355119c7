"""Parquet tables of images, as Hugging Face `datasets` writes them, or of file names; with labels.

Listing reads the label column (and the file names) alone. Images stay in the file and are read when asked for. In the
file's order that is cheap; a step back starts the row group again. In memory are a batch of `_BATCH_ROWS` images and
the page of the file that they come from, which is as large as the writer made it: at most a row group, so 100 images
as `datasets` writes them, up to 1,024 as pyarrow does.
"""

import json
import threading
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from edgewise.errors import DataError, ImageError
from edgewise.images.csv_list import without_repeats
from edgewise.images.decode import read_file
from edgewise.images.items import Dataset, Item, Table, Unread
from edgewise.text import printable

_INSIDE = "\0inside the table"  # in the place of a file's name, and no name that a file can have
_BATCH_ROWS = 16
_BUFFER_BYTES = 1 << 20  # what of a column is read ahead; without it pyarrow reads a row group's whole column


@dataclass(frozen=True)
class StoredItem(Item):
    """One image inside a Parquet file."""

    images: "StoredImages"
    table: int
    row: int

    def read(self) -> bytes:
        return self.images.read(self.table, self.row, self.name)


def read_parquet(root: Path, files: Sequence[Path]) -> Dataset:
    """Items of Parquet files, in order, named `FILE:ROW`, or by their own file names where the table has those.

    Each needs `label` (text, or whole numbers, which are replaced by the names that a Hugging Face `ClassLabel` gives
    them) and `image` (bytes, or a struct with `bytes` and maybe `path`) or `file` (relative to `root`, or absolute).
    A row without a label is in `unread`. Raises `DataError` for a file that is no Parquet or has other columns.
    """
    images = StoredImages(tuple(files))
    items: list[Item] = []
    unread: list[Unread] = []
    tables: list[Table] = []
    named: list[tuple[str, str, str]] = []
    for number, path in enumerate(files):
        listing = _listing(path)
        for row, (label, file) in enumerate(zip(listing.labels, listing.files, strict=True)):
            place = f"{path.name}:{row}"
            if label is None:
                unread.append(Unread(printable(place), "has no label, or one without a name"))
            elif file is _INSIDE:
                items.append(StoredItem(None, place, label, images, number, row))
            elif file:
                named.append((place, file, label))
            else:
                unread.append(Unread(printable(place), "names no file"))
        tables.append(Table(path.name, len(listing.labels), path.stat().st_size))
    files_named = without_repeats(root, named, root)
    return Dataset(root, (*items, *files_named.items), (*unread, *files_named.unread), tuple(tables))


@dataclass(frozen=True)
class _Listing:
    labels: list[str | None]
    files: list[str | None]


def _listing(path: Path) -> _Listing:
    try:
        with _open(path) as opened:
            schema = opened.schema_arrow
            stored = _check(path, schema)
            columns = ["label"] if stored else ["label", "file"]
            table = opened.read(columns=columns, use_threads=False)
    except (OSError, pa.ArrowException) as error:
        reason = printable(error).strip()[:200]
        raise DataError(f"{printable(path)} cannot be read as Parquet: {reason}", "Copy or export it again.") from error
    labels: list[Any] = table.column("label").to_pylist()
    if _is_number(schema.field("label").type):
        names = _class_names(schema)
        labels = [_named(value, names) for value in labels]
    else:
        labels = [(value.strip() or None) if value is not None else None for value in labels]
    return _Listing(labels, [_INSIDE] * len(labels) if stored else table.column("file").to_pylist())


def _open(path: Path) -> pq.ParquetFile:
    return pq.ParquetFile(path, buffer_size=_BUFFER_BYTES, pre_buffer=False)


def _check(path: Path, schema: pa.Schema) -> bool:
    """Whether the table holds the images themselves; `DataError` when it has not the columns that it needs."""
    kinds = {name: schema.field(name).type for name in ("label", "image", "file") if schema.names.count(name) == 1}
    if "label" in kinds and (_is_text(kinds["label"]) or _is_number(kinds["label"])):
        if "image" in kinds and _holds_bytes(kinds["image"]):
            return True
        if "file" in kinds and _is_text(kinds["file"]):
            return False
    found = ", ".join(f"{field.name!r} ({str(field.type)[:60]})" for field in schema)
    raise DataError(
        f"{printable(path)} has the columns {found or 'of nothing'}.",
        "It needs label (text or whole numbers), and image (bytes, or a struct with bytes) or file (text).",
    )


def _is_text(kind: pa.DataType) -> bool:
    value = kind.value_type if pa.types.is_dictionary(kind) else kind
    return pa.types.is_string(value) or pa.types.is_large_string(value)


def _is_number(kind: pa.DataType) -> bool:
    return pa.types.is_integer(kind.value_type if pa.types.is_dictionary(kind) else kind)


def _holds_bytes(kind: pa.DataType) -> bool:
    if pa.types.is_struct(kind):
        place = kind.get_field_index("bytes")
        return place >= 0 and _holds_bytes(kind.field(place).type)
    return pa.types.is_binary(kind) or pa.types.is_large_binary(kind)


def _class_names(schema: pa.Schema) -> list[str] | None:
    """The names of a `ClassLabel` column, out of what Hugging Face `datasets` writes beside the schema."""
    try:
        described = json.loads((schema.metadata or {})[b"huggingface"])
        names = described["info"]["features"]["label"]["names"]
    except (KeyError, TypeError, ValueError):
        return None
    return [str(name) for name in names] if isinstance(names, list) and names else None


def _named(value: int | None, names: list[str] | None) -> str | None:
    """A number's label; None for none, for -1, by which Hugging Face means none, and for one beyond the names."""
    if value is None or value < 0:
        return None
    if names is None:
        return str(value)
    return names[value] if value < len(names) else None


class StoredImages:
    """Reads images out of Parquet files. May be pickled, and used by several threads, which then take turns."""

    def __init__(self, files: tuple[Path, ...]) -> None:
        self.files = files
        self._lock = threading.Lock()
        self._cursor: _Cursor | None = None

    def __reduce__(self) -> tuple[type["StoredImages"], tuple[tuple[Path, ...]]]:
        return StoredImages, (self.files,)

    def read(self, table: int, row: int, name: str) -> bytes:
        """The image file in a row. Raises `ImageError`."""
        path = self.files[table]
        try:
            cell = self._cell(path, row)
        except (OSError, pa.ArrowException, IndexError) as error:
            reason = printable(error).strip()[:200]
            raise ImageError(
                name, f"cannot be read from {printable(path.name)}: {reason}", "Export it again."
            ) from error
        content = cell.get("bytes") if isinstance(cell, dict) else cell
        if content is None and isinstance(cell, dict) and cell.get("path"):
            return read_file(path.parent / cell["path"])  # as `datasets` writes images that it did not embed
        if not content:
            raise ImageError(name, "is empty (0 bytes)" if content is not None else "holds no image")
        return content

    def _cell(self, path: Path, row: int) -> Any:
        with self._lock:
            cursor, self._cursor = self._cursor, None  # it is put back only when it has not failed
            if cursor is not None and not cursor.reaches(path, row):
                cursor.close()
                cursor = None
            cursor = cursor or _Cursor(path, row)
            cell = cursor.cell(row)
            self._cursor = cursor
            return cell


class _Cursor:
    """A place in one row group of one file, which moves forward only."""

    def __init__(self, path: Path, row: int) -> None:
        self.path = path
        self._opened = _open(path)
        self._first = 0
        for group in range(self._opened.num_row_groups):
            self._end = self._first + self._opened.metadata.row_group(group).num_rows
            if row < self._end:
                break
            self._first = self._end
        else:
            self.close()
            raise IndexError(f"it has {self._first} rows now")
        self._batch: list[Any] = []
        self._batches: Iterator[pa.RecordBatch] = self._opened.iter_batches(
            _BATCH_ROWS, row_groups=[group], columns=["image"], use_threads=False
        )

    def reaches(self, path: Path, row: int) -> bool:
        return path == self.path and self._first <= row < self._end

    def cell(self, row: int) -> Any:
        while row >= self._first + len(self._batch):
            self._first += len(self._batch)
            self._batch = next(self._batches).column(0)  # type: ignore[assignment]
        return self._batch[row - self._first].as_py()

    def close(self) -> None:
        self._opened.close()
