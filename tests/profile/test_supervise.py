"""Workers: how they end, and that none is left behind."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from edgewise.errors import DataError
from edgewise.profile.plan import Settings
from edgewise.profile.position import At, Doing
from edgewise.profile.supervise import Death, Worker
from tests.crashing import decoder_that_crashes


def gone(pid: int) -> bool:
    """Whether a process has ended; init may not have collected it yet."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z"
    except (FileNotFoundError, ProcessLookupError):
        return True


def wait_until_gone(pid: int) -> None:
    deadline = time.monotonic() + 30
    while not gone(pid):
        assert time.monotonic() < deadline
        time.sleep(0.01)


def test_a_worker_that_gets_no_order_leaves_with_its_context() -> None:
    with Worker() as worker:
        pid = worker.pid
        assert not gone(pid)
    assert gone(pid)
    worker.end()


_PARENT = """
import time
from edgewise.profile.supervise import Worker
worker = Worker()
print(worker.pid, flush=True)
time.sleep(99)
"""


def test_a_worker_ends_with_its_killed_parent() -> None:
    parent = subprocess.Popen([sys.executable, "-c", _PARENT], stdout=subprocess.PIPE, text=True)
    assert parent.stdout is not None
    pid = int(parent.stdout.readline())
    assert not gone(pid)
    os.kill(parent.pid, signal.SIGKILL)
    parent.communicate()
    wait_until_gone(pid)


def test_a_worker_that_is_killed_is_told_from_one_that_is_done(tmp_path: Path, drawn_folder: Path) -> None:
    with Worker() as worker:
        worker.order(Settings(("tiny:xs",), drawn_folder, tmp_path / "out"))
        for kind, *_ in worker.messages(60):
            if kind == "zoo":
                os.kill(worker.pid, signal.SIGKILL)
        assert worker.death().exit_code == -signal.SIGKILL
        assert worker.death().from_outside


def test_what_takes_too_long_is_ended(tmp_path: Path, drawn_folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    victim = sorted(drawn_folder.rglob("*.png"))[3]
    environment = decoder_that_crashes(tmp_path / "site", victim, "too long")
    monkeypatch.setenv("PYTHONPATH", environment["PYTHONPATH"])
    with Worker() as worker:
        worker.order(Settings(("tiny:xs",), drawn_folder, tmp_path / "out"))
        assert "done" not in [kind for kind, *_ in worker.messages(0.6)]
        death = worker.death()
    assert death.timed_out
    assert not death.from_outside
    assert (death.at.doing, death.at.image) == (Doing.READING, victim.relative_to(drawn_folder).as_posix())
    assert death.how == "took too long"


@pytest.mark.parametrize(
    ("code", "how", "from_outside"),
    [
        (-signal.SIGSEGV, "crashed (SIGSEGV)", False),
        (-signal.SIGABRT, "crashed (SIGABRT)", False),
        (-signal.SIGKILL, "was killed (SIGKILL), as when memory runs out", True),
        (-signal.SIGTERM, "was killed (SIGTERM)", True),
        (7, "ended the process (exit code 7)", False),
    ],
)
def test_deaths_are_told_in_words(code: int, how: str, from_outside: bool) -> None:
    death = Death(At(1, Doing.RUNNING, 0, "a.png"), code, False, "")
    assert (death.how, death.from_outside) == (how, from_outside)


@pytest.mark.parametrize(
    ("said", "words"),
    [
        ("", "it said nothing"),
        ("Traceback ...\nModuleNotFoundError: No module named 'x'\n", "ModuleNotFoundError: No module named 'x'"),
        ("loading\nFatal Python error: Aborted\n\nThread 1\nExtension modules: a, b", "Fatal Python error: Aborted"),
    ],
)
def test_the_last_words_tell_most(said: str, words: str) -> None:
    assert Death(At(1, Doing.OTHER, 0, ""), 1, False, said).last_words == words


def test_no_process_to_be_had(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "executable", "/no/python")
    with pytest.raises(DataError, match="No process can be started"):
        Worker()
