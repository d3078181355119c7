"""The first paper's compression case: a selector over four variants of one network, with the premodel among the kinds.

    python benchmarks/compression_case.py [--work DIR] [--mode rapid|quick|normal]

Data: EDGEWISE_DATA (default ../shared/data). ResNet-18 at 224 px as it is, at int8, cut for twice its speed at float32
by the maker of `edgewise prune` on 500 unlabelled training images of all 20 classes, and cut and at int8: profiled on
the 1,000 official validation images, 20-way, on ONNX Runtime. Selectors are judged by nested cross-validation in the
fair table, as by `edgewise select evaluate`, and each beside the most accurate variant that alone takes no longer.
Cutting and quantising see no validation image. What was made and profiled is kept in --work. Writes
benchmarks/results/compression_case.json, docs/compression_case.md and its picture.
"""

import argparse
import json
import sys
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
from compression_case_page import NAME, PLAIN, page, words
from compression_case_variants import HELD_OUT, IMAGES, SPEEDUP, WHOLE, cut_network, variants, zoo_file
from pages import write_page, write_result
from pictures import write_plane
from prune_users_data import DATA, SEED

from edgewise.cli.console import progress_bars
from edgewise.profile.run import Settings, profile
from edgewise.select.judge.bootstrap import interval, resampled_means
from edgewise.select.judge.evaluate import Evaluation, evaluate
from edgewise.select.judge.fair_table import Interval
from edgewise.select.judge.fair_table_json import table_to_json
from edgewise.select.named import standard_methods
from edgewise.select.trials import Trials

FOLDS, RESAMPLES = 5, 2000
VALIDATION = DATA / "imagenet20" / "val"


def beside(trials: Trials, evaluation: Evaluation) -> dict[str, dict[str, Any]]:
    """Of each selector: against the plain network, and the most accurate single variant that takes no longer.

    Intervals are paired over the images; which variant stands beside it is taken as given.
    """
    right = np.column_stack([scores.argmax(axis=1) == trials.labels for scores in trials.logits])
    alone_ms = trials.decode_ms + trials.times_ms
    plain = trials.models.index(PLAIN)
    found: dict[str, dict[str, Any]] = {}
    for name, routes in evaluation.routed.items():
        own, own_ms = routes.right(trials.labels), evaluation.time_ms[name]
        allowed = np.flatnonzero(alone_ms <= own_ms.mean())
        rival = int(allowed[np.argmax(right[:, allowed].mean(axis=0))]) if len(allowed) else None
        ratio = alone_ms[plain] / own_ms.mean()
        resampled = alone_ms[plain] / resampled_means(own_ms[:, None], RESAMPLES, SEED)[:, 0]
        found[name] = {
            "times_as_fast_as_plain": asdict(interval(float(ratio), resampled)),
            "over_plain": asdict(_paired(own, right[:, plain])),
            "at_its_time": None if rival is None else trials.models[rival],
            "over_it": None if rival is None else asdict(_paired(own, right[:, rival])),
        }
    return found


def _paired(own: np.ndarray, other: np.ndarray) -> Interval:
    """How much more often `own` [n] is right, as a share."""
    more = own.astype(np.float64) - other
    return interval(float(more.mean()), resampled_means(more[:, None], RESAMPLES, SEED)[:, 0])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--work", type=Path, default=Path("/tmp/edgewise-compression-case"))
    parser.add_argument("--mode", choices=["rapid", "quick", "normal"], default="rapid")
    arguments = parser.parse_args()
    if not VALIDATION.is_dir():
        sys.exit(f"No evaluation data at {DATA}; set EDGEWISE_DATA to its folder.")
    work: Path = arguments.work.resolve()
    work.mkdir(parents=True, exist_ok=True)
    files = variants(work)
    zoo, out = str(zoo_file(work, files)), work / "profile"
    with progress_bars() as progress:
        wanted = Settings(zoo=(zoo,), data=VALIDATION, out=out, classes=("data",), mode=arguments.mode, seed=SEED)
        outcomes = profile(wanted, progress)
        trials = outcomes.trials()
        evaluation = evaluate(trials, standard_methods(trials, seed=SEED), folds=FOLDS, seed=SEED, progress=progress)
    made = json.loads((cut_network(work) / "user_network.json").read_text())["data"]
    result: dict[str, Any] = {
        "seed": SEED,
        "mode": arguments.mode,
        "folds": FOLDS,
        "network": asdict(WHOLE),
        "speedup": SPEEDUP,
        "made_of_images": IMAGES,
        "held_out": HELD_OUT,
        "cut": {"macs": made["macs"], "generic_macs": made["generic_macs"], "seconds": _seconds(made)},
        "guard": {"fp32": made["fp32"]["evidence"]["found"], "int8": made["evidence"]["found"]},
        "file_bytes": {name: path.stat().st_size for name, path in files.items()},
        "latency": [asdict(one) for one in outcomes.latency],
        "beside": beside(trials, evaluation),
        "table": table_to_json(evaluation.table),
    }
    result["in_words"] = words(result)
    result["machine"] = write_result(NAME, result)
    write_plane(NAME, evaluation.table)
    write_page(NAME, page(result))


def _seconds(made: dict[str, Any]) -> float:
    return sum(step["seconds"] for step in made["cost"]["steps"])


if __name__ == "__main__":
    main()
