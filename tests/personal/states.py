"""What the tests of the device's memory share: things to remember, and processes that remember them."""

import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from edgewise.personal.remembered import Feedback, Observation, StoredNetwork
from edgewise.personal.state import DeviceState
from edgewise.personal.state_file import FILE

ROOT = Path(__file__).parents[2]
GENERIC = "a1b2"
_OPENED = """
import sys
from pathlib import Path
from edgewise.personal.state import DeviceState
from tests.personal.states import GENERIC, feedback, network, observation
folder = Path(sys.argv[1])
"""


def observation(label: str | None = "tabby", many: int = 3) -> Observation:
    """An answer with `many` classes that the generic network held likely."""
    classes = np.arange(many, dtype=np.uint16)
    return Observation(1.5, label, 0.75, "small", 12.25, 0.5, classes, np.full(many, 0.25, np.float16))


def feedback(answer_id: str, truth: int = 7, model: str = "small") -> Feedback:
    """What the owner says of an answer that was 7."""
    return Feedback(answer_id, 2.5, model, 7, None, truth)


def network(name: str, folder: str = "") -> StoredNetwork:
    """A network that was made for a user."""
    return StoredNetwork(name, folder or f"users/anna/{name}", (7, 281), 2.5, {"speed": 3.5})


ROWS = 300
SERVICE = f"""
with DeviceState.open(folder, GENERIC) as state:
    state.add_user("anna")
    for step in range({ROWS}):
        state.record("anna", observation(f"label {{step}}"))
    print("mine", flush=True)
    sys.stdin.read()
"""


def fill(folder: Path) -> Path:
    """Make a state folder in which Anna is known by 300 answers, and which holds something else too."""
    with DeviceState.open(folder, GENERIC) as state:
        state.add_user("anna")
        for step in range(ROWS):
            state.record("anna", observation(f"label {step}"))
        state.transition("anna", {"step": 1}, "a", [("learned", "x", {})], [network("a")])
    (folder / "weights.safetensors").write_text("precious")
    (folder / "state-notes.txt").write_text("precious")
    return folder


def start(
    script: str, *arguments: str | Path, before: Sequence[str | Path] = (), **options: Any
) -> subprocess.Popen[str]:
    """A process that runs `script` after the imports of above, `folder` its first argument; `before` = what runs it."""
    command = [*map(str, before), sys.executable, "-c", _OPENED + script, *map(str, arguments)]
    options = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, **options}
    return subprocess.Popen(command, cwd=ROOT, text=True, **options)


def run(script: str, *arguments: str | Path, **options: Any) -> str:
    """What such a process prints, which must end well."""
    process = start(script, *arguments, **options)
    printed, _ = process.communicate(timeout=120)
    assert process.returncode == 0, printed
    return printed


def heard(process: subprocess.Popen[str]) -> str:
    """The next line of a process."""
    assert process.stdout is not None
    return process.stdout.readline().strip()


def end(process: subprocess.Popen[str]) -> None:
    """Kill a process by a signal that it cannot heed."""
    process.kill()
    process.communicate()


_HOLDER = """
import sqlite3, time
connection = sqlite3.connect(folder / "state.sqlite", isolation_level=None)
for statement in sys.argv[3:]:
    connection.execute(statement).fetchall()
print("held", flush=True)
time.sleep(float(sys.argv[2]))
"""


@contextmanager
def held(folder: Path, *statements: str, seconds: float = 100.0) -> Iterator[None]:
    """While another program has given the file these statements."""
    holder = start(_HOLDER, folder, str(seconds), *statements)
    try:
        assert heard(holder) == "held"
        yield
    finally:
        end(holder)


@contextmanager
def small_disk(folder: Path) -> Iterator[Path]:
    """A file system of 16 MiB in `folder`, of which a file `ballast` takes 14; skips where none can be mounted."""
    folder.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", "size=16m", "tmpfs", folder]
    if subprocess.run(command, capture_output=True, check=False).returncode:
        pytest.skip("file systems cannot be mounted here")
    try:
        (folder / "ballast").write_bytes(bytes(14 << 20))
        yield folder
    finally:
        subprocess.run(["umount", folder], check=True)


def contents(folder: Path) -> dict[str, bytes]:
    """Every file in a folder but the lock."""
    return {path.name: path.read_bytes() for path in folder.iterdir() if path.is_file() and path.suffix != ".lock"}


def kept_bytes(folder: Path) -> bytes:
    """All that the state file and what SQLite keeps beside it hold."""
    return b"".join(content for name, content in sorted(contents(folder).items()) if name.startswith(FILE))
