"""Our closed forms beside SCALE-Sim: compute cycles layer by layer, and how long one waits for them.

    python benchmarks/scale_sim.py [--size-px 224] [--rounds 201] [--work FOLDER]

The distinct layers of ResNet-18, in all three dataflows, on the array and memories that SCALE-Sim ships as its example.
SCALE-Sim is installed into an environment of its own under --work (default ~/.cache/edgewise/scale_sim), once. Both
read the same files and write the same report; neither time includes starting Python and importing. Nothing is drawn, so
there is no seed. Writes benchmarks/results/scale_sim.json and docs/scale_sim.md; takes half an hour, nearly all of it
SCALE-Sim's (`--size-px 64`: four minutes).
"""

import argparse
import statistics
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from time import perf_counter_ns
from typing import Any, get_args

from pages import write_page, write_result
from scale_sim_installed import Simulated, installed, simulate
from scale_sim_page import page, words

from edgewise.accel.array import Array, Dataflow
from edgewise.accel.convolution import Convolution, dense
from edgewise.accel.scale_sim_config import ScaleSimConfig, read_config
from edgewise.accel.scale_sim_differences import differences
from edgewise.accel.scale_sim_reports import LayerReport, layer_reports, write_compute_report
from edgewise.accel.topology import read_topology

CACHE = Path.home() / ".cache" / "edgewise" / "scale_sim"
ROWS = COLUMNS = 32
SRAM_KIB = 64
WIDTHS = (64, 128, 256, 512)
WARM_UP = 20


def resnet18(size_px: int) -> tuple[Convolution, ...]:
    """Its distinct layers: one of each shape."""
    found = [Convolution("stem", 1, 3, 64, (size_px, size_px), (7, 7), (2, 2), (3, 3))]
    side = -(-size_px // 4)  # behind the stem and its pool
    for stage, gives in enumerate(WIDTHS, start=1):
        if stage > 1:
            takes, size = WIDTHS[stage - 2], (side, side)
            found += [
                Convolution(f"stage {stage} first 3x3", 1, takes, gives, size, (3, 3), (2, 2), (1, 1)),
                Convolution(f"stage {stage} shortcut", 1, takes, gives, size, (1, 1), (2, 2)),
            ]
            side = -(-side // 2)
        found.append(Convolution(f"stage {stage} 3x3", 1, gives, gives, (side, side), (3, 3), (1, 1), (1, 1)))
    return (*found, dense("head", 1, WIDTHS[-1], 1000))


def compared(layers: Sequence[Convolution], array: Array, theirs: Sequence[LayerReport]) -> list[dict[str, Any]]:
    """Layer by layer: SCALE-Sim's compute cycles, the known differences, ours, and what nothing explains."""
    rows: list[dict[str, Any]] = []
    for layer, report in zip(layers, theirs, strict=True):
        known, cycles = differences(layer, array), array.cycles(layer.forward)
        rows.append(
            {
                "layer": layer.name,
                "product": [layer.forward.m, layer.forward.k, layer.forward.n],
                "scale_sim_cycles": report.compute_cycles,
                "overhang_cycles": known.overhang_cycles,
                "drain_cycles": known.drain_cycles,
                "last_cycle": known.last_cycle,
                "cycles": cycles,
                "unexplained_cycles": cycles - report.compute_cycles - known.net_cycles,
            }
        )
    return rows


def timed(call: Callable[[], object], rounds: int) -> dict[str, float]:
    """Milliseconds of a call, median and p90, warmed up."""
    times: list[float] = []
    for _ in range(WARM_UP + rounds):
        started = perf_counter_ns()
        call()
        times.append((perf_counter_ns() - started) / 1e6)
    kept = times[WARM_UP:]
    return {"median_ms": statistics.median(kept), "p90_ms": statistics.quantiles(kept, n=10)[-1]}


def measured(simulated: Simulated, config: ScaleSimConfig, rounds: int) -> dict[str, Any]:
    """One dataflow: cycles of both, and the time of both from the same files to the same report."""
    folder = simulated.folder.parent
    layers = read_topology(folder / "topology.csv")
    rows = compared(layers, config.array, simulated.reports)
    for row, seconds in zip(rows, simulated.layer_seconds, strict=True):
        row["scale_sim_s"] = seconds

    def from_files() -> None:
        array, read = read_config(folder / "scale.cfg").array, read_topology(folder / "topology.csv")
        write_compute_report(folder / "ours.csv", layer_reports(read, array))

    whole, cycles = timed(from_files, rounds), timed(lambda: layer_reports(layers, config.array), rounds)
    return {
        "layers": rows,
        "scale_sim_s": simulated.seconds,
        "files_to_report": whole,
        "cycles_alone": cycles,
        "times_faster": simulated.seconds / (whole["median_ms"] / 1e3),
        "times_faster_cycles_alone": simulated.seconds / (cycles["median_ms"] / 1e3),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--size-px", type=int, default=224)
    parser.add_argument("--rounds", type=int, default=201)
    parser.add_argument("--work", type=Path, default=CACHE)
    given = parser.parse_args()
    work: Path = given.work.resolve()
    python, layers = installed(work), resnet18(given.size_px)
    found: dict[str, Any] = {}
    versions: dict[str, str] = {}
    for dataflow in get_args(Dataflow):
        config = ScaleSimConfig(f"resnet18_{dataflow}", Array(ROWS, COLUMNS, dataflow), SRAM_KIB, SRAM_KIB, SRAM_KIB)
        told = lambda text, dataflow=dataflow: print(f"{dataflow} stationary: {text}", file=sys.stderr)  # noqa: E731
        simulated = simulate(python, work / dataflow, config, layers, told)
        found[dataflow], versions = measured(simulated, config, given.rounds), simulated.versions
    size = {"size_px": given.size_px, "rows": ROWS, "columns": COLUMNS, "sram_kib": SRAM_KIB, "rounds": given.rounds}
    result: dict[str, Any] = {**size, "scale_sim_versions": versions, "dataflows": found}
    result["in_words"] = words(result)
    machine = write_result("scale_sim", result)
    write_page("scale_sim", page({**result, "machine": machine}))


if __name__ == "__main__":
    main()
