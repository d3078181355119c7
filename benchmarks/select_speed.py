"""What selectors cost: choosing, on top of what the models compute, and fitting on 50,000 images x 10 models.

    python benchmarks/select_speed.py [--images 50000] [--models 10] [--classes 1000] [--work DIR]

(a) Choosing: the time inside `decide`, summed over the calls that an image takes, median and p90 over 500 images, for
    20 and for 1,000 classes. The nearest-neighbour router holds all --images points.
(b) Fitting: one path of selectors over all prices of time, per method, on memory-mapped float16 logits, as a profile
    stores them; seconds, and the peak of resident memory in a process of its own.

The logits are drawn: each image has a difficulty, each model a skill, and the classes noise. How long it takes does
not depend on whose they are. Results go to benchmarks/results/select_speed.json, the table to docs/select_speed.md.
"""

import argparse
import json
import resource
import subprocess
import sys
import tempfile
from pathlib import Path
from time import perf_counter, perf_counter_ns

import numpy as np
from pages import markdown_table, write_page, write_result

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


def one(folder: Path, name: str) -> dict[str, float]:
    """Fit one path, and time the choosing of a selector in the middle of it."""
    trials = trials_in(folder)
    prices = tuple(map(float, prices_for(trials.times_ms)))
    started = perf_counter()
    path = path_named(name).fit_path(trials, prices)  # type: ignore[arg-type]
    seconds = perf_counter() - started
    median, p90 = choosing(path[len(path) // 2], trials)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return {"fit_s": seconds, "choose_ms": median, "choose_p90_ms": p90, "peak_mib": peak}


def measure(images: int, models: int, classes: int, work: Path) -> dict[str, dict[str, float]]:
    """Every method in a process of its own."""
    found = {}
    with tempfile.TemporaryDirectory(dir=work) as name:
        folder = Path(name)
        draw(folder, images, models, classes)
        for method in PATHS:
            command = [sys.executable, __file__, "--one", method, str(folder)]
            done = subprocess.run(command, check=True, capture_output=True, text=True)
            found[method] = json.loads(done.stdout)
            print(f"{images} x {models} x {classes}: {method}: {found[method]}", file=sys.stderr)
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--images", type=int, default=50_000)
    parser.add_argument("--models", type=int, default=10)
    parser.add_argument("--classes", type=int, default=1000)
    parser.add_argument("--work", type=Path, default=Path(tempfile.gettempdir()))
    parser.add_argument("--one", nargs=2, metavar=("METHOD", "DIR"), help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.one:
        json.dump(one(Path(arguments.one[1]), arguments.one[0]), sys.stdout)
        return
    few = measure(arguments.images, arguments.models, 20, arguments.work)
    many = measure(arguments.images, arguments.models, arguments.classes, arguments.work)
    size = {"images": arguments.images, "models": arguments.models, "classes": arguments.classes}
    machine = write_result("select_speed", {"seed": SEED, **size, "few_classes": few, "many_classes": many})
    save_page(size, few, many, machine)


def save_page(
    size: dict[str, int],
    few: dict[str, dict[str, float]],
    many: dict[str, dict[str, float]],
    machine: dict[str, object],
) -> None:
    """The table of docs/select_speed.md."""
    columns = [
        "",
        "choosing, 20 classes, ms (p90)",
        f"choosing, {size['classes']} classes, ms (p90)",
        "fitting, s",
        "peak, MiB",
    ]
    rows = [
        [
            name,
            f"{few[name]['choose_ms']:.3f} ({few[name]['choose_p90_ms']:.3f})",
            f"{many[name]['choose_ms']:.3f} ({many[name]['choose_p90_ms']:.3f})",
            f"{many[name]['fit_s']:.1f}",
            f"{many[name]['peak_mib']:.0f}",
        ]
        for name in many
    ]
    total = sum(figures["fit_s"] for figures in many.values())
    write_page(
        "select_speed",
        [
            "# What selectors cost",
            f"Made by `python benchmarks/select_speed.py` ({machine['cpu']}, {machine['cores']} cores, seed {SEED}): "
            f"{size['images']:,} drawn images x {size['models']} models x {size['classes']} classes, float16 logits on "
            "disk. Choosing is the time inside `decide`, summed over the calls of one image, on top of what the models "
            "compute; fitting is one path over all prices of time.",
            markdown_table(columns, rows),
            f"Fitting all of them takes {total:.0f} s.",
        ],
    )


if __name__ == "__main__":
    main()
