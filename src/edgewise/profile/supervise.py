"""The parent's side of a worker: start it, hear it, and say what it was at when it died."""

import json
import os
import selectors
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from time import monotonic
from typing import Any, Self

from edgewise.errors import DataError
from edgewise.profile.messages import settings_to_json
from edgewise.profile.plan import Settings
from edgewise.profile.position import At, Doing, Position, shared_memory

# A process of its own, not a fork of ours: no state or thread of the caller gets in, and a caller that is a script
# needs no `if __name__ == "__main__"`. It finds the modules that we find, and leaves Ctrl-C to us.
_BOOT = (
    "import json, signal, sys; signal.signal(signal.SIGINT, signal.SIG_IGN); "
    "sys.path[:] = json.loads(sys.stdin.readline()); from {module} import main; main()"
)
_POLL_S = 0.5
_SAID_BYTES = 8192  # of its stderr, the end that is kept
_FROM_OUTSIDE = (signal.SIGKILL, signal.SIGTERM, signal.SIGHUP, signal.SIGINT, signal.SIGQUIT)


@dataclass(frozen=True)
class Death:
    """How a worker ended before it was done."""

    at: At
    exit_code: int  # negative: the signal
    timed_out: bool
    said: str  # the end of what it wrote to stdout and stderr

    @property
    def how(self) -> str:
        """What happened, as the end of a sentence about what it was at."""
        if self.timed_out:
            return "took too long"
        if self.exit_code >= 0:
            return f"ended the process (exit code {self.exit_code})"
        name = signal.Signals(-self.exit_code).name
        if self.from_outside:
            return f"was killed ({name})" + (", as when memory runs out" if name == "SIGKILL" else "")
        return f"crashed ({name})"

    @property
    def last_words(self) -> str:
        """The line of what it wrote that tells most: what Python says of a crash, else the last one."""
        lines = [line for line in self.said.splitlines() if line.strip()] or ["it said nothing"]
        return next((line for line in lines if line.startswith("Fatal Python error")), lines[-1])[:300]

    @property
    def from_outside(self) -> bool:
        """Whether the signal may have had nothing to do with what the worker was at."""
        return not self.timed_out and -self.exit_code in _FROM_OUTSIDE


class Worker:
    """One worker process; a context manager that leaves none behind."""

    def __init__(self, module: str = "edgewise.profile.worker") -> None:
        """Start it; it gets ready while the caller does, and waits for `order`. `module`: the one whose `main` it runs.

        Raises `DataError` when the system lets no process be started.
        """
        try:
            self._start(module)
        except OSError as error:
            raise DataError(
                f"No process can be started to make the profile: {error.strerror or error}.",
                "See the limits of this shell (ulimit -a), and free memory.",
            ) from error
        self._said = b""
        self._timed_out = False
        self._ended = False
        self._write(json.dumps([entry for entry in sys.path if isinstance(entry, str)]))

    def _start(self, module: str) -> None:
        with ExitStack() as on_failure, ExitStack() as theirs:
            descriptor = shared_memory()
            theirs.callback(os.close, descriptor)
            self._heard, messages = os.pipe()
            on_failure.callback(os.close, self._heard)
            theirs.callback(os.close, messages)
            self._position = Position(descriptor)
            on_failure.callback(self._position.close)
            self._process = subprocess.Popen(
                [
                    sys.executable,
                    "-P",
                    "-c",
                    _BOOT.format(module=module),
                    str(os.getpid()),
                    str(messages),
                    str(descriptor),
                ],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                pass_fds=(messages, descriptor),
            )
            on_failure.pop_all()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.end()

    def end(self) -> None:
        """Leave nothing of it; once is enough, and twice does no harm."""
        if self._ended:
            return
        self._ended = True
        self._process.kill()
        self._process.wait()
        for stream in (self._process.stdin, self._process.stdout):
            if stream is not None:
                with suppress(BrokenPipeError):
                    stream.close()
        os.close(self._heard)
        self._position.close()

    @property
    def pid(self) -> int:
        """Its process id."""
        return self._process.pid

    def order(self, settings: Settings, *, only_plan: bool = False) -> None:
        """Say what to do: make the whole profile, or its plan alone."""
        self.ask({"settings": settings_to_json(settings), "only_plan": only_plan})

    def ask(self, values: Mapping[str, Any]) -> None:
        """Say what to do, as JSON values that its module knows."""
        self._write(json.dumps(values))

    def _write(self, line: str) -> None:
        assert self._process.stdin is not None
        with suppress(BrokenPipeError):  # its death is found when it is listened to
            self._process.stdin.write(line.encode("ascii") + b"\n")
            self._process.stdin.flush()

    def messages(self, timeout_s: float) -> Iterator[list[Any]]:
        """What the worker tells, until it ends; it is killed when one piece of foreign work takes over `timeout_s`."""
        unread = b""
        stalled = _Stalled(timeout_s)
        for got in self._pieces():
            unread += got
            *lines, unread = unread.split(b"\n")
            for line in lines:
                yield json.loads(line)
            if stalled.now(self._position.read()):
                self._timed_out = True
                self._process.kill()

    def _pieces(self) -> Iterator[bytes]:
        """Pieces of its messages as they come, empty ones while none come, until it has ended."""
        assert self._process.stdout is not None
        chatter = self._process.stdout.fileno()
        with selectors.DefaultSelector() as selector:
            selector.register(self._heard, selectors.EVENT_READ)
            selector.register(chatter, selectors.EVENT_READ)
            ended = False
            while True:
                ready = [key.fd for key, _ in selector.select(0 if ended else _POLL_S)]
                if not ready:
                    # A process that it left behind may hold the pipes open, so their end is not waited for.
                    if ended:
                        return
                    ended = self._process.poll() is not None
                    yield b""
                for descriptor in ready:
                    got = os.read(descriptor, 65536)
                    if not got:
                        selector.unregister(descriptor)
                        ended = ended or (descriptor == self._heard and self._process.wait() is not None)
                    elif descriptor == chatter:
                        self._said = (self._said + got)[-_SAID_BYTES:]
                    yield got if descriptor == self._heard else b""

    def death(self) -> Death:
        """How it ended; for a worker that has ended without saying that it was done."""
        code = self._process.wait()
        return Death(self._position.read(), code, self._timed_out, self._said.decode("utf-8", "replace").strip())


class _Stalled:
    """Counts how long one piece of foreign work goes on; a pause of this process itself (Ctrl-Z) does not count."""

    def __init__(self, timeout_s: float) -> None:
        self._timeout_s = timeout_s
        self._stood_s = 0.0
        self._looked = monotonic()
        self._notes = -1

    def now(self, at: At) -> bool:
        since, self._looked = self._looked, monotonic()
        if at.notes != self._notes or at.doing not in (Doing.READING, Doing.RUNNING):
            self._notes, self._stood_s = at.notes, 0.0
            return False
        self._stood_s += min(self._looked - since, 2 * _POLL_S)
        return self._stood_s > self._timeout_s
