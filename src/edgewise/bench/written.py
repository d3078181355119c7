"""Write a network for runtimes in processes of their own, and keep what failed as such."""

import json
import os
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from edgewise.export.write import Target
from edgewise.progress import Progress, silent
from edgewise.runtime.engines import ABOUT, Engine
from edgewise.zoo.card import read_card
from edgewise.zoo.sources import Source, describe

_SECONDS = 1800
_FROM_ONNX = (Engine.ONNX_RUNTIME, Engine.OPENVINO, Engine.NCNN)


@dataclass(frozen=True)
class Wish:
    """What to write, and of what."""

    original: Source
    onnx: Source  # the same as an ONNX file: what several runtimes begin with is made once
    data: str | None  # the user's images
    limit: int
    seed: int


@dataclass(frozen=True)
class Variant:
    """One network to be timed, or why there is none; the source is that of the file that was written."""

    target: Target
    source: Source | None
    bytes: int | None = None
    agreement: float | None = None
    relative_error: float | None = None
    failure: str = ""


def written_for(wish: Wish, targets: Sequence[Target], folder: Path, progress: Progress = silent) -> list[Variant]:
    """One variant for each target, in that order."""
    found: list[Variant] = []
    for done, target in enumerate(targets):
        progress("writing", done, len(targets))
        found.append(_variant(wish, target, folder))
    progress("writing", len(targets), len(targets))
    return found


def _variant(wish: Wish, target: Target, folder: Path) -> Variant:
    source = wish.onnx if target.engine in _FROM_ONNX else wish.original
    request = {
        "source": describe(source),
        "engine": target.engine,
        "precision": target.precision,
        "out": str(folder),
        "data": wish.data,
        "limit": wish.limit,
        "seed": wish.seed,
    }
    command = [sys.executable, "-m", "edgewise.bench.export_process", str(os.getpid())]
    try:
        done = subprocess.run(
            command, input=json.dumps(request), capture_output=True, text=True, timeout=_SECONDS, check=False
        )
    except subprocess.TimeoutExpired:
        return Variant(target, None, failure=f"writing it takes more than {_SECONDS // 60} minutes")
    lines = done.stdout.splitlines()
    if not lines:
        said = next((line.strip() for line in reversed(done.stderr.splitlines()) if line.strip()), "")[:200]
        return Variant(target, None, failure=f"writing it ended the process ({done.returncode}): {said}")
    reply = json.loads(lines[-1])
    if "failure" in reply:
        return Variant(target, None, failure=reply["failure"])
    path = Path(reply["model"])
    written = Source(ABOUT[target.engine].reads[0], str(path), read_card(path.with_suffix(".toml")))
    return Variant(target, written, reply["bytes"], reply["same"], reply["relative_error"])
