"""The service as a process of its own, or in a thread of this one with other limits; and requests to it."""

import http.client
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from tempfile import TemporaryFile
from typing import Any
from urllib.parse import quote, urlsplit

import numpy as np
from PIL import Image

TOKEN = "a-token-of-24-characters"
_START_S, _END_S = 90.0, 30.0


@dataclass(frozen=True)
class Reply:
    """Of the service."""

    status: int
    headers: Mapping[str, str]  # by names in lower case
    content: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.content)


class Client:
    """One connection that stays open, to an address such as http://127.0.0.1:8080."""

    def __init__(self, address: str, *, token: str | None = None, timeout_s: float = 30) -> None:
        self.host = urlsplit(address).netloc
        self._connection = http.client.HTTPConnection(self.host, timeout=timeout_s)
        self._headers = {} if token is None else {"Authorization": f"Bearer {token}"}

    def __enter__(self) -> "Client":
        return self

    def __exit__(self, *_: object) -> None:
        self._connection.close()

    def request(self, method: str, path: str, body: Any = None, headers: Mapping[str, str] | None = None) -> Reply:
        self._connection.request(method, path, body, {**self._headers, **(headers or {})})
        found = self._connection.getresponse()
        return Reply(found.status, {name.lower(): value for name, value in found.getheaders()}, found.read())

    def get(self, path: str, **headers: str) -> Reply:
        return self.request("GET", path, headers=headers)

    def predict(self, content: bytes, user: str | None = None, kind: str = "image/png") -> Reply:
        where = "/predict" if user is None else f"/predict?user={quote(user, safe='')}"
        return self.request("POST", where, content, {"Content-Type": kind})

    def post(self, path: str, value: Any) -> Reply:
        return self.request("POST", path, json.dumps(value), {"Content-Type": "application/json"})

    def put(self, path: str, value: Any) -> Reply:
        return self.request("PUT", path, json.dumps(value), {"Content-Type": "application/json"})


def begin(*arguments: str | Path, **environment: str) -> "subprocess.Popen[str]":
    """Start `edgewise serve` with these arguments; what it says is piped."""
    return subprocess.Popen(
        [sys.executable, "-m", "edgewise", "serve", *map(str, arguments)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "OMP_NUM_THREADS": "1", **environment},
    )


class RunningService:
    """`python -m edgewise serve` over a state folder, until the block ends.

    Attributes: `state`, `address`, `said` (its first line), `process`.
    """

    def __init__(self, state: Path, *arguments: str | Path, **environment: str) -> None:
        self.state = state
        self._errors = TemporaryFile("w+")  # noqa: SIM115 - a pipe that nobody reads would fill
        self.process = subprocess.Popen(
            [sys.executable, "-m", "edgewise", "serve", "--state", state, "--port", "0", "--json", *arguments],
            stdout=subprocess.PIPE,
            stderr=self._errors,
            text=True,
            env={**os.environ, "OMP_NUM_THREADS": "1", **environment},
        )
        assert self.process.stdout is not None
        line = self.process.stdout.readline()
        if not line:
            self.process.wait(_START_S)
            raise AssertionError(f"The service did not begin: {self.errors}")
        self.said: dict[str, Any] = json.loads(line)
        self.address: str = self.said["address"]

    def __enter__(self) -> "RunningService":
        return self

    def __exit__(self, *_: object) -> None:
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        assert self.process.stdout is not None
        self.process.stdout.close()
        self._errors.close()

    @property
    def errors(self) -> str:
        self._errors.seek(0)
        return self._errors.read()

    @property
    def rss_mb(self) -> float:
        status = Path(f"/proc/{self.process.pid}/status").read_text()
        return next(int(line.split()[1]) for line in status.splitlines() if line.startswith("VmRSS")) / 1000

    def client(self, **options: Any) -> Client:
        return Client(self.address, **options)

    def kill(self, how: signal.Signals = signal.SIGTERM) -> int:
        """Send a signal, and wait for the end; its exit code."""
        self.process.send_signal(how)
        return self.process.wait(_END_S)


@contextmanager
def served(state: Path, *, token: str | None = None, silent_s: float = 15, **limits: Any) -> Iterator[str]:
    """The address of the service in a thread of this process: the same server, app and device, with other limits."""
    from edgewise.serve.app import create_app
    from edgewise.serve.bounding import Limits
    from edgewise.serve.device import Device
    from edgewise.serve.listening import bind
    from edgewise.serve.server import Server

    listening = bind("127.0.0.1", 0)
    server = Server(create_app(lambda: Device(state), token=token, limits=Limits(**limits)), silent_s=silent_s)
    thread = threading.Thread(target=server.run, args=([listening],), daemon=True)
    port = listening.getsockname()[1]
    thread.start()
    try:
        until(lambda: server.started or not thread.is_alive())
        yield f"http://127.0.0.1:{port}"
    finally:
        server.should_exit = True
        thread.join(_END_S)
        assert not thread.is_alive()


def until(true: Callable[[], object], timeout_s: float = 10.0) -> None:
    """Wait until something is so."""
    ends = time.monotonic() + timeout_s
    while not true():
        assert time.monotonic() < ends, f"still not so after {timeout_s:g} s"
        time.sleep(0.02)


def raw(address: str, *parts: bytes, timeout_s: float = 10.0) -> socket.socket:
    """A connection that has sent these bytes."""
    url = urlsplit(address)
    connection = socket.create_connection((url.hostname, url.port), timeout=timeout_s)
    for part in parts:
        connection.sendall(part)
    return connection


def heard(connection: socket.socket) -> bytes:
    """All that comes until the other side closes."""
    found = bytearray()
    try:
        while part := connection.recv(65536):
            found += part
    except ConnectionResetError:
        pass
    return bytes(found)


def copied(state: Path, folder: Path) -> Path:
    """A state folder of one's own."""
    shutil.copytree(state, folder / "state")
    return folder / "state"


def png(pixels: np.ndarray) -> bytes:
    """The file of an image, uint8 [h, w, 3]."""
    with BytesIO() as file:
        Image.fromarray(pixels).save(file, "PNG")
        return file.getvalue()


def noise_files() -> dict[str, bytes]:
    """Image files of noise, 24 x 20 pixels, by format."""
    pixels = np.random.default_rng(0).integers(0, 256, (20, 24, 3), dtype=np.uint8)
    found: dict[str, bytes] = {}
    for kind in ("PNG", "JPEG", "GIF", "BMP", "TIFF", "WEBP", "PPM"):
        with BytesIO() as file:
            Image.fromarray(pixels).save(file, kind)
            found[kind] = file.getvalue()
    return found
