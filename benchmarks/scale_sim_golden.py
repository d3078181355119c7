"""Record what SCALE-Sim reports of a small topology, for the tests to hold our closed forms against.

    python benchmarks/scale_sim_golden.py [--work FOLDER]

Writes tests/accel/golden/scale_sim/; see the README there. Takes a minute or two.
"""

import argparse
import shutil
from pathlib import Path
from typing import get_args

from scale_sim_installed import installed, simulate

from edgewise.accel.array import Array, Dataflow
from edgewise.accel.convolution import Convolution, dense
from edgewise.accel.scale_sim_config import Bandwidth, ScaleSimConfig
from edgewise.accel.topology import write_topology

CACHE = Path.home() / ".cache" / "edgewise" / "scale_sim"
GOLDEN = Path(__file__).parent.parent / "tests" / "accel" / "golden" / "scale_sim"
LAYERS = (
    Convolution("conv3x3", 1, 4, 6, (10, 10), (3, 3)),
    Convolution("conv1x1", 1, 20, 18, (7, 7)),
    Convolution("stride2", 1, 5, 12, (9, 9), (3, 3), (2, 2)),
    Convolution("overhang", 1, 3, 4, (8, 8), (3, 3), (2, 2)),
    Convolution("oblong", 1, 2, 9, (12, 5), (3, 2)),
    dense("dense", 1, 40, 10),
    Convolution("tiny", 1, 2, 3, (2, 2)),
    Convolution("one", 1, 1, 1, (1, 1)),
)
SHAPES = ((8, 8), (16, 16), (32, 8), (8, 32))
NARROW = Bandwidth(1, 1, 1)  # with the least memory, so that it stalls


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--work", type=Path, default=CACHE)
    work = parser.parse_args().work.resolve()
    python = installed(work)
    GOLDEN.mkdir(parents=True, exist_ok=True)
    write_topology(GOLDEN / "topology.csv", LAYERS)
    arrays = [Array(*shape, dataflow) for shape in SHAPES for dataflow in get_args(Dataflow)]
    for array in arrays:
        record(python, work, ScaleSimConfig(f"{array.rows}x{array.columns}_{array.dataflow}", array, 4, 4, 4))
    record(python, work, ScaleSimConfig("8x8_weight_stalled", Array(8, 8), 1, 1, 1, NARROW))


def record(python: Path, work: Path, config: ScaleSimConfig) -> None:
    """Keep the configuration and the reports of one run."""
    made = simulate(python, work / "golden", config, LAYERS).folder
    kept = GOLDEN / config.run_name
    kept.mkdir(exist_ok=True)
    shutil.copyfile(made.parent / "scale.cfg", kept / "scale.cfg")
    shutil.copyfile(made / "COMPUTE_REPORT.csv", kept / "COMPUTE_REPORT.csv")
    if config.array.dataflow == "output":
        shutil.copyfile(made / "DETAILED_ACCESS_REPORT.csv", kept / "DETAILED_ACCESS_REPORT.csv")
    print(config.run_name)


if __name__ == "__main__":
    main()
