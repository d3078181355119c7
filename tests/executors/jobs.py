"""Work that workers of another process import."""

import os
import signal
import time
from pathlib import Path

from edgewise.errors import ImageError


def square(number: int) -> int:
    return number * number


def process(_: int) -> int:
    time.sleep(0.05)
    return os.getpid()


def die_once(marker: Path) -> str:
    """Killed at its first try, done at its second."""
    try:
        marker.touch(exist_ok=False)
    except FileExistsError:
        return marker.name
    os.kill(os.getpid(), signal.SIGKILL)
    raise AssertionError


def die(number: int) -> int:
    if number == 1:
        os.kill(os.getpid(), signal.SIGKILL)
    return number


def refuse(number: int) -> int:
    if number == 2:
        raise ImageError(Path("a.jpg"), "is no image", "Look at it.")
    return number


def note_and_wait(folder: Path | None) -> None:
    """Leaves its process's number, and goes on for long; without a folder it is done at once."""
    if folder is None:
        return
    (folder / str(os.getpid())).touch()
    time.sleep(600)
