"""A device that is killed at any moment of the story, with the real pruning process: it goes on where it was."""

import random
import shutil
import subprocess
import sys
import time
from pathlib import Path

import pytest

from edgewise.personal.state import DeviceState
from edgewise.personal.user_tails import UserTails
from tests.personal.states import ROOT

pytestmark = [pytest.mark.torch, pytest.mark.slow]
_PATIENCE_S = 300
_SERVICE = """
import sys, time
from dataclasses import replace
from pathlib import Path
from tests.personal.learned import ANNA, BERT, QUICK, served

users = [ANNA, BERT, (3, 6, 8), (9, 1, 2), (4, 5, 6), (7, 8, 0), (3, 9, 4), (1, 6, 5)]
decisions = int(sys.argv[2])
with served(Path(sys.argv[1]), replace(QUICK, max_drop_points=5.0, target_speedups=(1.1,))) as device:
    print("alive", flush=True)
    learner = device.learner()
    print("taken up", flush=True)
    phase = ""
    count = lambda *kinds: sum(kind in kinds for kind in device.kinds())
    while count("swapped", "turned down") < decisions:
        if learner.session.phase != phase:
            phase = learner.session.phase
            print("phase", phase, flush=True)
        gone = count("alarm", "turned down") + (learner.session.served >= 60)
        device.give(learner, users[min(gone, len(users) - 1)])
        if learner.making.pid:
            print("pruner", learner.making.pid, flush=True)
            time.sleep(0.2)  # leave the machine to the pruning process
    print("done", learner.session.phase, flush=True)
    learner.close()
"""


def _start(folder: Path, said: Path, decisions: int) -> subprocess.Popen[str]:
    command = [sys.executable, "-c", _SERVICE, str(folder), str(decisions)]
    with said.open("w") as output:
        return subprocess.Popen(command, cwd=ROOT, text=True, stdout=output, stderr=subprocess.STDOUT)


@pytest.mark.parametrize(("kills", "decisions"), [(5, 1), pytest.param(50, 8, marks=pytest.mark.long)])
def test_a_device_that_is_killed_goes_on(opened_once: Path, tmp_path: Path, kills: int, decisions: int) -> None:
    """Users come one after the other; the story ends with so many networks let in or turned down."""
    folder = Path(shutil.copytree(opened_once, tmp_path / "device"))
    generic, chance, before, said = _fingerprint(folder), random.Random(0), [], ""
    for kill in range(kills + 1):
        log = tmp_path / f"said-{kill}"
        service = _start(folder, log, decisions)
        if kill < kills:
            _kill_at_some_moment(service, log, chance, further=kill % 3 == 2)
        else:
            service.wait(timeout=1800)
        said = log.read_text()
        assert "Traceback" not in said, said
        for line in said.splitlines():
            if line.startswith("pruner"):
                assert _ended(int(line.split()[1]))
        before = _see_all_whole(folder, generic, before)
        if "done" in said:
            break
    assert kill > kills - 3, "it was killed often enough"
    assert said.splitlines()[-1].startswith("done"), said[-500:]
    # A network this small is hardly quicker when cut; on a busy machine it may rightly be turned down.
    assert sum(before.count(kind) for kind in ("swapped", "turned down")) == decisions
    assert "failed" not in before


def _kill_at_some_moment(service: subprocess.Popen[str], log: Path, chance: random.Random, *, further: bool) -> None:
    """While it takes up its user, soon after that, or when it has come `further`, into another phase."""
    mark, many = ("phase", 2) if further else chance.choice([("alive", 1), ("phase", 1)])
    deadline = time.monotonic() + _PATIENCE_S
    while log.read_text().count(mark) < many and service.poll() is None and time.monotonic() < deadline:
        time.sleep(0.01)
    time.sleep(chance.uniform(0, 0.3))
    service.kill()
    service.wait()


def _ended(pid: int) -> bool:
    for _ in range(100):
        try:
            if Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] in ("Z", "X"):
                return True
        except FileNotFoundError:
            return True
        time.sleep(0.02)
    return False


def _fingerprint(folder: Path) -> str:
    from edgewise.personal.generic import FOLDER, GenericParts

    return GenericParts.read(folder / FOLDER).fingerprint


def _see_all_whole(folder: Path, generic: str, before: list[str]) -> list[str]:
    """The kinds of all events, which only grow in number."""
    with DeviceState.open(folder, generic) as state:
        assert state.moved_aside is None
        kinds = [event.kind for event in state.events(limit=10_000)]
        assert kinds[: len(before)] == before
        if "anna" not in state.users():
            return kinds
        kept, serving = state.session("anna")
        networks = {network.name: network for network in state.networks("anna")}
        assert serving == (kept["session"]["serving"] if kept else None)
        if serving is not None:
            assert not networks[serving].retired
            assert UserTails.read(folder / networks[serving].folder).name == serving
        assert len(networks) == kinds.count("made")
    return kinds
