"""SCALE-Sim in a virtual environment of its own, and one run of it."""

import json
import subprocess
import sys
import venv
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from edgewise.accel.convolution import Convolution
from edgewise.accel.scale_sim_config import ScaleSimConfig, write_config
from edgewise.accel.scale_sim_reports import LayerReport, read_compute_report
from edgewise.accel.topology import write_topology

PACKAGES = ("scalesim==3.0.0", "numpy<2.4")  # it fails with newer ones
CHILD = Path(__file__).parent / "scale_sim_child.py"


@dataclass(frozen=True)
class Simulated:
    """What one run of SCALE-Sim gave."""

    reports: tuple[LayerReport, ...]
    layer_seconds: tuple[float, ...]
    seconds: float  # of all, without starting Python and importing it
    versions: dict[str, str]
    folder: Path  # of its reports


def installed(work: Path) -> Path:
    """The Python that has SCALE-Sim; it is installed into `work` where it is not there yet."""
    folder = work / "environment"
    python = folder / "bin" / "python"
    if (
        not python.exists()
        or subprocess.run([python, "-c", "import scalesim.scale_sim"], capture_output=True).returncode
    ):
        print(f"installing {', '.join(PACKAGES)} into {folder}", file=sys.stderr)
        venv.create(folder, clear=True, with_pip=True)
        subprocess.run([python, "-m", "pip", "install", "--quiet", *PACKAGES], check=True)
    return python


def simulate(
    python: Path,
    folder: Path,
    config: ScaleSimConfig,
    layers: Sequence[Convolution],
    told: Callable[[str], None] = lambda text: None,
) -> Simulated:
    """Run SCALE-Sim on layers, in a folder of its own; `told` hears of each layer that is done."""
    folder.mkdir(parents=True, exist_ok=True)
    files = [folder / name for name in ("scale.cfg", "topology.csv", "layout.csv")]
    write_config(files[0], config)
    write_topology(files[1], layers)
    files[2].write_text("Layer name,\n")  # it must be there, and is not looked into
    command = [str(python), str(CHILD), *map(str, files), str(folder)]
    seconds: list[float] = []
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=folder) as child:
        assert child.stdout is not None
        said = {}
        for line in child.stdout:
            if not line.startswith("{"):
                continue
            said = json.loads(line)
            if "layer" in said:
                seconds.append(said["seconds"])
                told(f"{layers[said['layer']].name} {said['seconds']:.1f} s")
    if child.returncode or len(seconds) != len(layers):
        sys.exit(f"SCALE-Sim ended with {child.returncode} after {len(seconds)} of {len(layers)} layers.")
    made = folder / config.run_name
    reports = read_compute_report(made / "COMPUTE_REPORT.csv")
    return Simulated(reports, tuple(seconds), said["seconds"], said["versions"], made)
