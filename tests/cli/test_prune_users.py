"""`edgewise prune users`: many users, each a job, here and on a cluster; what is finished is kept."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from edgewise.errors import DataError, UsageError
from edgewise.prune.users_file import read_users
from tests.cli.test_prune import NETWORK
from tests.cli_errors import DATA, said
from tests.conftest import ROOT
from tests.ray_cluster import descendants, ray_cluster

Run = Callable[..., subprocess.CompletedProcess[str]]
FILE = """
model = "torch:own.py:net"
target_speedup = 1.15
max_drop = 60
undecided = "estimate"
where = "bottom-up"                # by operations, which are counted: times would differ from run to run
limit = 40

[[user]]
name = "anna"
images = "{data}"
classes = ["1", "4", "7"]

[[user]]
name = "ben"
images = "{data}"
classes = ["2", "3"]
max_drop = 70

[[user]]
name = "carl"
images = "nowhere"
"""


@pytest.fixture
def users(tmp_path: Path, drawn_folder: Path) -> Path:
    (tmp_path / "own.py").write_text(NETWORK)
    (tmp_path / "users.toml").write_text(FILE.format(data=drawn_folder))
    return tmp_path / "users.toml"


def networks(out: Path) -> dict[str, bytes]:
    """All that must not depend on where a network was made."""
    names = ("plan.json", "weights.safetensors", "net-user.onnx", "net-user.toml")
    return {f"{user}/{name}": (out / user / name).read_bytes() for user in ("anna", "ben") for name in names}


def told(done: subprocess.CompletedProcess[str]) -> dict[str, dict[str, Any]]:
    return {row["user"]: row for row in json.loads(done.stdout)["users"]}


def test_what_is_said_of_a_user_goes_over_what_is_said_of_all(users: Path, drawn_folder: Path) -> None:
    anna, ben, carl = (user.request for user in read_users(users))
    assert (anna.max_drop, ben.max_drop) == (60, 70)
    assert (anna.images, carl.images) == (str(drawn_folder), str(users.parent / "nowhere"))
    assert anna.model == f"torch:{users.parent}/own.py:net"
    assert (anna.classes, carl.classes) == (("1", "4", "7"), None)


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("model = 1\n[[user]]\nname = 'a'\nimages = 'b'", "model is 1"),
        ("[[user]]\nname = 'a'\nimages = 'b'", "has no 'model'"),
        ("model = 'timm:x'", "has no 'user'"),
        ("model = 'timm:x'\nuser = []", "no users"),
        ("model = 'timm:x'\n[[user]]\nname = '../a'\nimages = 'b'", "is no name for a user's folder"),
        ("model = 'timm:x'\nwidth = 2\n[[user]]\nname = 'a'\nimages = 'b'", "has 'width', which is none of"),
        ("model = 'timm:x'\n[[user]]\nname = 'a'\nimages = 'b'\n[[user]]\nname = 'a'\nimages = 'b'", "'a' twice"),
        ("model =", "cannot be read"),
    ],
)
def test_files_that_say_something_else(tmp_path: Path, text: str, why: str) -> None:
    (tmp_path / "users.toml").write_text(text)
    with pytest.raises(DataError, match=why):
        read_users(tmp_path / "users.toml")


def test_options_that_do_not_go_together(tmp_path: Path) -> None:
    (tmp_path / "users.toml").write_text("model = 'timm:x'\nzoo = ['timm:y']\n[[user]]\nname = 'a'\nimages = 'b'")
    with pytest.raises(UsageError, match="--base auto"):
        read_users(tmp_path / "users.toml")


@pytest.mark.torch
def test_a_folder_with_other_things_is_left_alone(edgewise: Run, users: Path) -> None:
    done = edgewise("prune", "users", users, "--out", users.parent)
    said(done, DATA, "holds other things than networks of users")


@pytest.mark.torch
@pytest.mark.slow
@pytest.mark.long
def test_users_fail_alone_and_finished_ones_are_kept(edgewise: Run, users: Path, drawn_folder: Path) -> None:
    out = users.parent / "out"
    first = edgewise("prune", "users", users, "--out", out, "--json")
    said(first, DATA, "1 of 3 users failed; carl: ", "nowhere holds no images")
    assert {user: row["verdict"] for user, row in told(first).items()} == {
        "anna": "let in",
        "ben": "let in",
        "carl": "failed",
    }
    before = {path: path.stat().st_mtime_ns for user in ("anna", "ben") for path in (out / user).iterdir()}
    asked = users.read_text().replace('nowhere"', f'{drawn_folder}"\nclasses = ["5", "6"]')
    users.write_text(asked.replace("max_drop = 70", 'max_drop = 0.001\nundecided = "refuse"'))
    again = edgewise("prune", "users", users, "--out", out, "--json")
    assert again.returncode == 0, again.stderr
    rows = told(again)
    assert rows["anna"] == told(first)["anna"]  # its request is the same: it was not made again
    assert {path: path.stat().st_mtime_ns for path in (out / "anna").iterdir()}.items() <= before.items()
    assert (rows["carl"]["verdict"], rows["carl"]["classes"]) == ("let in", ["5", "6"])
    assert rows["ben"]["verdict"] == "refused"  # as it is asked now, and what was made before is gone
    assert not (out / "ben").exists()
    assert sorted(path.name for path in out.iterdir()) == ["anna", "carl", "users.json"]


@pytest.mark.torch
@pytest.mark.ray
@pytest.mark.slow
@pytest.mark.long
def test_on_a_cluster_that_loses_a_node(edgewise: Run, users: Path) -> None:
    local = users.parent / "local"
    assert set(told(edgewise("prune", "users", users, "--out", local, "--json"))) == {"anna", "ben", "carl"}
    out = users.parent / "ray"
    with ray_cluster(2) as cluster:
        command = [sys.executable, "-m", "edgewise", "prune", "users", str(users), "--out", str(out), "--json"]
        command += ["--executor", "ray", "--address", cluster.address]
        pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
        process = subprocess.Popen(command, env=cluster.environment, cwd=ROOT, **pipes)
        victim = cluster.nodes[1]
        deadline = time.monotonic() + 600
        while not _is_at_work(victim.pids) and process.poll() is None:
            assert time.monotonic() < deadline
            time.sleep(0.05)
        victim.kill()
        stdout, stderr = process.communicate(timeout=600)
    assert process.returncode == DATA, stderr  # carl
    rows = {row["user"]: row for row in json.loads(stdout)["users"]}
    assert {user: row["verdict"] for user, row in rows.items()} == {"anna": "let in", "ben": "let in", "carl": "failed"}
    assert networks(out) == networks(local)


def _is_at_work(pids: list[int]) -> bool:
    """Whether a Ray worker among these processes is doing a job: Ray names it after the function."""
    for pid in pids:
        try:
            if b"ray::_do" in Path(f"/proc/{pid}/cmdline").read_bytes():
                return True
        except OSError:
            continue
    return False


@pytest.mark.torch
@pytest.mark.slow
@pytest.mark.long
def test_killed_and_given_again(edgewise: Run, users: Path) -> None:
    out = users.parent / "out"
    command = [sys.executable, "-m", "edgewise", "prune", "users", str(users), "--out", str(out), "--quiet"]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    deadline = time.monotonic() + 600
    while not (out / "anna").exists():
        assert time.monotonic() < deadline
        time.sleep(0.05)
    below = descendants(process.pid)
    os.kill(process.pid, signal.SIGKILL)
    process.wait()
    (out / ".ben.half.part").mkdir()
    rows = told(edgewise("prune", "users", users, "--out", out, "--json"))
    assert [row["verdict"] for row in rows.values()] == ["let in", "let in", "failed"]
    assert not [pid for pid in below if Path(f"/proc/{pid}").exists()]
    assert sorted(path.name for path in out.iterdir()) == ["anna", "ben", "users.json"]
