"""What is fastest where: real networks on every runtime, at fp32 and int8, and what is left of a user network's speed.

    python benchmarks/runtimes.py [--work DIR]

Needs every runtime in one environment: edgewise[torch,openvino,ncnn,litert,executorch], and EDGEWISE_LITERT_PYTHON for
LiteRT's converter; what is missing is a row that says so. Data: EDGEWISE_DATA (default ../shared/data), training
images: some to calibrate on, others to compare answers. The user's network is the first one of `int8_users.py`; where
--work holds it, it is not made again. Writes benchmarks/results/runtimes.json and docs/runtimes.md.
"""

import argparse
import os
import tempfile
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

from int8_users import user_network
from pages import write_result
from prune_users_data import DATA, IMAGES, SEED, users
from runtimes_page import write_runtimes_page

from edgewise.bench.benchmark import Settings, benchmark
from edgewise.export.write import RUNTIMES, precisions_of, targets
from edgewise.store import read_json, write_json
from edgewise.zoo.sources import find_one

THREADS, LIMIT = (1, 2), 200


def sources(work: Path) -> dict[str, str]:
    """The networks, by the names that the page gives them."""
    own = user_network(work, next(iter(users({5: 1}))))
    return {
        "ResNet-50": f"torch:{DATA / 'nets.py'}:resnet50",
        "ResNet-50 for a user": f"onnx:{next(own.glob('*-user-fp32.onnx'))}",
        "ResNet-18": f"torch:{DATA / 'nets.py'}:resnet18",
    }


def measured(name: str, source: str, work: Path) -> list[dict[str, Any]]:
    """The rows of one network; taken from --work where they are there."""
    path = work / f"runtimes-{name.replace(' ', '-')}.json"
    if path.is_file():
        return read_json(path, "rows", 1)["rows"]
    wanted = tuple(
        target for engine in RUNTIMES for target in targets([engine.value], ["fp32", "int8"]) if precisions_of(engine)
    )
    found = benchmark(
        find_one(source), Settings(wanted, THREADS, "rapid", str(IMAGES / "train"), LIMIT, SEED), _say(name)
    )
    rows = [asdict(one) for one in found.results]
    write_json(path, "rows", 1, {"rows": rows})
    return rows


def _say(name: str) -> Any:
    def say(what: str, done: int, total: int) -> None:
        print(f"{name}: {what} {done}/{total}", flush=True)

    return say


def result(rows: Mapping[str, list[dict[str, Any]]]) -> dict[str, Any]:
    return {"seed": SEED, "threads": THREADS, "images": LIMIT, "rows": dict(rows)}


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--work", type=Path, default=Path(tempfile.gettempdir()) / "edgewise-runtimes")
    work = parser.parse_args().work
    work.mkdir(parents=True, exist_ok=True)
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    rows = {name: measured(name, source, work) for name, source in sources(work).items()}
    found = result(rows)
    write_runtimes_page(found | {"machine": write_result("runtimes", found)})


if __name__ == "__main__":
    main()
