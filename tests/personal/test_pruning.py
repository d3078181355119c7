"""The real process that makes a user's network: heard, stopped, killed."""

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from edgewise.errors import DataError
from edgewise.personal import pruning as module
from edgewise.personal.generic import FOLDER
from edgewise.personal.job import JOB
from edgewise.personal.pruning import Ended, Progressed, Pruning
from edgewise.personal.user_tails import RECORD

pytestmark = pytest.mark.torch
ROOT = Path(__file__).parents[2]
_PATIENCE_S = 300


@pytest.fixture
def job(job_once: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(job_once, tmp_path / "job"))


@pytest.fixture
def started(job: Path, opened_once: Path, tmp_path: Path) -> Iterator[Pruning]:
    """One at work, in `tmp_path`; it must leave nothing running."""
    pruning = Pruning(job, opened_once / FOLDER, tmp_path / "out", niceness=0)
    yield pruning
    pruning.stop()
    assert not _runs(pruning.pid)


def _change(job: Path, **changed: object) -> None:
    stored = json.loads((job / JOB).read_text())
    stored["data"] |= changed
    (job / JOB).write_text(json.dumps(stored))


def _runs(pid: int) -> bool:
    """Whether a process is there and is more than its exit code."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] not in ("Z", "X")
    except FileNotFoundError:
        return False


def _hear(pruning: Pruning, until: type = Ended) -> list[Progressed | Ended]:
    """All news up to one of a kind."""
    heard: list[Progressed | Ended] = []
    deadline = time.monotonic() + _PATIENCE_S
    while time.monotonic() < deadline:
        heard += pruning.news()
        if any(isinstance(one, until) for one in heard):
            return heard
        time.sleep(0.05)
    raise AssertionError(f"nothing but {heard} was heard")


def _end(pruning: Pruning) -> Ended:
    """The end, which must come once and last."""
    *before, last = _hear(pruning)
    assert isinstance(last, Ended)
    assert not any(isinstance(one, Ended) for one in before)
    time.sleep(0.2)
    assert pruning.news() == []
    return last


@pytest.mark.parametrize(
    ("changed", "problem"),
    [
        ({"collected_sha256": "0" * 64}, "collected.safetensors"),
        ({"classes": "all"}, "job.json: classes"),
    ],
)
def test_a_job_that_cannot_be_done_is_a_problem_in_words(
    job: Path, opened_once: Path, tmp_path: Path, changed: dict[str, object], problem: str
) -> None:
    _change(job, **changed)
    pruning = Pruning(job, opened_once / FOLDER, tmp_path / "out", niceness=0)
    assert problem in _end(pruning).problem
    assert not (tmp_path / "out" / RECORD).exists()
    assert not _runs(pruning.pid)


@pytest.mark.slow
@pytest.mark.long  # a service makes one in tests/cli/test_live.py
def test_a_network_is_made_and_progress_is_heard(job: Path, tmp_path: Path, started: Pruning) -> None:
    *before, last = _hear(started)
    assert last == Ended("")
    assert before
    for one in before:
        assert isinstance(one, Progressed)
        assert 0 <= one.done <= one.total
        assert one.what
    assert (tmp_path / "out" / RECORD).is_file()
    assert not _runs(started.pid)
    assert not list(job.rglob("*.onnx")), "it tidies up"


@pytest.mark.slow
def test_a_speed_that_cannot_be_reached_is_a_problem_in_words(job: Path, opened_once: Path, tmp_path: Path) -> None:
    _change(job, target_speedups=[50.0])
    problem = _end(Pruning(job, opened_once / FOLDER, tmp_path / "out", niceness=0)).problem
    assert "The target, 2% of the layers' time, cannot be met" in problem
    assert "Traceback" not in problem
    assert not (tmp_path / "out" / RECORD).exists()


@pytest.mark.parametrize("memory_mb", [1, 64])
def test_one_that_may_not_hold_enough_says_so(job: Path, opened_once: Path, tmp_path: Path, memory_mb: float) -> None:
    problem = _end(Pruning(job, opened_once / FOLDER, tmp_path / "out", niceness=0, memory_mb=memory_mb)).problem
    assert "enough memory" in problem
    assert f"{memory_mb} MB are allowed" in problem
    assert not (tmp_path / "out" / RECORD).exists()


@pytest.mark.slow
def test_one_that_is_killed_amid_its_work_says_so(tmp_path: Path, started: Pruning) -> None:
    _hear(started, Progressed)
    os.kill(started.pid, signal.SIGKILL)
    assert _end(started).problem == "The pruning process was killed (SIGKILL), as when memory runs out."
    assert not (tmp_path / "out" / RECORD).exists()


def test_one_that_is_stopped_leaves_nothing_running(started: Pruning) -> None:
    assert _runs(started.pid)
    started.stop()
    assert not _runs(started.pid)
    started.stop()
    assert isinstance(started.news()[-1], Ended)


_PARENT = """
import sys, time
from pathlib import Path
from edgewise.personal.pruning import Pruning
pruning = Pruning(*map(Path, sys.argv[1:]), niceness=0)
print(pruning.pid, flush=True)
time.sleep(600)
"""


def test_it_ends_with_the_process_that_started_it(job: Path, opened_once: Path, tmp_path: Path) -> None:
    command = [sys.executable, "-c", _PARENT, str(job), str(opened_once / FOLDER), str(tmp_path / "out")]
    parent = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=ROOT)
    assert parent.stdout is not None
    pid = int(parent.stdout.readline())
    assert _runs(pid)
    time.sleep(1)
    parent.kill()
    parent.communicate()
    for _ in range(100):
        if not _runs(pid):
            break
        time.sleep(0.05)
    assert not _runs(pid)


def test_a_process_that_ends_without_a_word(
    job: Path, opened_once: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "executable", shutil.which("false"))
    assert _end(Pruning(job, opened_once, tmp_path)).problem == "The pruning process ended with 1: it said nothing"
    monkeypatch.setattr(sys, "executable", shutil.which("ls"))
    assert _end(Pruning(job, opened_once, tmp_path)).problem.startswith("The pruning process ended with 2: ")


def test_a_process_that_cannot_be_started(job: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = len(list(Path("/proc/self/fd").iterdir()))
    with monkeypatch.context() as patched:
        patched.setattr(sys, "executable", str(tmp_path / "nothing"))
        with pytest.raises(DataError, match="cannot be started: No such file"):
            Pruning(job, tmp_path, tmp_path)

    def refuse() -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(module, "TemporaryFile", refuse)
    with pytest.raises(DataError, match="cannot be started: No space"):
        Pruning(job, tmp_path, tmp_path)
    assert len(list(Path("/proc/self/fd").iterdir())) == before, "nothing stays open"
