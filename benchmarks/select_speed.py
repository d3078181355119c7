"""What selectors cost: choosing, on top of what the models compute, and fitting on 50,000 images x 10 models.

    python benchmarks/select_speed.py [--images 50000] [--models 10] [--classes 1000] [--work DIR]

(a) Choosing: the time inside `decide`, summed over the calls that an image takes, median and p90 over 500 images, for
    20 and for 1,000 classes. The nearest-neighbour router holds all --images points.
(b) Fitting: one path of selectors over all prices of time, per method, on memory-mapped float16 logits, as a profile
    stores them; seconds, and the peak of resident memory in a process of its own. Then all of them again, two at a
    time.

The logits are drawn: each image has a difficulty, each model a skill, and the classes noise. How long it takes does
not depend on whose they are. Results go to benchmarks/results/select_speed.json, the table to docs/select_speed.md.
"""

import argparse
import json
import os
import resource
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from time import perf_counter, perf_counter_ns
from typing import Any

import numpy as np
from pages import markdown_table, write_page, write_result
from speed_goals import choosing_goal, fitting_goal, timed_kinds

from edgewise.select.budget.prices import prices_for
from edgewise.select.feature_costs import at_once
from edgewise.select.paths import PATHS, path_named
from edgewise.select.selector import Run, Seen, Selector, embedding_names
from edgewise.select.trials import Trials

SEED, TIMED = 0, 500
FEATURES = tuple(f"feature{i}" for i in range(7))
CHUNK = 1000


def draw(folder: Path, images: int, models: int, classes: int) -> None:
    """Write labels, and the logits of every model as float16 .npy."""
    rng = np.random.default_rng(SEED)
    labels = rng.integers(0, classes, images)
    np.save(folder / "labels.npy", labels)
    difficulty = rng.normal(0, 2.5, images)
    np.save(folder / "features.npy", np.column_stack([difficulty + rng.normal(0, 3, images) for _ in FEATURES]))
    for model in range(models):
        logits = np.lib.format.open_memmap(folder / f"{model}.npy", "w+", np.float16, (images, classes))
        for start in range(0, images, CHUNK):
            rows = slice(start, min(start + CHUNK, images))
            drawn = rng.normal(0, 1, (rows.stop - rows.start, classes)).astype(np.float32)
            skill = 4 + 0.3 * model + np.log(classes) / 2 - difficulty[rows]
            drawn[np.arange(len(drawn)), labels[rows]] += skill + rng.normal(0, 1, len(drawn))
            logits[rows] = drawn
        logits.flush()


def trials_in(folder: Path) -> Trials:
    """The drawn trials, memory-mapped."""
    models = len(list(folder.glob("[0-9]*.npy")))
    return Trials(
        models=tuple(f"net{i}" for i in range(models)),
        logits=tuple(np.load(folder / f"{i}.npy", mmap_mode="r") for i in range(models)),
        labels=np.load(folder / "labels.npy"),
        features=np.load(folder / "features.npy"),
        feature_names=FEATURES,
        times_ms=2.0 * 1.6 ** np.arange(models),
        decode_ms=1.0,
        feature_costs=at_once(FEATURES, 0.5),
    )


def choosing(selector: Selector, trials: Trials) -> tuple[float, float]:
    """Median and p90 of the ms that choosing takes per image."""
    logits = {m: np.asarray(trials.logits[trials.models.index(m)][:TIMED], np.float32) for m in selector.models}
    features = trials.columns(selector.feature_names)
    assert not embedding_names(selector)
    times = []
    for image in [*range(20), *range(min(TIMED, len(trials)))]:
        seen, spent = Seen(features[image] if selector.feature_names else None), 0
        while True:
            started = perf_counter_ns()
            step = selector.decide(seen)
            spent += perf_counter_ns() - started
            if not isinstance(step, Run):
                break
            seen = Seen(seen.features, {**seen.logits, step.model: logits[step.model][image]})
        times.append(spent / 1e6)
    median, p90 = np.quantile(times[20:], [0.5, 0.9])
    return float(median), float(p90)


def fit(folder: Path, name: str) -> tuple[tuple[Selector, ...], Trials, float]:
    """One path over all prices of time, the trials that it was fitted on, and the seconds that it took."""
    trials = trials_in(folder)
    prices = tuple(map(float, prices_for(trials.times_ms)))
    started = perf_counter()
    path = path_named(name).fit_path(trials, prices)  # type: ignore[arg-type]
    return path, trials, perf_counter() - started


def one(folder: Path, name: str) -> dict[str, Any]:
    """Fit one path, and time the choosing of a selector in the middle of it.

    Of a hybrid's path the middle of its hybrids: where a router gains too little, a position is the cascade alone.
    """
    path, trials, seconds = fit(folder, name)
    own = [selector for selector in path if selector.kind == name] or path
    timed = own[len(own) // 2]
    median, p90 = choosing(timed, trials)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return {"fit_s": seconds, "choose_ms": median, "choose_p90_ms": p90, "peak_mib": peak, "timed": timed.kind}


def measure(folder: Path) -> dict[str, dict[str, Any]]:
    """Every method in a process of its own, one after another."""
    found = {}
    for method in PATHS:
        found[method] = json.loads(in_process("--one", method, folder))
        print(f"{folder.name}: {method}: {found[method]}", file=sys.stderr)
    return found


def two_at_a_time(folder: Path, alone_s: Mapping[str, float]) -> float:
    """Seconds until all paths are fitted by two processes of one core each, the longest first; starting them counts."""
    one_core = {f"{library}_NUM_THREADS": "1" for library in ("OMP", "OPENBLAS", "MKL")}
    started = perf_counter()
    with ThreadPoolExecutor(2) as pool:
        longest_first = sorted(alone_s, key=lambda method: -alone_s[method])
        list(pool.map(lambda method: in_process("--fit", method, folder, **one_core), longest_first))
    return perf_counter() - started


def in_process(task: str, method: str, folder: Path, **environment: str) -> str:
    """What this script prints when it does one task alone."""
    command = [sys.executable, __file__, task, method, str(folder)]
    return subprocess.run(
        command, check=True, stdout=subprocess.PIPE, text=True, env={**os.environ, **environment}
    ).stdout


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--images", type=int, default=50_000)
    parser.add_argument("--models", type=int, default=10)
    parser.add_argument("--classes", type=int, default=1000)
    parser.add_argument("--work", type=Path, default=Path(tempfile.gettempdir()))
    parser.add_argument("--one", nargs=2, metavar=("METHOD", "DIR"), help=argparse.SUPPRESS)
    parser.add_argument("--fit", nargs=2, metavar=("METHOD", "DIR"), help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.one:
        json.dump(one(Path(arguments.one[1]), arguments.one[0]), sys.stdout)
    elif arguments.fit:
        fit(Path(arguments.fit[1]), arguments.fit[0])
    else:
        run(arguments.images, arguments.models, arguments.classes, arguments.work)


def run(images: int, models: int, classes: int, work: Path) -> None:
    """Measure at both numbers of classes, store the figures and write the page."""
    found = {}
    for name, count in (("few_classes", 20), ("many_classes", classes)):
        with tempfile.TemporaryDirectory(dir=work, prefix=f"{name}-") as place:
            folder = Path(place)
            draw(folder, images, models, count)
            found[name] = measure(folder)
            if name == "many_classes":
                alone_s = {method: figures["fit_s"] for method, figures in found[name].items()}
                found["fit_all_two_at_a_time_s"] = two_at_a_time(folder, alone_s)
    result = {"seed": SEED, "images": images, "models": models, "classes": classes, **found}
    machine = write_result("select_speed", result)
    write_page("select_speed", page({**result, "machine": machine}))


def page(result: dict[str, Any]) -> list[str]:
    """The parts of docs/select_speed.md."""
    few, many, machine = result["few_classes"], result["many_classes"], result["machine"]
    columns = [
        "",
        "choosing, 20 classes, ms (p90)",
        f"choosing, {result['classes']} classes, ms (p90)",
        "goal, ms",
        "fitting, s",
        "peak, MiB",
    ]
    rows = [
        [
            name,
            f"{few[name]['choose_ms']:.3f} ({few[name]['choose_p90_ms']:.3f})",
            f"{many[name]['choose_ms']:.3f} ({many[name]['choose_p90_ms']:.3f})",
            choosing_goal(result, name),
            f"{many[name]['fit_s']:.1f}",
            f"{many[name]['peak_mib']:.0f}",
        ]
        for name in many
    ]
    return [
        "# What selectors cost",
        f"Made by `python benchmarks/select_speed.py` ({machine['cpu']}, {machine['cores']} cores, seed "
        f"{result['seed']}): {result['images']:,} drawn images x {result['models']} models x {result['classes']} "
        "classes, float16 logits on disk. Choosing is the time inside `decide`, summed over the calls of one image, on "
        "top of what the models compute, and its goals are of the median; fitting is one path over all prices of time.",
        markdown_table(columns, rows),
        " ".join(filter(None, [fitting_goal(result), timed_kinds(result)])),
    ]


if __name__ == "__main__":
    main()
