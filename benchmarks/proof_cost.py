"""What a command costs until it is done: time, memory, and what it printed."""

import json
import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from time import perf_counter

from edgewise.store import atomic_path


@dataclass(frozen=True)
class Cost:
    """Of a process and all that it started and waited for."""

    wall_s: float
    cpu_s: float  # of all its threads: on a machine that others use too, what it really took
    peak_bytes: int  # of the largest process among them
    code: int = 0  # that it ended with


def measured_once(kept: Path, command: Sequence[str | Path], log: Path) -> Cost:
    """What a command cost when it was run, which is now if it was not yet; `kept` holds it, JSON."""
    if not kept.is_file():
        found = run_and_measure(command, log)
        with atomic_path(kept) as temporary:
            temporary.write_text(json.dumps(asdict(found)))
    return Cost(**json.loads(kept.read_text()))


def run_and_measure(
    command: Sequence[str | Path],
    log: Path,
    environment: Mapping[str, str] | None = None,
    allowed: Sequence[int] = (0,),
) -> Cost:
    """Run a command to its end, on one thread; what it prints goes to `log`.

    Ends the benchmark where it ends with another code than those that are allowed.
    """
    log.parent.mkdir(parents=True, exist_ok=True)
    print(f"runs: {' '.join(map(str, command))[:300]}", file=sys.stderr, flush=True)
    given = {**os.environ, "OMP_NUM_THREADS": "1", "PYTHONWARNINGS": "ignore", **(environment or {})}
    started = perf_counter()
    with log.open("w") as out:
        child = subprocess.Popen([str(part) for part in command], stdout=out, stderr=subprocess.STDOUT, env=given)
        _, status, used = os.wait4(child.pid, 0)
    wall_s = perf_counter() - started
    child.returncode = os.waitstatus_to_exitcode(status)
    if child.returncode not in allowed:
        sys.exit(f"It ended with {child.returncode}; {log} says why.")
    scale = 1 if sys.platform == "darwin" else 1024
    return Cost(wall_s, used.ru_utime + used.ru_stime, used.ru_maxrss * scale, child.returncode)
