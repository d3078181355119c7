"""The high-water mark of memory, as Linux keeps it and where it does not."""

import resource
from pathlib import Path

import numpy as np
import pytest

from edgewise.prune import peak_memory
from edgewise.prune.peak_memory import PeakMemory

MIB = 2**20


def test_it_counts_from_where_it_begins() -> None:
    held = np.ones(16 * MIB)  # 128 MiB
    del held
    peak = PeakMemory.begin()
    began = peak.bytes
    assert began > 5 * MIB
    held = np.ones(16 * MIB)
    del held
    if peak.of == "run":
        assert peak.bytes - began > 64 * MIB


def test_where_nothing_can_be_forgotten_it_is_the_process(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(peak_memory, "_FORGET", tmp_path / "no such folder" / "clear_refs")
    assert PeakMemory.begin().of == "process"
    monkeypatch.setattr(peak_memory, "_STATUS", tmp_path / "status")
    assert 0 < PeakMemory.begin().bytes <= resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


def _no_library(name: object) -> None:
    raise TypeError(name)


@pytest.mark.parametrize("library", [_no_library, lambda _: object()], ids=["Windows", "another C library"])
def test_where_memory_cannot_be_given_back_it_is_kept(library, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(peak_memory.ctypes, "CDLL", library)
    peak_memory.give_back_freed()  # and raises nothing
