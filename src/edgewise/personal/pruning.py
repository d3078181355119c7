"""The service's side of the pruning process: start it, hear of it, end it."""

import json
import os
import signal
import subprocess
import sys
import threading
from collections import deque
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryFile

from edgewise.errors import DataError

_SAID_BYTES = 2000
_MB = 10**6


@dataclass(frozen=True)
class Progressed:
    """How far one piece of the work is."""

    what: str
    done: int
    total: int


@dataclass(frozen=True)
class Ended:
    """How it ended: `problem` is empty where the network was made."""

    problem: str = ""


class Pruning:
    """One pruning process. It is killed with this one, and by `stop`.

    On Linux it is killed already when the thread ends that started it: let one start it that lives as long as the
    service. What it writes for itself lies in the job's folder, so that nothing is left elsewhere when it is killed.
    """

    def __init__(
        self,
        job: Path,
        generic: Path,
        out: Path,
        *,
        threads: int = 1,
        niceness: int = 10,
        memory_mb: float | None = None,
    ) -> None:
        """Start it. `memory_mb`: what it may hold, in MB of 10^6 bytes, where the system keeps to that, as Linux does.

        Raises `DataError` where the system lets no process be started.
        """
        self._memory_mb = memory_mb
        try:
            self._output = TemporaryFile()  # noqa: SIM115 - closed when the process has ended
            heard, messages = os.pipe()
        except OSError as error:
            raise _cannot_start(error) from error
        # One arena, so that what is freed goes back to the system; as many threads as it may have, in all libraries.
        limits = {"OMP_NUM_THREADS": str(threads), "MALLOC_ARENA_MAX": "1", "TMPDIR": str(job.absolute())}
        arguments = [
            *map(str, (os.getpid(), messages, niceness)),
            *map(str, (job.absolute(), generic.absolute(), out.absolute())),
            *([] if memory_mb is None else [str(round(memory_mb * _MB))]),
        ]
        try:
            self._process = subprocess.Popen(
                [sys.executable, "-P", "-m", "edgewise.personal.pruner", *arguments],
                stdin=subprocess.DEVNULL,
                stdout=self._output,
                stderr=subprocess.STDOUT,
                pass_fds=(messages,),
                env={**os.environ, **limits, "PYTHONPATH": os.pathsep.join(entry for entry in sys.path if entry)},
            )
        except OSError as error:
            os.close(heard)
            self._output.close()
            raise _cannot_start(error) from error
        finally:
            os.close(messages)
        self._news: deque[Progressed | Ended] = deque()
        self._thread = threading.Thread(target=self._listen, args=(heard,), daemon=True)
        self._thread.start()

    @property
    def pid(self) -> int:
        return self._process.pid

    def news(self) -> list[Progressed | Ended]:
        """What was heard since the last call, in order; an `Ended` is the last there will be."""
        found: list[Progressed | Ended] = []
        with suppress(IndexError):
            while True:
                found.append(self._news.popleft())
        return found

    def stop(self) -> None:
        """End it now; what it has written of a network is without a record, and counts for nothing."""
        self._process.kill()
        self._thread.join()

    def _listen(self, heard: int) -> None:
        problem: str | None = None
        with os.fdopen(heard, encoding="utf-8") as stream:
            for line in stream:
                with suppress(ValueError):  # of a process killed amid a line
                    kind, *values = json.loads(line)
                    if kind == "progress":
                        self._news.append(Progressed(*values))
                    else:
                        problem = values[0] if kind == "failed" else ""
        code = self._process.wait()
        self._news.append(Ended(self._how(code) if problem is None else problem))
        self._output.close()

    def _how(self, code: int) -> str:
        """Of a process that ended without a word."""
        if code < 0 and self._memory_mb is not None and code != -signal.SIGKILL:
            return f"The pruning process may not have had enough memory: {self._memory_mb:g} MB are allowed."
        if code < 0:
            name = signal.Signals(-code).name
            return f"The pruning process was killed ({name})" + (", as when memory runs out." if code == -9 else ".")
        self._output.seek(max(0, self._output.seek(0, os.SEEK_END) - _SAID_BYTES))
        said = self._output.read().decode("utf-8", "replace").strip().splitlines()
        return f"The pruning process ended with {code}: {said[-1] if said else 'it said nothing'}"


def _cannot_start(error: OSError) -> DataError:
    return DataError(f"The pruning process cannot be started: {error.strerror or error}.")
