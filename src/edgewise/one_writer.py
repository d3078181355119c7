"""One writer at a time in a folder that long work is kept in."""

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from edgewise.errors import StoreError
from edgewise.store import cannot_write

LOCK = ".lock"


@contextmanager
def one_writer(folder: Path, command: str) -> Iterator[None]:
    """Be the one writer of a folder, which is made if need be, while the block lasts; `command`: what writes there.

    The lock is the system's: it ends with its process, however that ends. Raises `StoreError` when another process is
    writing there, or the folder cannot be written.
    """
    from filelock import FileLock, Timeout

    lock = FileLock(folder / LOCK, timeout=0)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        lock.acquire()
    except Timeout as error:
        raise StoreError(f"Another {command} is writing to {folder}.", "Wait, or choose another --out.") from error
    except (OSError, NotImplementedError) as error:
        raise cannot_write(folder, error if isinstance(error, OSError) else OSError(str(error))) from error
    try:
        yield
    finally:
        with suppress(OSError):  # still locked, so that nobody takes a lock file that is about to go
            (folder / LOCK).unlink()
        lock.release()
