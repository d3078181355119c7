"""The folder that a profile is made in: what may be in it, and one writer at a time."""

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal

from edgewise.errors import StoreError
from edgewise.profile.failures import FAILURES
from edgewise.profile.manifest import EMBEDDINGS, LOGITS, MANIFEST
from edgewise.profile.plan import PLAN
from edgewise.restore import restore
from edgewise.store import PART, cannot_write, read_json, remove_parts, write_json

State = Literal["new", "unfinished", "finished"]
SHARDS = "shards"
_LOCK, _WRITER = ".lock", ".writer.json"
_WRITER_KIND, _WRITER_SCHEMA = "profile-writer", 1


@dataclass(frozen=True)
class _Writer:
    """Who is writing to a folder."""

    pid: int
    since: str  # UTC


def look(out: Path) -> State:
    """What is in a folder. Raises `StoreError` for a file, a folder with other files, or one that cannot be read."""
    try:
        names = {name for name in os.listdir(out) if not _is_left_over(name)}  # noqa: PTH208 - raises on the spot
    except FileNotFoundError:
        return "new"
    except OSError as error:
        if isinstance(error, NotADirectoryError) and os.path.isfile(out):  # noqa: PTH113 - never raises
            raise StoreError(f"{out} is a file.", "Choose an empty or a new folder for --out.") from error
        raise cannot_write(out, error) from error
    if PLAN in names:
        return "finished" if MANIFEST in names else "unfinished"
    if names:
        raise StoreError(f"{out} holds other files.", "Choose an empty or a new folder for --out.")
    return "new"


def _is_left_over(name: str) -> bool:
    """Whether a file is one that a killed run leaves in a folder that it had not properly started."""
    return name in (_LOCK, _WRITER, FAILURES) or (name.startswith(".") and name.endswith(PART))


def shard_file(out: Path, number: int) -> Path:
    """Where the shard of a number lies until the profile is finished."""
    return out / SHARDS / f"{number:06d}.safetensors"


@contextmanager
def writing(out: Path) -> Iterator[None]:
    """Be the one writer of a folder, which is made if need be, and goes again if nothing comes to be in it.

    The lock is the system's: it ends with its process, however that ends. What killed writers left half written is
    removed. Raises `StoreError` when another process is writing there, or the folder cannot be written.
    """
    from filelock import FileLock, Timeout

    made = _make(out)
    lock = FileLock(out / _LOCK, timeout=0)
    try:
        lock.acquire()
    except Timeout as error:
        raise _taken(out) from error
    except (OSError, NotImplementedError) as error:
        _remove_if_empty(made)
        raise cannot_write(out, error if isinstance(error, OSError) else OSError(str(error))) from error
    try:
        _tidy(out)
        writer = _Writer(os.getpid(), datetime.now(UTC).isoformat(timespec="seconds"))
        write_json(out / _WRITER, _WRITER_KIND, _WRITER_SCHEMA, asdict(writer))
        yield
    finally:
        with suppress(StoreError):
            _tidy(out)
        for name in (_WRITER, _LOCK):  # still locked, so that nobody takes a lock file that is about to go
            with suppress(OSError):
                (out / name).unlink()
        lock.release()
        _remove_if_empty(made)


def _make(out: Path) -> list[Path]:
    """Make a folder; gives it and the parents that had to be made, deepest first."""
    missing: list[Path] = []
    try:
        for path in (out, *out.parents):
            if os.path.lexists(path):
                break
            missing.append(path)
        out.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        _remove_if_empty(missing)
        raise cannot_write(out, error) from error
    return missing


def _tidy(out: Path) -> None:
    for folder in (out, out / SHARDS, out / LOGITS, out / EMBEDDINGS):
        remove_parts(folder)
    if not (out / PLAN).exists():  # nothing was computed yet, so whatever failed may be tried again
        with suppress(OSError):
            (out / FAILURES).unlink()


def _remove_if_empty(folders: list[Path]) -> None:
    for folder in folders:
        try:
            folder.rmdir()
        except OSError:
            return


def _taken(out: Path) -> StoreError:
    try:
        path = out / _WRITER
        writer = restore(_Writer, read_json(path, _WRITER_KIND, _WRITER_SCHEMA), path)
        who = f" (pid {writer.pid}, since {writer.since})"
    except StoreError:  # it has only just begun
        who = ""
    return StoreError(
        f"Another edgewise profile{who} is writing to {out}.", "Wait until it ends, or choose another --out."
    )
