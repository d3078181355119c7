"""What a worker is at survives it."""

import os
import signal
import subprocess
import sys

import pytest

from edgewise.profile.position import At, Doing, Position, shared_memory


def test_the_other_side_reads_what_was_noted() -> None:
    descriptor = shared_memory()
    here, there = Position(descriptor), Position(descriptor)
    assert there.read() == At(0, Doing.OTHER, 0, "")
    here.note(Doing.LOADING, 3)
    assert (there.read().doing, there.read().model, there.read().image) == (Doing.LOADING, 3, "")
    here.image("tree/ü 1.png")
    here.note(Doing.RUNNING, 2)
    at = there.read()
    assert (at.doing, at.model, at.image) == (Doing.RUNNING, 2, "tree/ü 1.png")
    here.note(Doing.OTHER)
    assert there.read().notes == at.notes + 1


@pytest.mark.parametrize("name", ["a" * 4096, "\udcff.png", "", "x" * 100_000])
def test_names_of_any_kind(name: str) -> None:
    descriptor = shared_memory()
    Position(descriptor).image(name)
    read = Position(descriptor).read().image
    assert read == name or (len(read) > 4096 and name.startswith(read))


def test_it_outlives_a_killed_process() -> None:
    descriptor = shared_memory()
    code = (
        "import os, sys; from edgewise.profile.position import Doing, Position; p = Position(int(sys.argv[1]));"
        "p.image('car/001.png'); p.note(Doing.READING); os.abort()"
    )
    done = subprocess.run([sys.executable, "-c", code, str(descriptor)], pass_fds=(descriptor,), check=False)
    assert done.returncode == -signal.SIGABRT
    at = Position(descriptor).read()
    assert (at.doing, at.image) == (Doing.READING, "car/001.png")
    os.close(descriptor)
