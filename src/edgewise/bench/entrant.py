"""One network on one runtime on so many threads, in a process of its own: a crash is a line of the table."""

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

import numpy as np

from edgewise.errors import ModelError
from edgewise.runtime.engines import Engine
from edgewise.zoo.sources import Source, describe


@dataclass(frozen=True)
class Loaded:
    """What the process said of the network when it had loaded it."""

    macs: int | None
    load_ms: float


class Entrant:
    """The process. It answers one request at a time, and ends with its parent.

    Every method raises `ModelError` where the network fails or the process ends, with what it said last.
    """

    def __init__(self, source: Source, engine: Engine, threads: int) -> None:
        self.engine, self.threads = engine, threads
        self._errors = tempfile.TemporaryFile()  # noqa: SIM115 - closed with the process
        self._process = subprocess.Popen(
            [sys.executable, "-m", "edgewise.bench.entrant_process", str(os.getpid())],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._errors,
            text=True,
            env={**os.environ, "OMP_NUM_THREADS": str(threads)},
        )
        try:
            found = self._ask("load", source=describe(source), engine=engine, threads=threads)
        except ModelError:
            self.close()
            raise
        self.loaded = Loaded(found["macs"], found["load_ms"])

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def logits(self, images: Path) -> np.ndarray:
        """float32 [n, classes] of the images in a `.npy` file, float32 [n, 3, h, w], one after another."""
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "logits.npy"
            self._ask("logits", images=str(images), out=str(path))
            return np.load(path)

    def run(self, runs: int) -> list[float]:
        """The ms of so many runs on one image."""
        return self._ask("run", runs=runs)["ms"]

    def peak_bytes(self) -> int:
        """The most memory that the process had resident at once, Python and the runtime included."""
        return self._ask("peak")["bytes"]

    def close(self) -> None:
        """End the process."""
        with suppress(BrokenPipeError):
            assert self._process.stdin is not None
            self._process.stdin.close()
        try:
            self._process.wait(timeout=10)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        assert self._process.stdout is not None
        self._process.stdout.close()
        self._errors.close()

    def _ask(self, what: str, **values: Any) -> dict[str, Any]:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        with suppress(BrokenPipeError):  # it ended: no line comes
            self._process.stdin.write(json.dumps({"what": what, **values}) + "\n")
            self._process.stdin.flush()
        line = self._process.stdout.readline()
        if not line.endswith("\n"):
            raise self._ended()
        reply = json.loads(line)
        if "failure" in reply:
            raise ModelError(reply["failure"], reply["hint"])
        return reply

    def _ended(self) -> ModelError:
        code = self._process.wait()
        self._errors.seek(0)
        said = _last_line(self._errors.read().decode(errors="replace").splitlines())
        how = f"signal {-code}" if code < 0 else f"exit code {code}"
        return ModelError(f"Its process ended ({how}){': ' + said if said else ''}.", "Leave this runtime out.")


def _last_line(lines: Sequence[str]) -> str:
    return next((line.strip() for line in reversed(lines) if line.strip()), "")[:200]
