"""The paper's features: what they cost, and whether a small raster ranks images as the full one does.

    python benchmarks/features.py [--rounds 20]

In one run, on one thread, in turns: the seven features and the premodel's decision among 50,000 known images as one
would first write them (OpenCV on 500 x 375, scikit-learn), and edgewise's; then every step of all 29 features. On
sheets of drawn images, and where the evaluation data are (EDGEWISE_DATA, default ../shared/data) on training
photographs too, which also give the rank agreement. Results go to benchmarks/results/features.json, the tables to
docs/features.md.
"""

import argparse
import os
from pathlib import Path
from typing import Any

import numpy as np
from features_agreement import agreement
from features_images import at_full_size, photographs, sheets
from features_page import page
from features_times import side_by_side
from pages import write_page, write_result
from threadpoolctl import threadpool_limits

from edgewise.images.threads import use_threads

ROOT = Path(__file__).parent.parent
DATA = Path(os.environ.get("EDGEWISE_DATA", ROOT.parent / "shared" / "data")).resolve()
SEED = 0
SHEETS, TIMED_PHOTOGRAPHS, RANKED_PHOTOGRAPHS = 30, 50, 400


def main() -> None:
    parser = argparse.ArgumentParser(description="The paper's features: cost and rank agreement.")
    parser.add_argument("--rounds", type=int, default=20)
    rounds = parser.parse_args().rounds
    use_threads(1)
    result: dict[str, Any] = {"seed": SEED, "rounds": rounds, "load_before": os.getloadavg()[0]}
    with threadpool_limits(1):
        drawn = sheets(SHEETS, np.random.default_rng(SEED))
        result["drawn"] = side_by_side(drawn, rounds, np.random.default_rng(SEED))
        if DATA.is_dir():
            found = photographs(DATA, RANKED_PHOTOGRAPHS, np.random.default_rng(SEED))
            timed = [at_full_size(photograph.square) for photograph in found[:TIMED_PHOTOGRAPHS]]
            result["photographs"] = side_by_side(timed, rounds, np.random.default_rng(SEED))
            result["agreement"] = agreement(found)
    result["load_after"] = os.getloadavg()[0]
    machine = write_result("features", result)
    write_page("features", page(result, machine))


if __name__ == "__main__":
    main()
