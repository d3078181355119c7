"""A fleet of 10,000 users: what networks of their own cost and gain them, against the best fixed network for all.

    python benchmarks/fleet.py [--jobs 2]

Everything is drawn from the calibration that the package ships (benchmarks/fleet_calibration.py). First the sanity
checks: each real user foretold by the others, and the chain of a life beside one that was measured
(benchmarks/results/live_user.json), beside the observer's own benchmark (find_classes.json) and beside whole lives by
the real code (fleet_composed.json). Then lives of 5,000 to 100,000 inputs, several fleets, and the growth: 100 to
100,000 users, each in a process of its own that is asked for its seconds, and the peak of memory (fleet_memory.py).
Writes benchmarks/results/fleet.json, docs/fleet.md and its picture.
"""

import argparse
import json
import resource
import subprocess
import sys
from dataclasses import asdict, replace
from time import perf_counter
from typing import Any

import numpy as np
from fleet_checks import against_composed, against_find_classes, against_live, foretold
from fleet_memory import peak_bytes
from fleet_page import page
from fleet_picture import draw
from pages import write_page, write_result
from pictures import write_svg

from edgewise.executors.local import LocalExecutor
from edgewise.fleet.calibration import Calibration, read_calibration
from edgewise.fleet.device import FleetDevice
from edgewise.fleet.find_device import find_device
from edgewise.fleet.result import FleetResult, result_of
from edgewise.fleet.simulate import simulate
from edgewise.fleet.terms import Terms

TERMS = Terms(users=10_000, inputs=20_000)
LIVES = (5000, 10_000, 20_000, 50_000, 100_000)
FEW, LEFT_OUT = 300, 2000  # users of each fleet beside the main one, and of the main one with a real user left out
GROWTH = (100, 1000, 10_000, 100_000)
MILLION = 1_000_000


def played(terms: Terms, calibration: Calibration, jobs: int, device: FleetDevice | None = None) -> FleetResult:
    device = device or find_device("calibration", calibration)
    left_out = min(terms.users, LEFT_OUT)
    found = simulate(terms, calibration, device, LocalExecutor(jobs), left_out_users=left_out)
    print(f"{terms.users:,} users of {terms.inputs:,} inputs, {device.name}", file=sys.stderr)
    return result_of(found)


def fleets(whole: Calibration, jobs: int) -> list[dict[str, Any]]:
    """Other users, other networks, other devices: one thing is changed in each."""
    first = whole.ways[0]
    few = replace(TERMS, users=FEW)
    asked: list[tuple[str, Terms, str, str]] = [
        ("as above", few, first, "calibration"),
        ("nobody changes", replace(few, drift=0.0), first, "calibration"),
        ("ten times the drift", replace(few, drift=1.0), first, "calibration"),
        ("three classes each", replace(few, fewest_classes=3, most_classes=3), first, "calibration"),
        ("ten classes each", replace(few, fewest_classes=10, most_classes=10), first, "calibration"),
        ("the guard at 2 points", replace(few, max_drop_points=2.0), first, "calibration"),
        ("no guard", replace(few, max_drop_points=None), first, "calibration"),
        *((way, few, way, "calibration") for way in whole.ways[1:]),
        ("accelerator edge-tpu-like", few, first, "accel:edge-tpu-like"),
        ("accelerator phone-npu", few, first, "accel:phone-npu"),
    ]
    found = []
    for name, terms, way, device_name in asked:
        chosen = whole.only(way)
        device = find_device(device_name, chosen)
        about = {"name": name, "users": terms.users, "network": way, "device": device.name, "source": device.source}
        found.append({**about, **summary(played(terms, chosen, jobs, device))})
    return found


def summary(result: FleetResult) -> dict[str, Any]:
    """What the page's tables show of one fleet."""
    return {
        "figures": {
            one.name: {**asdict(one), "without_one": asdict_or_none(one.without_one)} for one in result.figures
        },
        "rivals": {name: asdict(rival) for name, rival in result.rivals.items()},
    }


def asdict_or_none(value: Any) -> Any:
    return None if value is None else asdict(value)


def grown(jobs: int) -> list[dict[str, Any]]:
    """Each number of users in a fresh process, by the command that a user gives."""
    rows = []
    for users in GROWTH:
        command = [*("fleet", "simulate", "--users", str(users), "--inputs", str(TERMS.inputs), "--left-out", "0")]
        command += ["--jobs", str(jobs), "--quiet", "--json"]
        before, started = resource.getrusage(resource.RUSAGE_CHILDREN), perf_counter()
        subprocess.run([sys.executable, "-m", "edgewise", *command], stdout=subprocess.DEVNULL, check=True)
        wall = perf_counter() - started
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
        rows.append({"users": users, "seconds": wall, "cpu_seconds": cpu, "peak_bytes": peak_bytes(users)})
        print(f"{users:,} users: {cpu:.1f} s of processor time", file=sys.stderr)
    return rows


def extrapolated(rows: list[dict[str, Any]]) -> dict[str, Any]:
    """Time: a line through what was measured, to a million; its error is that of foretelling the last from the others.

    Memory is measured.
    """

    def at(users: int, of: list[dict[str, Any]]) -> float:
        line = np.polyfit([row["users"] for row in of], [row["cpu_seconds"] for row in of], 1)
        return float(np.polyval(line, users))

    last = rows[-1]
    error = abs(at(last["users"], rows[:-1]) / last["cpu_seconds"] - 1)
    seconds = at(MILLION, rows)
    return {"users": MILLION, "cpu_seconds": seconds, "cpu_seconds_error": error, "peak_bytes": peak_bytes(MILLION)}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--jobs", type=int, default=2)
    options = parser.parse_args()
    whole = read_calibration()
    chosen = whole.only(whole.ways[0])
    checks = {
        "foretold": {way: foretold(whole.only(way)) for way in whole.ways},
        "live": against_live(whole),
        "find_classes": against_find_classes(whole),
        "composed": against_composed(),
    }
    started = perf_counter()
    main_result = played(TERMS, chosen, options.jobs)
    seconds = perf_counter() - started
    growth = grown(options.jobs)
    result = {
        "seed": TERMS.seed,
        "jobs": options.jobs,
        "terms": asdict(TERMS),
        "network": chosen.ways[0],
        "real_users": list(chosen.users),
        "seconds": seconds,
        "result": {**asdict(main_result), **summary(main_result)},
        "lives": [
            {"inputs": inputs, **summary(played(replace(TERMS, users=FEW, inputs=inputs), chosen, options.jobs))}
            for inputs in LIVES
        ],
        "fleets": fleets(whole, options.jobs),
        "growth": growth,
        "million": extrapolated(growth),
        "checks": checks,
    }
    write_result("fleet", json.loads(json.dumps(result)))
    shown = write_svg("fleet", draw(result), "each way to serve everybody, and who breaks even by the length of a life")
    write_page("fleet", page(result, shown))


if __name__ == "__main__":
    main()
