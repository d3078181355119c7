"""Jobs on a real Ray cluster of three nodes: lost workers and nodes lose nothing, errors name their node."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from edgewise.errors import DataError, MissingExtra, UsageError
from edgewise.executors.executor import open_executor
from tests.conftest import ROOT
from tests.ray_cluster import Cluster, ray_cluster

pytestmark = pytest.mark.ray

_DRIVE = """
import json, sys
from edgewise.errors import EdgewiseError
from edgewise.executors.executor import open_executor
from tests.executors import jobs
address, name, given = sys.argv[1:]
try:
    with open_executor("ray", address=address) as executor:
        print(json.dumps(sorted(executor.run(getattr(jobs, name), json.loads(given)))))
except EdgewiseError as error:
    print(json.dumps([type(error).__name__, error.message]))
"""


@pytest.fixture(scope="module")
def cluster() -> Iterator[Cluster]:
    with ray_cluster(3) as running:
        yield running


def start(cluster: Cluster, name: str, given: Sequence[object]) -> subprocess.Popen[str]:
    command = [sys.executable, "-c", _DRIVE, cluster.address, name, json.dumps(given)]
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    return subprocess.Popen(command, env=cluster.environment, cwd=ROOT, text=True, **pipes)


def drive(cluster: Cluster, name: str, given: Sequence[object]) -> list[object]:
    return answer(start(cluster, name, given))


def answer(driver: subprocess.Popen[str]) -> list[object]:
    stdout, stderr = driver.communicate(timeout=600)
    assert stdout, stderr
    return json.loads(stdout)


@pytest.mark.slow
@pytest.mark.long
class TestOnACluster:
    def test_each_job_is_answered_once_and_by_every_node(self, cluster: Cluster) -> None:
        assert drive(cluster, "square", list(range(30))) == [[n, n * n] for n in range(30)]
        nodes = {node for _, node in drive(cluster, "node", [0.2] * 30)}  # type: ignore[misc]
        assert len(nodes) == 3

    def test_the_job_of_a_killed_worker_is_done_again(self, cluster: Cluster, tmp_path: Path) -> None:
        markers = [str(tmp_path / name) for name in "abc"]
        assert drive(cluster, "die_once", markers) == [[0, "a"], [1, "b"], [2, "c"]]
        kind, message = drive(cluster, "die", [0, 1, 2])
        assert kind == "WorkerLost"
        assert "Job 1 was begun 3 times" in str(message)

    def test_errors_name_their_node(self, cluster: Cluster) -> None:
        kind, message = drive(cluster, "refuse", [0, 1, 2])
        assert kind == "ImageError"
        assert str(message).startswith("On node ")
        assert str(message).endswith(": a.jpg: is no image")

    def test_the_jobs_of_a_killed_node_are_done_again(self, cluster: Cluster, tmp_path: Path) -> None:
        """Every job but those of the killed node waits for a word, so that it must be begun again elsewhere."""
        victim = cluster.nodes[2]
        driver = start(cluster, "note_and_wait_for_a_word", [str(tmp_path)] * 6)
        deadline = time.monotonic() + 300
        while not {int(path.name) for path in tmp_path.iterdir() if path.name.isdigit()} & set(victim.pids):
            assert time.monotonic() < deadline
            time.sleep(0.1)
        doomed = {int(path.name) for path in tmp_path.iterdir()} & set(victim.pids)
        victim.kill()
        (tmp_path / "word").touch()
        found = answer(driver)
        assert [number for number, _ in found] == list(range(6))
        assert not doomed & {pid for _, pid in found}

    def test_nothing_is_left_in_the_home_of_nodes_and_driver(self, cluster: Cluster) -> None:
        assert drive(cluster, "square", [3]) == [[0, 9]]
        assert [path for path in Path(cluster.environment["HOME"]).rglob("*") if path.is_file()] == []

    def test_a_killed_driver_leaves_no_job_behind(self, cluster: Cluster, tmp_path: Path) -> None:
        driver = start(cluster, "note_and_wait", [str(tmp_path)] * 2)
        deadline = time.monotonic() + 300
        while not list(tmp_path.iterdir()):
            assert time.monotonic() < deadline
            time.sleep(0.1)
        os.kill(driver.pid, signal.SIGKILL)
        driver.communicate()
        while any(Path("/proc", path.name).exists() for path in tmp_path.iterdir()):
            assert time.monotonic() < deadline
            time.sleep(0.1)


@pytest.mark.parametrize("address", ["nowhere", "127.0.0.1:", "ray://127.0.0.1:10001", "127.0.0.1:99999"])
def test_what_is_no_address(address: str) -> None:
    with pytest.raises(UsageError, match="no address of a Ray cluster"), open_executor("ray", address=address):
        pass


def test_without_ray(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "ray", None)
    monkeypatch.delenv("RAY_ADDRESS", raising=False)
    with pytest.raises(MissingExtra, match=r"--executor ray needs the optional extra \[ray\]"), open_executor("ray"):
        pass


def test_nobody_answers() -> None:
    with (
        pytest.raises(DataError, match=r"No Ray cluster answers at 127.0.0.1:9: .*refused"),
        open_executor("ray", address="127.0.0.1:9"),
    ):
        pass
