"""Work that workers of another process import."""

import os
import signal
import time
from pathlib import Path

from edgewise.errors import ImageError
from edgewise.executors.node import node_name


def square(number: int) -> int:
    return number * number


def process(_: int) -> int:
    time.sleep(0.05)
    return os.getpid()


def node(seconds: float) -> str:
    time.sleep(seconds)
    return node_name()


def die_once(marker: Path | str) -> str:
    """Killed at its first try, done at its second."""
    marker = Path(marker)
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


def note_and_wait(folder: Path | str | None) -> None:
    """Leaves its process's number, and goes on for long; without a folder it is done at once."""
    if folder is None:
        return
    (Path(folder) / str(os.getpid())).touch()
    time.sleep(600)


def note_and_wait_for_a_word(folder: str) -> int:
    """Leaves its process's number, and is done when there is a file `word`."""
    (Path(folder) / str(os.getpid())).touch()
    while not (Path(folder) / "word").exists():
        time.sleep(0.05)
    return os.getpid()
