"""Artefacts on disk: a kind and a schema version in each, atomic writes, content hashes, no pickle.

A JSON artefact is `{"kind": ..., "schema": ..., "data": {...}}`. Arrays live in a safetensors file beside it, whose
SHA-256 the JSON names, so that a torn pair is refused instead of read.
"""

import hashlib
import json
import os
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np

from edgewise.errors import StoreError


@contextmanager
def atomic_path(path: Path) -> Iterator[Path]:
    """A temporary path in the same folder that replaces `path` when the block ends well, and vanishes when it does not.

    Raises `StoreError` where the folder cannot be written or the disk is full.
    """
    temporary: Path | None = None
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(prefix=f".{path.name}.", suffix=".part", dir=path.parent)
        os.close(handle)
        temporary = Path(name)
        yield temporary
        with temporary.open("rb") as written:
            os.fsync(written.fileno())
        umask = os.umask(0)
        os.umask(umask)
        temporary.chmod(0o666 & ~umask)
        temporary.replace(path)
    except OSError as error:
        raise StoreError(
            f"{path} cannot be written: {error.strerror or error}.", "Choose a folder with space and write permission."
        ) from error
    finally:
        if temporary is not None:
            temporary.unlink(missing_ok=True)


def write_json(path: Path, kind: str, schema: int, data: Mapping[str, Any]) -> None:
    """Write one JSON artefact atomically."""
    text = json.dumps({"kind": kind, "schema": schema, "data": data}, indent=1, allow_nan=False)
    with atomic_path(path) as temporary:
        temporary.write_text(text + "\n", encoding="utf-8")


def read_json(path: Path, kind: str, schema: int) -> dict[str, Any]:
    """The `data` of a JSON artefact. Raises `StoreError` when it is missing, torn, or of another kind or schema."""
    try:
        artefact = json.loads(path.read_text(encoding="utf-8"))
        found = (artefact["kind"], artefact["schema"])
        data = artefact["data"]
    except FileNotFoundError as error:
        raise StoreError(f"{path} does not exist.", f"A {kind} is expected there.") from error
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise StoreError(f"{path} is not a readable {kind}: {error}.", "Make it again.") from error
    if found != (kind, schema):
        raise StoreError(
            f"{path} is a {found[0]!r} of schema {found[1]}; this version reads a {kind!r} of schema {schema}.",
            "Point at the right folder, or make the artefact again with this version.",
        )
    return data


def write_arrays(path: Path, arrays: Mapping[str, np.ndarray]) -> str:
    """Write named arrays as one safetensors file, atomically; returns its SHA-256."""
    from safetensors.numpy import save

    content = save({name: np.ascontiguousarray(array) for name, array in arrays.items()})
    with atomic_path(path) as temporary:
        temporary.write_bytes(content)
    return hashlib.sha256(content).hexdigest()


def read_arrays(path: Path, sha256: str) -> dict[str, np.ndarray]:
    """The arrays of a safetensors file. Raises `StoreError` when the content is not the one that `sha256` names."""
    from safetensors.numpy import load

    try:
        content = path.read_bytes()
    except OSError as error:
        raise StoreError(f"{path} cannot be read: {error.strerror or error}.", "Make it again.") from error
    if hashlib.sha256(content).hexdigest() != sha256:
        raise StoreError(f"{path} does not hold what its description names.", "It was torn or changed; make it again.")
    return load(content)


def write_table(path: Path, columns: Mapping[str, Any]) -> None:
    """Write one Parquet file atomically."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    with atomic_path(path) as temporary:
        pq.write_table(pa.table(dict(columns)), temporary)


def read_table(path: Path) -> dict[str, list[Any]]:
    """The columns of a Parquet file. Raises `StoreError` when it is missing or broken."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        return pq.read_table(path).to_pydict()
    except (OSError, pa.ArrowException) as error:
        raise StoreError(f"The table {path} cannot be read: {error}.", "Make it again.") from error


def file_sha256(path: Path) -> str:
    """SHA-256 of a file's content."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()
