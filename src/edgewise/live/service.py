"""The real service as a process of its own, and requests to it over a socket."""

import http.client
import json
import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from tempfile import TemporaryFile
from typing import Any
from urllib.parse import quote, urlsplit

from edgewise.errors import DataError, ImageError, MissingExtra, StoreError

_NEEDED = {"serve": ("fastapi", "uvicorn", "prometheus_client"), "torch": ("torch", "onnx", "torch_pruning")}
_ANSWER_S = 120.0  # for one reply: the machine may be busy
_END_S = 15.0
_UNUSABLE = (413, 422)  # what the service says of a file that is no usable image


def missing_extras() -> tuple[str, ...]:
    """Those that a play needs and that are not installed."""
    return tuple(extra for extra, needed in _NEEDED.items() if not all(map(find_spec, needed)))


@dataclass(frozen=True)
class Answer:
    """What the service said of one image."""

    index: int  # the class, of the generic network's
    model: str
    phase: str
    infer_ms: float


class Service:
    """`edgewise serve` with these arguments, on a free port of this machine, until the block ends.

    What was learned stays in the state folder. The process ends with this one, however that ends.
    """

    def __init__(self, state: Path, arguments: Sequence[str], user: str) -> None:
        """Start it, and wait until it answers.

        Raises `MissingExtra`, and `DataError`, with what it said, where it does not start.
        """
        if missing := missing_extras():
            raise MissingExtra("Playing a stream through the service", ",".join(missing))
        self._user = quote(user, safe="")
        self._said = TemporaryFile("w+", encoding="utf-8", errors="replace")  # noqa: SIM115 - a pipe would fill
        command = [sys.executable, "-P", "-m", "edgewise.live.service_process", str(os.getpid())]
        command += ["--state", str(state), "--host", "127.0.0.1", "--port", "0", "--json", *arguments]
        where = {"PYTHONPATH": os.pathsep.join(entry for entry in sys.path if entry)}
        self._process = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=self._said,
            text=True,
            env={**os.environ, **where, "EDGEWISE_TOKEN": ""},
        )
        try:
            self._connection = http.client.HTTPConnection(self._address(), timeout=_ANSWER_S)
        except BaseException:
            self.stop()
            raise

    def __enter__(self) -> "Service":
        return self

    def __exit__(self, *_: object) -> None:
        self._connection.close()
        self.stop()

    @property
    def pid(self) -> int:
        return self._process.pid

    def stop(self) -> None:
        """End the process, in peace if it can; more than once does nothing more."""
        if self._process.poll() is None:
            self._process.terminate()
            try:
                self._process.wait(_END_S)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()
        assert self._process.stdout is not None
        self._process.stdout.close()
        self._said.close()

    def predict(self, content: bytes, name: str) -> Answer:
        """Have the bytes of an image file answered.

        Raises `ImageError` for a file that the service cannot use, `DataError` where it fails or has ended.
        """
        path, kind = f"/predict?user={self._user}", {"Content-Type": "application/octet-stream"}
        status, said = self._request("POST", path, content, kind)
        if status in _UNUSABLE:
            raise ImageError(name, str(said["detail"]))
        answer = _expected(status, said)
        return Answer(answer["top"][0]["index"], answer["model"], answer["phase"], answer["infer_ms"])

    def is_known(self) -> bool:
        """Whether the device has learned of this user before."""
        return self._get(f"/users/{self._user}")[0] != 404

    def user(self) -> Mapping[str, Any]:
        """Where the device is with the user (`UserState`), once all that was answered is learned from."""
        return _expected(*self._get(f"/users/{self._user}"))

    def events(self, after: int) -> list[Mapping[str, Any]]:
        """What happened (`Happened`) since the event with the number `after`."""
        return _expected(*self._get(f"/events?user={self._user}&follow=false&after={after}"))

    def _get(self, path: str) -> tuple[int, Any]:
        return self._request("GET", path, None, {})

    def _request(self, method: str, path: str, body: bytes | None, headers: dict[str, str]) -> tuple[int, Any]:
        try:
            self._connection.request(method, path, body, headers)
            reply = self._connection.getresponse()
            return reply.status, json.loads(reply.read())
        except (OSError, http.client.HTTPException, ValueError) as error:
            said = self._last_words() or f"{type(error).__name__}: {error}"
            raise DataError(f"The service does not answer any more: {said}", "Look at its own log.") from error

    def _address(self) -> str:
        """Where it listens, which is the first thing that it says."""
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        try:
            return urlsplit(json.loads(line)["address"]).netloc
        except (ValueError, KeyError, TypeError):
            self._process.wait(_END_S)
            raise DataError(
                f"The service did not start: {self._last_words() or 'it said nothing'}", "Correct that, and play again."
            ) from None

    def _last_words(self) -> str:
        """What it said last on its stderr, on one line."""
        self._said.seek(0)
        lines = [line.strip() for line in self._said.read().splitlines() if line.strip()]
        return " ".join(lines[-2:]).removeprefix("error: ").replace("hint: ", "")


def _expected(status: int, said: Any) -> Any:
    if status != 200:
        raise StoreError(f"The service answers with {status}: {said['detail']}")
    return said
