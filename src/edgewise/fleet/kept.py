"""Results of blocks on disk, so that a killed run goes on where it stopped."""

import hashlib
import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np

import edgewise
from edgewise.errors import StoreError, UsageError
from edgewise.fleet.play import Rows
from edgewise.one_writer import one_writer
from edgewise.store import read_arrays, read_json, remove_parts, write_arrays, write_json

_MANIFEST, _BLOCKS = "fleet.json", "blocks"
_KIND, _BLOCK_KIND, _SCHEMA = "fleet", "fleet block", 1
_AGAIN = "Delete it and simulate again."


@contextmanager
def keeping(folder: Path, settings: Mapping[str, Any]) -> Iterator["Kept"]:
    """Be a folder's one writer while the block lasts; `settings`: all that the results follow from, as JSON values.

    Raises `UsageError` where another fleet lies there, `StoreError` where it cannot be read or written, or is being
    written.
    """
    with one_writer(folder, "edgewise fleet simulate"):
        yield Kept(folder, {**settings, "edgewise": edgewise.__version__})


class Kept:
    """A folder of one fleet. Nothing half written is ever read: a block counts once its description is there."""

    def __init__(self, folder: Path, settings: Mapping[str, Any]) -> None:
        """As `keeping`, by the one writer."""
        self._folder = folder
        digest = hashlib.sha256(json.dumps(settings, sort_keys=True).encode()).hexdigest()
        path = folder / _MANIFEST
        if path.exists():
            if read_json(path, _KIND, _SCHEMA, _AGAIN).get("digest") != digest:
                raise UsageError(
                    f"{folder} holds another fleet: other users, another calibration, device or edgewise.",
                    "Choose another --out, or give the same options again.",
                )
            remove_parts(folder / _BLOCKS)
        else:
            write_json(path, _KIND, _SCHEMA, {"digest": digest, "terms": settings["terms"]})

    def read(self, first: int, last: int) -> Rows | None:
        """What was kept of a block; None where nothing whole was."""
        name = self._path(first, last)
        try:
            found = read_json(name.with_suffix(".json"), _BLOCK_KIND, _SCHEMA)
            return read_arrays(name.with_suffix(".safetensors"), found["sha256"])
        except (StoreError, KeyError):
            return None

    def write(self, first: int, last: int, rows: Rows) -> None:
        """Keep a block. Raises `StoreError`."""
        name = self._path(first, last)
        flat = {key: np.ascontiguousarray(value) for key, value in rows.items()}
        sha256 = write_arrays(name.with_suffix(".safetensors"), flat)
        write_json(name.with_suffix(".json"), _BLOCK_KIND, _SCHEMA, {"sha256": sha256})

    def _path(self, first: int, last: int) -> Path:
        return self._folder / _BLOCKS / f"{first:09d}-{last:09d}"
