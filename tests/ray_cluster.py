"""A real Ray cluster on this machine: each node has processes and a loopback address of its own, and can be killed."""

import ctypes
import os
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

from tests.conftest import ROOT

_STARTED_S = 120
_TRIES = 4  # Ray gives a node half a minute to start, which a busy machine may not manage


def descendants(pid: int) -> list[int]:
    """A process and all below it."""
    found = [pid]
    for task in Path(f"/proc/{pid}/task").glob("*"):
        with suppress(OSError):
            for child in (task / "children").read_text().split():
                found += descendants(int(child))
    return found


def _end_with_the_tests() -> None:
    """However these end; what Ray starts ends with it."""
    ctypes.CDLL(None).prctl(1, signal.SIGKILL)  # PR_SET_PDEATHSIG


class Node:
    """`ray start` and all that it started."""

    def __init__(
        self, arguments: Sequence[str], environment: Mapping[str, str], log: Path, wrap: Sequence[str]
    ) -> None:
        """Returns when it runs."""
        for _ in range(_TRIES):
            with log.open("wb") as stream:
                self._process = subprocess.Popen(
                    [*wrap, sys.executable, "-m", "ray.scripts.scripts", "start", "--block", *arguments],
                    env=environment,
                    stdout=stream,
                    stderr=stream,
                    start_new_session=True,
                    preexec_fn=_end_with_the_tests,
                )
            if self._runs(log):
                return
            self.kill()
        raise AssertionError(f"no node can be started:\n{log.read_text(errors='replace')[-2000:]}")

    def _runs(self, log: Path) -> bool:
        deadline = time.monotonic() + _STARTED_S
        while self._process.poll() is None and time.monotonic() < deadline:
            if b"Ray runtime started" in log.read_bytes():
                return True
            time.sleep(0.2)
        return False

    @property
    def pids(self) -> list[int]:
        return descendants(self._process.pid)

    def kill(self) -> None:
        """As when its machine loses power."""
        for _ in range(2):  # what was started meanwhile
            for pid in self.pids:
                with suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
        self._process.wait()


class Cluster:
    """A head and other nodes, each of one core."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        (folder / "home").mkdir()
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        self.address = f"127.0.0.2:{port}"
        self.environment = {
            **os.environ,
            "HOME": str(folder / "home"),
            "RAY_AUTH_MODE": "token",  # Ray listens on all of the machine's addresses
            "RAY_AUTH_TOKEN": secrets.token_hex(32),
            "RAY_USAGE_STATS_ENABLED": "0",
            "OMP_NUM_THREADS": "1",
            "PYTHONPATH": os.pathsep.join([str(ROOT), str(ROOT / "src")]),
        }
        head = ["--head", "--port", str(port), "--include-dashboard=false", "--temp-dir", str(folder / "ray")]
        self.nodes = [self._start(head)]

    def _start(self, arguments: Sequence[str], wrap: Sequence[str] = ()) -> Node:
        number = len(getattr(self, "nodes", ())) + 2
        arguments = [
            *arguments,
            *("--node-ip-address", f"127.0.0.{number}", "--num-cpus", "1", "--object-store-memory", "80000000"),
            "--disable-usage-stats",
        ]
        return Node(arguments, self.environment, self._folder / f"node-{number}.log", wrap)

    def add(self, wrap: Sequence[str] = ()) -> Node:
        """Let one more node join; `wrap`: a command that it is started by."""
        self.nodes.append(self._start(["--address", self.address], wrap))
        return self.nodes[-1]

    def end(self) -> None:
        for node in reversed(self.nodes):
            node.kill()


@contextmanager
def ray_cluster(nodes: int) -> Iterator[Cluster]:
    """A running cluster, of which nothing is left when the block ends."""
    folder = Path(tempfile.mkdtemp(prefix="ew-ray-", dir="/tmp"))  # sockets have short paths
    cluster = Cluster(folder)
    try:
        for _ in range(nodes - 1):
            cluster.add()
        yield cluster
    finally:
        cluster.end()
        shutil.rmtree(folder, ignore_errors=True)
