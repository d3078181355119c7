"""The most memory that a process had resident at once. Read from the system: nothing is sampled, nothing slips by."""

import ctypes
import re
import resource
import sys
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, Self

_STATUS, _FORGET = Path("/proc/self/status"), Path("/proc/self/clear_refs")
_FORGET_PEAK = "5"


@dataclass(frozen=True)
class PeakMemory:
    """What is measured, from `begin` on.

    Linux keeps a high-water mark (VmHWM) and forgets the one so far when asked to, for the whole process: of two that
    were begun, the later one counts. Where it does not, the figure is of the process's whole life; elsewhere than on
    Linux it is `ru_maxrss`, which is too.
    """

    of: Literal["run", "process"]

    @classmethod
    def begin(cls) -> Self:
        """Forget what was before, where that can be."""
        try:
            _FORGET.write_text(_FORGET_PEAK)
        except OSError:
            return cls("process")
        return cls("run" if _high_water_bytes() is not None else "process")

    @property
    def bytes(self) -> int:
        """Until now; pages that are shared with other processes count."""
        known = _high_water_bytes()
        if known is not None:
            return known
        unit = 1 if sys.platform == "darwin" else 1024
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit


def give_back_freed() -> None:
    """Give memory that is free already back to the system: glibc keeps hundreds of MB of what tensors left."""
    with suppress(AttributeError, OSError, TypeError):  # another C library, another system
        ctypes.CDLL(None).malloc_trim(0)


def _high_water_bytes() -> int | None:
    # Not ru_maxrss, which a program on Linux takes over from the one that started it.
    try:
        found = re.search(r"^VmHWM:\s+(\d+) kB$", _STATUS.read_text(), re.MULTILINE)
    except OSError:
        return None
    return 1024 * int(found[1]) if found else None
