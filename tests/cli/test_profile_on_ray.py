"""`edgewise profile --executor ray` on a real cluster: the tables are those of one process, whoever is killed."""

import json
import os
import random
import shutil
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.cli.test_profile_survives import command, failed, manifest, tables, times_over
from tests.cli_errors import DATA, said
from tests.conftest import ROOT
from tests.crashing import torch_factories
from tests.ray_cluster import Cluster, Node, descendants, ray_cluster

pytestmark = [pytest.mark.ray, pytest.mark.slow]
_SECONDS = 600


@pytest.fixture(scope="module")
def cluster() -> Iterator[Cluster]:
    with ray_cluster(3) as running:
        yield running


@pytest.fixture(scope="module")
def many(tmp_path_factory: pytest.TempPathFactory, drawn_folder: Path) -> Path:
    """So many that there is time to kill what profiles them."""
    return times_over(10, drawn_folder, tmp_path_factory.mktemp("many"))


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory, many: Path) -> Path:
    """The profile that one process of this machine makes."""
    out = tmp_path_factory.mktemp("whole") / "out"
    subprocess.run(command(many, out), check=True, capture_output=True, timeout=_SECONDS)
    return out


def on_ray(cluster: Cluster, data: Path, out: Path, *more: str) -> list[str]:
    return command(data, out, "--executor", "ray", "--address", cluster.address, "--json", *more)


def start(cluster: Cluster, data: Path, out: Path, *more: str) -> subprocess.Popen[str]:
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
    return subprocess.Popen(on_ray(cluster, data, out, *more), env=cluster.environment, cwd=ROOT, **pipes)


def ended(process: subprocess.Popen[str]) -> dict[str, Any]:
    stdout, stderr = process.communicate(timeout=_SECONDS)
    assert process.returncode == 0, stderr
    return json.loads(stdout)


def wait_for(what: Callable[[], object]) -> Any:
    deadline = time.monotonic() + 300
    while not (found := what()):
        assert time.monotonic() < deadline
        time.sleep(0.01)
    return found


def shard_processes(node: Node) -> list[int]:
    """The processes of a node that run models."""
    found: list[int] = []
    for pid in node.pids:
        try:
            words = Path(f"/proc/{pid}/cmdline").read_bytes()
        except OSError:
            continue
        if b"edgewise.profile.shard_worker" in words:
            found.append(pid)
    return found


def test_the_tables_are_those_of_one_process(cluster: Cluster, tmp_path: Path, many: Path, whole: Path) -> None:
    printed = ended(start(cluster, many, tmp_path / "out"))
    assert tables(tmp_path / "out") == tables(whole)
    assert sum(node["images"] for node in printed["nodes"]) == 1200
    assert len(printed["nodes"]) >= 2


@pytest.mark.parametrize("seed", [0])
def test_a_node_is_killed(cluster: Cluster, tmp_path: Path, many: Path, whole: Path, seed: int) -> None:
    """SIGKILL to a node's raylet and all of its workers, after a seeded number of shards, while it makes one."""
    victim = cluster.add()
    out = tmp_path / "out"
    process = start(cluster, many, out)
    shards = random.Random(seed).randint(1, 4)
    wait_for(lambda: len(list((out / "shards").glob("0*"))) >= shards and shard_processes(victim))
    doomed = shard_processes(victim)
    victim.kill()
    assert not (out / "manifest.json").exists()
    printed = ended(process)
    assert tables(out) == tables(whole)
    assert sum(node["images"] for node in printed["nodes"]) == 1200
    assert not [pid for pid in doomed if Path(f"/proc/{pid}").exists()]


@pytest.mark.long
@pytest.mark.parametrize("victim", ["the Ray worker", "the process of the models"])
def test_a_worker_is_killed(cluster: Cluster, tmp_path: Path, many: Path, whole: Path, victim: str) -> None:
    out = tmp_path / "out"
    process = start(cluster, many, out)
    (models, *_) = wait_for(lambda: shard_processes(cluster.nodes[1]))
    parent = int(Path(f"/proc/{models}/stat").read_text().rpartition(")")[2].split()[1])
    os.kill(parent if victim == "the Ray worker" else models, signal.SIGKILL)
    ended(process)
    assert tables(out) == tables(whole)
    assert failed(out) == {}  # that somebody killed it once is no proof against a model


@pytest.mark.long
def test_the_command_is_killed_and_given_again(cluster: Cluster, tmp_path: Path, many: Path, whole: Path) -> None:
    out = tmp_path / "out"
    process = start(cluster, many, out)
    wait_for(lambda: len(list((out / "shards").glob("0*"))) >= 2)
    below = descendants(process.pid)
    process.kill()
    process.communicate()
    wait_for(lambda: not any(shard_processes(node) for node in cluster.nodes))
    assert not [pid for pid in below if Path(f"/proc/{pid}").exists()]
    there = 50 * len(list((out / "shards").glob("0*")))
    printed = ended(start(cluster, many, out))
    assert tables(out) == tables(whole)
    assert sum(node["images"] for node in printed["nodes"]) == 1200 - there


@pytest.mark.long
def test_the_head_is_killed(tmp_path: Path, many: Path, whole: Path) -> None:
    """The command says so, and goes on where it was with another cluster."""
    out = tmp_path / "out"
    with ray_cluster(2) as doomed:
        process = start(doomed, many, out)
        wait_for(lambda: len(list((out / "shards").glob("0*"))) >= 2)
        doomed.nodes[0].kill()
        stdout, stderr = process.communicate(timeout=_SECONDS)
    done = subprocess.CompletedProcess(process.args, process.returncode, stdout, stderr)
    said(done, DATA, f"The head of the cluster, {doomed.address}, answers no more", "give the same command again")
    there = 50 * len(list((out / "shards").glob("0*")))
    with ray_cluster(1) as another:
        printed = ended(start(another, many, out))
    assert tables(out) == tables(whole)
    assert sum(node["images"] for node in printed["nodes"]) == 1200 - there


@pytest.mark.long
@pytest.mark.torch
def test_networks_that_go_wrong_are_dropped_by_name(cluster: Cluster, tmp_path: Path, drawn_folder: Path) -> None:
    from edgewise.drawn import CLASSES

    module = torch_factories(tmp_path, CLASSES, 10)
    names = ("segfault", "nan", "abort_at_once")
    zoo = [word for name in names for word in ("--zoo", f"torch:{module}:{name}")]
    ended(start(cluster, drawn_folder, tmp_path / "out", *zoo))
    reasons = failed(tmp_path / "out")
    assert set(reasons) == set(names)
    assert reasons["segfault"].startswith("crashed (SIGSEGV) on ")
    assert "not numbers" in reasons["nan"]
    assert reasons["abort_at_once"] == "crashed (SIGABRT) while it was loaded"
    assert [model["name"] for model in manifest(tmp_path / "out")["models"]] == ["tiny:xs", "tiny:s"]
    subprocess.run(command(drawn_folder, tmp_path / "local"), check=True, capture_output=True, timeout=_SECONDS)
    here, there = tables(tmp_path / "local"), tables(tmp_path / "out")
    assert {**there, "failed": []} == here


@pytest.mark.long
def test_a_node_that_does_not_see_the_images(cluster: Cluster, tmp_path: Path, many: Path) -> None:
    """An empty file system lies over the data set on one node, as where it is not mounted."""
    data = tmp_path / "data"
    shutil.copytree(many, data)
    hide = ["unshare", "--mount", "sh", "-c", 'mount -t tmpfs none "$0" && exec "$@"', str(data)]
    if subprocess.run([*hide, "true"], capture_output=True).returncode:
        pytest.skip("hiding a folder from a process needs root")
    blind = cluster.add(wrap=hide)
    try:
        process = start(cluster, data, tmp_path / "out")
        stdout, stderr = process.communicate(timeout=_SECONDS)
    finally:
        blind.kill()
    done = subprocess.CompletedProcess(process.args, process.returncode, stdout, stderr)
    said(done, DATA, "On node ", f"{data} holds no images")
