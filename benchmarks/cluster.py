"""What a Ray cluster costs beside processes of one machine: the same profile, side by side, and a node killed.

One process; two of this machine; two Ray nodes of one core each on this machine; and these with a third node, which is
killed when a third of the shards are there. Every run is the real command; the tables of all are compared.
"""

import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING, Any

from pages import ROOT, markdown_table, write_page, write_result

from edgewise.drawn import write_split
from edgewise.store import read_table

if TYPE_CHECKING:
    from tests.ray_cluster import Cluster

_IMAGES_PER_CLASS = 60
_ZOO = ("tiny:*",)
_RUNS = 2
NAMES = {
    "one": "one process",
    "local": "two processes of this machine",
    "ray": "two Ray nodes of one core",
    "killed": "two Ray nodes, and a third that is killed",
}


def main() -> None:
    """Run all, write the result and its page."""
    sys.path.insert(0, str(ROOT))
    from tests.ray_cluster import ray_cluster

    with tempfile.TemporaryDirectory(prefix="ew-bench-") as temporary:
        folder = Path(temporary)
        data = folder / "data"
        write_split(data, "profile", _IMAGES_PER_CLASS)
        with ray_cluster(2) as cluster:
            ran = {name: [] for name in NAMES}
            for turn in range(_RUNS):
                for name, found in ran.items():
                    found.append(_run(name, data, folder / f"{name}-{turn}", cluster))
        outs = [folder / f"{name}-{turn}" for name in NAMES for turn in range(_RUNS)]
        tables = [_tables(out) for out in outs]
    result = {
        "seed": 0,
        "images": 10 * _IMAGES_PER_CLASS,
        "zoo": list(_ZOO),
        "equal": all(table == tables[0] for table in tables),
        "seconds": {name: [round(s, 1) for s in found] for name, found in ran.items()},
    }
    write_result("cluster", result)
    stored = json.loads((ROOT / "benchmarks" / "results" / "cluster.json").read_text())
    write_page("cluster_overhead", page(stored))


def _run(name: str, data: Path, out: Path, cluster: "Cluster") -> float:
    """Seconds of the command, from its start to its end."""
    command = [sys.executable, "-m", "edgewise", "profile", "--data", str(data), "--out", str(out), "--quiet"]
    if name == "local":
        command += ["--jobs", "2"]
    if name in ("ray", "killed"):
        command += ["--executor", "ray", "--address", cluster.address]
    victim = cluster.add() if name == "killed" else None
    started = time.perf_counter()
    process = subprocess.Popen(command, env=cluster.environment, cwd=ROOT, stdout=subprocess.DEVNULL)
    if victim:
        third = 10 * _IMAGES_PER_CLASS // 50 // 3
        while process.poll() is None and len(list((out / "shards").glob("0*"))) < third:
            time.sleep(0.01)
        victim.kill()
    assert process.wait() == 0
    return time.perf_counter() - started


def _tables(out: Path) -> Any:
    images = read_table(out / "images.parquet")
    del images["decode_ms"]
    logits = {path.name: path.read_bytes() for path in sorted((out / "logits").iterdir())}
    return read_table(out / "outcomes.parquet"), images, logits


def page(stored: dict[str, Any]) -> list[str]:
    """The parts of docs/cluster_overhead.md."""
    machine, seconds = stored["machine"], stored["seconds"]
    middle = {name: median(found) for name, found in seconds.items()}
    rows = [
        [
            NAMES[name],
            f"{middle[name]:.1f}",
            f"{min(found):.1f} to {max(found):.1f}",
            f"{middle[name] / middle['local']:.2f}",
        ]
        for name, found in seconds.items()
    ]
    return [
        "# What a cluster costs",
        f"Made by `{stored['command']}` (seed {stored['seed']}) on {machine['cpu']}, {machine['cores']} cores. "
        f"The command `edgewise profile` on {stored['images']:,} drawn images and the four bundled networks, from its "
        f"start to its end, {len(seconds['local'])} runs each, taking turns. The nodes are on this one machine and "
        "share its cores: the rows differ by what Ray costs, not by what more machines give.",
        markdown_table(["", "seconds, median", "of all runs", "times two processes"], rows),
        "Networks this small are the worst case: to load, to start processes and to send takes as long for them as for "
        "large ones. Every run ends with measuring latency in one process, which no executor shortens.",
        "The tables of all runs are equal to the bit, those of the killed node too."
        if stored["equal"]
        else "THE TABLES DIFFER.",
        "The machine was shared with other work while this was measured.",
    ]


if __name__ == "__main__":
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    main()
