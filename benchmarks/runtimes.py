"""What is fastest where: a real network on every runtime, and what is left of a user network's speed beside it.

    python benchmarks/runtimes.py [--work DIR]

Needs every runtime in one environment: edgewise[torch,openvino,ncnn,litert,executorch], and EDGEWISE_LITERT_PYTHON for
LiteRT's converter; what is missing is a row that says so. Data: EDGEWISE_DATA (default ../shared/data), training
images: some to calibrate on, others to compare answers. The user's network is the first one of `int8_users.py`; where
--work holds it, it is not made again. Both networks take turns. Writes benchmarks/results/runtimes.json and
docs/runtimes.md.
"""

import argparse
import os
import tempfile
from dataclasses import asdict
from pathlib import Path
from typing import Any

from int8_users import user_network
from pages import write_result
from prune_users_data import DATA, IMAGES, SEED, users
from runtimes_page import GENERIC, USER, write_runtimes_page

from edgewise.bench.benchmark import Settings, benchmark
from edgewise.bench.subject import Images
from edgewise.export.write import RUNTIMES, targets
from edgewise.zoo.sources import find

LIMIT = 100


def rows(work: Path) -> dict[str, list[dict[str, Any]]]:
    """Of each network, by the name that the page gives it."""
    own = user_network(work, next(iter(users({5: 1}))))
    sources = find([f"torch:{DATA / 'nets.py'}:resnet50", f"onnx:{next(own.glob('*-user-fp32.onnx'))}"])
    wanted = tuple(target for engine in RUNTIMES for target in targets([engine.value], ["fp32", "int8"]))
    images = Images(str(IMAGES / "train"), LIMIT, SEED)
    found = benchmark(sources, Settings(wanted, images=images, seed=SEED), _say).results
    names = dict(zip(dict.fromkeys(one.model for one in found), (GENERIC, USER), strict=True))
    return {title: [asdict(one) for one in found if names[one.model] == title] for title in names.values()}


def _say(what: str, done: int, total: int) -> None:
    print(f"{what} {done}/{total}", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--work", type=Path, default=Path(tempfile.gettempdir()) / "edgewise-runtimes")
    work = parser.parse_args().work
    work.mkdir(parents=True, exist_ok=True)
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    found = {"seed": SEED, "images": LIMIT, "rows": rows(work)}
    write_runtimes_page(found | {"machine": write_result("runtimes", found)})


if __name__ == "__main__":
    main()
