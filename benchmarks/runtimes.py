"""What is fastest where: a real network on every runtime of this device, at fp32 and int8.

    python benchmarks/runtimes.py [--work DIR]

Needs every runtime in one environment: edgewise[torch,openvino,ncnn,litert,executorch], and EDGEWISE_LITERT_PYTHON for
LiteRT's converter; what is missing is a row that says so. Data: EDGEWISE_DATA (default ../shared/data), training
images: some to calibrate on, others to compare answers. Rows that --work holds are not measured again. Writes
benchmarks/results/runtimes.json and docs/runtimes.md.
"""

import argparse
import os
import tempfile
from dataclasses import asdict
from pathlib import Path
from typing import Any

from pages import write_result
from prune_users_data import DATA, IMAGES, SEED
from runtimes_page import write_runtimes_page

from edgewise.bench.benchmark import Settings, benchmark
from edgewise.bench.subject import Images
from edgewise.export.write import RUNTIMES, targets
from edgewise.store import read_json, write_json
from edgewise.zoo.sources import find

NETWORK, LIMIT, THREADS = "ResNet-50", 200, 1


def rows(work: Path) -> list[dict[str, Any]]:
    """Of the network, one for each runtime and precision."""
    path = work / f"runtimes-{NETWORK}.json"
    if not path.is_file():
        wanted = tuple(target for engine in RUNTIMES for target in targets([engine.value], ["fp32", "int8"]))
        images = Images(str(IMAGES / "train"), LIMIT, SEED)
        settings = Settings(wanted, (THREADS,), images=images, seed=SEED)
        found = benchmark(find([f"torch:{DATA / 'nets.py'}:resnet50"]), settings, _say).results
        write_json(path, "rows", 1, {"rows": [asdict(one) for one in found]})
    return [one for one in read_json(path, "rows", 1)["rows"] if one["threads"] == THREADS]


def _say(what: str, done: int, total: int) -> None:
    print(f"{what} {done}/{total}", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--work", type=Path, default=Path(tempfile.gettempdir()) / "edgewise-runtimes")
    work = parser.parse_args().work
    work.mkdir(parents=True, exist_ok=True)
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    found = {"seed": SEED, "network": NETWORK, "images": LIMIT, "threads": THREADS, "rows": rows(work)}
    write_runtimes_page(found | {"machine": write_result("runtimes", found)})


if __name__ == "__main__":
    main()
