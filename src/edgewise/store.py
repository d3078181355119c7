"""Artefacts on disk: a kind and a schema version in each, atomic writes, content hashes, no pickle.

A JSON artefact is `{"kind": ..., "schema": ..., "data": {...}}`. Arrays live in a safetensors file beside it, whose
SHA-256 the JSON names, so that a torn pair is refused instead of read.
"""

import errno
import hashlib
import json
import os
import stat
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, NoReturn, TypedDict, cast

import numpy as np

from edgewise.errors import StoreError
from edgewise.restore import shown

PART = ".part"  # how the name of a file ends that is not whole yet
_WRITE_HINTS = {
    errno.ENOSPC: "Free some space there, and give the same command again.",
    errno.EDQUOT: "Free some of your quota, and give the same command again.",
    errno.EFBIG: "Lift the limit on the size of files (ulimit -f), and give the same command again.",
    errno.ENAMETOOLONG: "Choose a shorter path.",
    errno.ELOOP: "Choose a path that is no loop of links.",
    errno.ENOTDIR: "Choose a path that does not lead through a file.",
    errno.EEXIST: "Choose a path at which there is no file.",
}


def cannot_write(path: Path, error: OSError) -> StoreError:
    """The error for a path that the system does not let us write."""
    hint = _WRITE_HINTS.get(error.errno or 0, "Choose a folder with space and write permission.")
    return StoreError(f"{path} cannot be written: {error.strerror or error}.", hint)


def see_that_writable(folder: Path) -> None:
    """See that a folder can be made and written in, before what shall lie there is computed; nothing is left behind.

    Raises `StoreError`.
    """
    there = next(path for path in (folder, *folder.absolute().parents) if os.path.lexists(path))
    try:
        with tempfile.TemporaryFile(dir=there):
            pass
    except OSError as error:
        raise cannot_write(folder, error) from error


@contextmanager
def atomic_path(path: Path) -> Iterator[Path]:
    """A temporary path in the same folder that replaces `path` when the block ends well, and vanishes when it does not.

    A link stays one: what it leads to is replaced. Raises `StoreError` where the folder cannot be written or the disk
    is full, and for a path that is a folder or a device.
    """
    temporary: Path | None = None
    try:
        with suppress(FileNotFoundError):
            if not stat.S_ISREG(path.stat().st_mode):
                raise StoreError(f"{path} is no regular file.", "Choose another path.")
        target = Path(os.path.realpath(path))
        target.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(prefix=f".{target.name}.", suffix=PART, dir=target.parent)
        os.close(handle)
        temporary = Path(name)
        yield temporary
        with temporary.open("rb") as written:
            os.fsync(written.fileno())
        umask = os.umask(0)
        os.umask(umask)
        temporary.chmod(0o666 & ~umask)
        temporary.replace(target)
        _sync_folder(target.parent)
    except OSError as error:
        raise cannot_write(path, error) from error
    finally:
        if temporary is not None:
            with suppress(OSError):  # what went wrong before is what to tell
                temporary.unlink(missing_ok=True)


def _sync_folder(folder: Path) -> None:
    """Make a rename outlast a power cut; file systems that cannot sync a folder do without."""
    with suppress(OSError):
        opened = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(opened)
        finally:
            os.close(opened)


def remove_parts(folder: Path) -> None:
    """Remove what killed writers left half written in a folder. Raises `StoreError` when that cannot be done."""
    for path in folder.glob(f".*{PART}"):
        remove(path)


def remove(path: Path) -> None:
    """Remove a file where it is there. Raises `StoreError` when that cannot be done."""
    try:
        path.unlink(missing_ok=True)
    except OSError as error:
        raise cannot_write(path, error) from error


def write_json(path: Path, kind: str, schema: int, data: Mapping[str, Any]) -> None:
    """Write one JSON artefact atomically."""
    text = json.dumps({"kind": kind, "schema": schema, "data": data}, indent=1, allow_nan=False)
    with atomic_path(path) as temporary:
        temporary.write_text(text + "\n", encoding="utf-8")


def read_json(path: Path, kind: str, schema: int, again: str = "Make it again.") -> dict[str, Any]:
    """The `data` of a JSON artefact; `again` says how such a one is made, for the errors.

    Raises `StoreError` when it is missing, torn, or of another kind or schema.
    """
    try:
        artefact = json.loads(path.read_text(encoding="utf-8"), parse_constant=_no_number)
        found, version, data = artefact["kind"], artefact["schema"], artefact["data"]
    except FileNotFoundError as error:
        raise StoreError(f"{path} does not exist.", f"A {kind} is expected there. {again}") from error
    except (OSError, ValueError, KeyError, TypeError, RecursionError) as error:
        raise StoreError(f"{path} is not a readable {kind}: {error}.", again) from error
    if found != kind:
        raise StoreError(f"{path} is a {shown(found)}; a {kind!r} is expected there.", "Point at the right folder.")
    if not isinstance(version, int) or isinstance(version, bool):
        raise StoreError(f"{path} is not a readable {kind}: its schema is {shown(version)}.", again)
    if version != schema:
        newer = version > schema
        raise StoreError(
            f"{path} was made by {'a newer' if newer else 'an older'} edgewise: its {kind} has schema "
            f"{shown(version)}, where this version reads schema {schema}.",
            "Update edgewise." if newer else again,
        )
    if not isinstance(data, dict):
        raise StoreError(f"{path} is not a readable {kind}: its data is {shown(data)}, no object.", again)
    return cast("dict[str, Any]", data)


def _no_number(name: str) -> NoReturn:
    raise ValueError(f"{name} is no number")


def write_arrays(path: Path, arrays: Mapping[str, np.ndarray]) -> str:
    """Write named arrays as one safetensors file, atomically; returns its SHA-256."""
    from safetensors.numpy import save

    content = save({name: np.ascontiguousarray(array) for name, array in arrays.items()})
    with atomic_path(path) as temporary:
        temporary.write_bytes(content)
    return hashlib.sha256(content).hexdigest()


def read_arrays(path: Path, sha256: str) -> dict[str, np.ndarray]:
    """The arrays of a safetensors file. Raises `StoreError` when the content is not the one that `sha256` names."""
    from safetensors import SafetensorError
    from safetensors.numpy import load

    try:
        content = path.read_bytes()
    except OSError as error:
        raise StoreError(f"{path} cannot be read: {error.strerror or error}.", "Make it again.") from error
    if hashlib.sha256(content).hexdigest() != sha256:
        raise StoreError(f"{path} does not hold what its description names.", "It was torn or changed; make it again.")
    try:
        return load(content)
    except SafetensorError as error:
        raise StoreError(f"{path} holds no arrays: {error}.", "Make it again.") from error


def write_array(path: Path, array: np.ndarray) -> None:
    """Write one array as a `.npy` file, atomically, so that it can be memory-mapped."""
    ordered = np.ascontiguousarray(array)
    with atomic_path(path) as temporary, temporary.open("wb") as stream:
        np.lib.format.write_array_header_1_0(stream, np.lib.format.header_data_from_array_1_0(ordered))
        # Not np.save: it hides from its caller why a write failed.
        stream.write(ordered.reshape(-1).view(np.uint8).data)


def map_array(path: Path, dtype: type[np.generic], shape: tuple[int, ...]) -> np.ndarray:
    """A `.npy` file, memory-mapped. Raises `StoreError` when it is missing, torn, or of another type or shape."""
    try:
        array = np.load(path, mmap_mode="r", allow_pickle=False)
    except Exception as error:  # NumPy reads the header with Python's tokenizer, which raises errors of its own
        raise StoreError(f"The array {path} cannot be read: {error}.", "Make it again.") from error
    if not isinstance(array, np.ndarray) or array.dtype != dtype or array.shape != shape:
        found = f"{array.dtype} {list(array.shape)}" if isinstance(array, np.ndarray) else "an archive"
        raise StoreError(
            f"The array {path} is {found}; expected {np.dtype(dtype)} {list(shape)}.",
            "It was overwritten or belongs to something else; make it again.",
        )
    return array


def write_table(path: Path, columns: Mapping[str, Any]) -> None:
    """Write one Parquet file atomically."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    content = pa.BufferOutputStream()
    pq.write_table(pa.table(dict(columns)), content)
    with atomic_path(path) as temporary:
        # Not by Arrow itself, whose errors do not say as surely why a write failed.
        temporary.write_bytes(memoryview(content.getvalue()))


def read_table(path: Path, columns: Iterable[str] = (), rows: int | None = None) -> dict[str, list[Any]]:
    """The columns of a Parquet file.

    Raises `StoreError` when it is missing or broken, lacks one of `columns`, or has not so many `rows`.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        table = pq.read_table(path)
        found = table.to_pydict()
    except (OSError, ValueError, pa.ArrowException) as error:
        raise StoreError(f"The table {path} cannot be read: {error}.", "Make it again.") from error
    missing = [name for name in columns if name not in found]
    if missing:
        raise StoreError(f"The table {path} has no column {', '.join(missing)}.", "Make it again.")
    if rows is not None and table.num_rows != rows:
        raise StoreError(f"The table {path} has {table.num_rows} rows; expected {rows}.", "Make it again.")
    return found


class FileFacts(TypedDict):
    """What `check_files` compares of a file."""

    bytes: int
    sha256: str


def describe_files(folder: Path, names: Iterable[str]) -> dict[str, FileFacts]:
    """The size and the SHA-256 of files in a folder, for `check_files`."""
    try:
        return {name: {"bytes": (folder / name).stat().st_size, "sha256": file_sha256(folder / name)} for name in names}
    except OSError as error:
        raise StoreError(f"{folder} cannot be read: {error.strerror or error}.", "Check its permissions.") from error


def check_files(folder: Path, described: Mapping[str, FileFacts], origin: Path, *, contents: bool = False) -> None:
    """See that the files are those that `describe_files` saw: their sizes, and with `contents` their hashes too.

    Sizes cost microseconds and find what is missing or torn; hashing reads everything. Raises `StoreError`.
    """
    for name, facts in described.items():
        path, size = folder / name, facts["bytes"]
        try:
            found = path.stat().st_size
            same = found == size and (not contents or file_sha256(path) == facts["sha256"])
        except OSError as error:
            raise StoreError(f"{path} cannot be read: {error.strerror or error}.", "Make it again.") from error
        if not same:
            raise StoreError(
                f"{path} has {found:,} bytes; {origin.name} says {size:,}."
                if found != size
                else f"{path} does not hold what {origin.name} says.",
                "It was torn or changed; make it again.",
            )


def file_sha256(path: Path) -> str:
    """SHA-256 of a file's content."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()
