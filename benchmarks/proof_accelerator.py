"""Contest C of the page of proof: `edgewise accel run` beside SCALE-Sim, on the same network and arrays."""

import json
import sys
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from proof_cost import Cost, measured_once
from proof_lines import lines_of
from prune_users_data import DATA
from scale_sim import compared
from scale_sim_installed import installed

from edgewise.accel.array import Array, Dataflow
from edgewise.accel.scale_sim_config import ScaleSimConfig, write_config
from edgewise.accel.scale_sim_reports import read_compute_report
from edgewise.accel.topology import read_topology

HERE = Path(__file__).parent
RIVALS = HERE / "rivals"
NETWORK, PX = "resnet18", 64
ROWS = COLUMNS = 32
SRAM_KIB, ROUNDS = 64, 3
DATAFLOWS: tuple[Dataflow, ...] = ("weight", "output")


def accelerator(work: Path, environments: Path, dataflows: Sequence[Dataflow] = DATAFLOWS) -> dict[str, Any]:
    """Both on every layer of one network, on one array for each dataflow; what is done already is read."""
    python = installed(environments)
    arrays = [_array(work / dataflow, dataflow, python) for dataflow in dataflows]
    ours, theirs = ["edgewise_accel.sh"], ["topology_of.py", "scale_sim_user.py"]
    return {
        "network": NETWORK,
        "px": PX,
        "rows": ROWS,
        "columns": COLUMNS,
        "sram_kib": SRAM_KIB,
        "rounds": ROUNDS,
        "arrays": arrays,
        "lines": {"edgewise": _lines(ours), "SCALE-Sim": _lines(theirs)},
        "files": {"edgewise": ours, "SCALE-Sim": theirs},
    }


def _lines(names: list[str]) -> int:
    return sum(lines_of(RIVALS / name) for name in names)


def _array(work: Path, dataflow: Dataflow, python: Path) -> dict[str, Any]:
    done = work / "found.json"
    if done.is_file():
        return json.loads(done.read_text())
    work.mkdir(parents=True, exist_ok=True)
    array = Array(ROWS, COLUMNS, dataflow)
    config, topology = work / "scale.cfg", work / "topology.csv"
    write_config(config, ScaleSimConfig("run", array, SRAM_KIB, SRAM_KIB, SRAM_KIB))
    source = f"{DATA / 'nets.py'}:{NETWORK}"
    command = [sys.executable, RIVALS / "topology_of.py", source, str(PX), topology]
    writing = measured_once(work / "topology.json", command, work / "topology.log")
    command = [python, RIVALS / "scale_sim_user.py", config, topology, work]
    theirs = measured_once(work / "theirs.json", command, work / "theirs.log")
    command = ["bash", RIVALS / "edgewise_accel.sh", f"torch:{source}", config, str(PX)]
    ours = [measured_once(work / f"ours-{place}.json", command, work / "ours.json") for place in range(ROUNDS)]
    layers = read_topology(topology)
    rows = compared(layers, array, read_compute_report(work / "run" / "COMPUTE_REPORT.csv"))
    said = json.loads((work / "ours.json").read_text())
    for row, one in zip(rows, said["layers"], strict=True):
        row["said_cycles"] = round(one["compute_cycles"])  # more where the buffers cut a layer into blocks
    whole = [row for row in rows if row["said_cycles"] == row["cycles"]]
    found = {
        "dataflow": dataflow,
        "layers": len(rows),
        "agree": sum(row["unexplained_cycles"] == 0 for row in whole),
        "in_blocks": len(rows) - len(whole),
        "agree_but_for_blocks": sum(row["unexplained_cycles"] == 0 for row in rows),
        "agree_as_reported": sum(row["said_cycles"] == row["scale_sim_cycles"] + 1 for row in rows),
        "cycles": sum(row["said_cycles"] for row in rows),
        "scale_sim_cycles": sum(row["scale_sim_cycles"] for row in rows),
        "explained": {key: sum(row[key] for row in rows) for key in ("overhang_cycles", "drain_cycles", "last_cycle")},
        "cost": {"edgewise": [asdict(one) for one in ours], "SCALE-Sim": asdict(_together(writing, theirs))},
        "scale_sim_alone_cpu_s": theirs.cpu_s,
    }
    done.write_text(json.dumps(found))
    return found


def _together(*costs: Cost) -> Cost:
    return Cost(sum(one.wall_s for one in costs), sum(one.cpu_s for one in costs), max(one.peak_bytes for one in costs))
