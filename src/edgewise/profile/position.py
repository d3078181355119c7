"""What a worker is at, kept in memory that outlives it: when a native crash ends it, its parent reads what it was.

A note costs less than a microsecond and is never taken inside a timed region.
"""

import mmap
import os
import struct
import tempfile
from dataclasses import dataclass
from enum import IntEnum

_HEADER = struct.Struct("<QHhH")  # notes so far, Doing, model, bytes of the image's name
_BYTES = 8192  # a name longer than the rest could not have been opened: PATH_MAX is 4,096


class Doing(IntEnum):
    """The kinds of work in which foreign code runs, and everything else."""

    OTHER = 0
    LOADING = 1  # a model
    READING = 2  # an image: its file, its pixels, its features
    RUNNING = 3  # a model on an image


@dataclass(frozen=True)
class At:
    """One moment of a worker."""

    notes: int  # how often the worker has noted something: it stands still while one piece of work goes on
    doing: Doing
    model: int  # its number in the zoo; -1 = none
    image: str  # empty where latency is measured


class Position:
    """The shared memory; `note` in the worker, `read` in its parent."""

    def __init__(self, descriptor: int) -> None:
        self._memory = mmap.mmap(descriptor, _BYTES)
        self._notes, _, _, self._image_bytes = _HEADER.unpack_from(self._memory)

    def image(self, name: str) -> None:
        """Note the image that all that follows is about; empty = none."""
        encoded = name.encode("utf-8", "surrogateescape")[: _BYTES - _HEADER.size]
        self.note(Doing.OTHER)
        self._memory[_HEADER.size : _HEADER.size + len(encoded)] = encoded
        self._image_bytes = len(encoded)
        self.note(Doing.OTHER)

    def note(self, doing: Doing, model: int = -1) -> None:
        """Note what begins now."""
        self._notes += 1
        _HEADER.pack_into(self._memory, 0, self._notes, doing, model, self._image_bytes)

    def read(self) -> At:
        """What was noted last."""
        notes, doing, model, length = _HEADER.unpack_from(self._memory)
        name = self._memory[_HEADER.size : _HEADER.size + length].decode("utf-8", "surrogateescape")
        return At(notes, Doing(doing), model, name)

    def close(self) -> None:
        """Give the memory back."""
        self._memory.close()


def shared_memory() -> int:
    """The descriptor of memory for a `Position`, which a child process can inherit. It has no name in any folder."""
    if hasattr(os, "memfd_create"):
        descriptor = os.memfd_create("edgewise-position")
    else:
        with tempfile.TemporaryFile() as unnamed:
            descriptor = os.dup(unnamed.fileno())
    try:
        os.truncate(descriptor, _BYTES)
    except OSError:
        os.close(descriptor)
        raise
    return descriptor
