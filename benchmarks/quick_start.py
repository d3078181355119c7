"""How long the commands of docs/quick_start.md take, once edgewise is installed; the page is told.

    python benchmarks/quick_start.py

Runs the page's blocks, but for those that install, one after another in a new folder.
"""

import resource
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from os import environ, getloadavg, pathsep
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter
from typing import Any

from pages import ROOT, filled, write_result

sys.path.insert(0, str(ROOT))
from tests.docs.blocks import Block, blocks

PAGE = ROOT / "docs" / "quick_start.md"
FILLED_BY = "time: filled by python benchmarks/quick_start.py"


@dataclass(frozen=True)
class Took:
    """A block, by the clock and on the processor."""

    seconds: float
    processor_seconds: float


def main() -> None:
    load = getloadavg()[0]
    with TemporaryDirectory() as folder:
        steps = [{"block": block.text, **vars(took(block, Path(folder)))} for block in timed()]
    result: dict[str, Any] = {"load_before": load, "steps": steps}
    machine = write_result("quick_start", result)
    PAGE.write_text(filled(PAGE, FILLED_BY, told(result | {"machine": machine})), encoding="utf-8")
    print(told(result | {"machine": machine}))


def timed() -> list[Block]:
    """The blocks that are run, in order."""
    return [block for block in blocks(PAGE) if "pip install" not in block.text]


def took(block: Block, folder: Path) -> Took:
    """What a block takes, the start of its processes included."""
    commands = {"sh": ["bash", "-ec", block.text], "python": ["python", "-c", block.text]}
    path = f"{Path(sys.executable).parent}{pathsep}{environ['PATH']}"
    started, before = perf_counter(), _processor_seconds()
    subprocess.run(commands[block.language], cwd=folder, env={**environ, "PATH": path}, check=True)
    return Took(perf_counter() - started, _processor_seconds() - before)


def _processor_seconds() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def told(result: Mapping[str, Any]) -> str:
    """What the page says of it."""
    machine, steps, load = result["machine"], result["steps"], result["load_before"]
    clock, processor = (sum(step[name] for step in steps) for name in ("seconds", "processor_seconds"))
    return (
        f"All of this page, but for installing, took {processor:.0f} s of processor time, and {clock:.0f} s by the "
        f"clock, on {machine['cores']} cores of an {machine['cpu']} beside other work (a load of {load:.1f} before): "
        f"`python benchmarks/quick_start.py`."
    )


if __name__ == "__main__":
    main()
