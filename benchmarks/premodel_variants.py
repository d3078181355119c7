"""Every premodel that the two papers compare, on real photographs and on published predictions.

    python benchmarks/premodel_variants.py [--profiles DIR] [--mode rapid|quick|normal] [--rows 4000] [--no-cnn]

(a) The profiles of `select_imagenet20.py`: 1,000 official ImageNet validation images of 20 classes, 20-way and
    1000-way. Kept in --profiles and completed, not repeated, by the next run; each gets its paper.html there, the page
    that `edgewise select paper` draws.
(b) The predictions of the paper's three networks joined with a public replication's seven features, as in
    `premodel_published.py`: about --rows of the 20,000, an even selection of each label, since support vector machines
    do not scale. There are no times in this data: cost = published MACs, and choosing costs nothing.

Families of classifiers, labels, membership methods, features, the detector; precision, recall, F1. Everything that is
judged is chosen inside the training folds. Data: EDGEWISE_DATA, default ../shared/data; a part whose data are absent is
left out, with the reason. Figures go to benchmarks/results/premodel_variants.json, tables to docs/premodel_variants.md.
"""

import argparse
import sys
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from pages import write_page, write_result
from premodel_published import COLUMNS, GMACS, join
from premodel_published import DATA as PREDICTIONS
from premodel_variants_page import page
from select_imagenet20 import DATA, NOTICE, SEED, export_onnx, write_zoo

from edgewise.cli.console import progress_bars
from edgewise.images.features import CANDIDATES, FEATURES
from edgewise.profile.run import Settings, profile
from edgewise.progress import Progress
from edgewise.report.paper import Notes, plain, render_paper
from edgewise.report.paper_beside import Beside, beside
from edgewise.report.paper_pixels import pixel_methods
from edgewise.report.render import write_report
from edgewise.select.judge.evaluate import evaluate
from edgewise.select.judge.folds import stratified_folds
from edgewise.select.paper.naming import naming
from edgewise.select.paper.study import BASE, Study, StudySettings, no_more, study
from edgewise.select.premodel.method import PremodelMethod
from edgewise.select.trials import Trials

FOLDS = 10
WAYS: dict[str, tuple[str, ...] | None] = {"20-way": ("data",), "1000-way": None}
PUBLISHED_PART = "published predictions"


@dataclass(frozen=True)
class Compared:
    """A study, and every published figure with ours: those of top-1 from the study, those of top-5 beside it."""

    study: Study
    beside: tuple[Beside, ...]


def compare(trials: Trials, found: Study, progress: Progress) -> Compared:
    """Ask the KNN chain for top-5, too, and set all published figures beside ours. `trials` have all candidates."""
    settings = replace(found.settings, criterion="top5")
    method = PremodelMethod("top5", on_fail="refuse", seed=settings.seed)
    seen = trials.with_features(settings.features)
    judged = evaluate(
        seen,
        {BASE: method},
        criterion="top5",
        folds=settings.folds,
        seed=settings.seed,
        progress=progress,
        decide_ms=settings.decide_ms,
    )
    chain = naming(BASE, seen, judged.routed[BASE], "top5", settings.bootstrap, settings.seed)
    oracle = next(row for row in judged.table.rows if row.kind == "oracle")
    top5 = {
        "premodel top-5": (
            f"{100 * chain.as_the_paper.value:.1f}%",
            f"as the paper counts; right answers alone {100 * chain.right.value:.1f}%",
        ),
        "oracle top-5": (f"{100 * oracle.accuracy.value:.1f}%", f"of {len(trials.models)} models"),
    }
    rows = tuple(
        Beside(one.published, *top5[one.published.key]) if one.published.key in top5 else one for one in beside(found)
    )
    return Compared(found, rows)


def on_photographs(work: Path, mode: Any, cnn: bool, progress: Progress) -> dict[str, Compared]:
    """Part (a): profile where needed, study, and draw the page of each."""
    export_onnx(work)
    studies: dict[str, Compared] = {}
    for ways, classes in WAYS.items():
        zoo = str(write_zoo(work, inception=ways == "20-way"))
        data = DATA / "imagenet20" / "val"
        outcomes = profile(Settings((zoo,), data, work / ways, classes, mode=mode, seed=SEED), progress)
        pixels = pixel_methods(outcomes, "top1", SEED, progress) if cnn else None
        more = pixels.methods if pixels else no_more
        settings = StudySettings(FEATURES, folds=FOLDS, seed=SEED)
        trials = outcomes.trials(CANDIDATES)
        found = study(trials, settings, more, progress)
        studies[ways] = compare(trials, found, progress)
        html = render_paper(
            outcomes,
            found,
            title=f"The paper's comparison on 1,000 photographs, {ways}",
            notes=Notes(notices=(NOTICE,)),
        )
        write_report(work / ways / "paper.html", html)
    return studies


def on_published(rows: int, progress: Progress) -> Compared:
    """Part (b)."""
    with np.load(PREDICTIONS / "imagenet_val_top5_67nets.npz") as stored:
        networks, predicted = [str(name) for name in stored["models"]], stored["top5"]
        label, number = stored["label"], stored["val_number"]
    trials, _ = join(PREDICTIONS, {name: predicted[networks.index(name)] for name in GMACS}, label, number)
    parts = max(1, len(trials) // rows)
    if parts > 1:
        trials = trials.take(np.flatnonzero(stratified_folds(trials.labels, parts, SEED) == 0))
    # Logits as arrays of their own: 1,000 classes of which five are ranked.
    trials = replace(trials, logits=tuple(np.asarray(array) for array in trials.logits))
    settings = StudySettings(COLUMNS, folds=FOLDS, seed=SEED, decide_ms=0.0, cost_unit="GMAC")
    return compare(trials, study(trials, settings, progress=progress), progress)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--profiles", type=Path, default=Path("/tmp/edgewise-select-imagenet20"))
    parser.add_argument("--mode", choices=["rapid", "quick", "normal"], default="rapid")
    parser.add_argument("--rows", type=int, default=4000, help="published rows used, about")
    parser.add_argument("--cnn", action=argparse.BooleanOptionalAction, default=True)
    arguments = parser.parse_args()
    work: Path = arguments.profiles.resolve()
    studies: dict[str, Compared] = {}
    skipped: list[str] = []

    def part(name: str, needed: Path, run: Callable[[], dict[str, Compared]]) -> None:
        if needed.exists():
            studies.update(run())
        else:
            skipped.append(f"{name} was left out: there is no {needed.name} in the evaluation data (EDGEWISE_DATA).")

    with progress_bars() as progress:
        work.mkdir(parents=True, exist_ok=True)
        part(
            "The part on photographs",
            DATA / "imagenet20",
            lambda: on_photographs(work, arguments.mode, arguments.cnn, progress),
        )
        part(
            "The part on published predictions",
            PREDICTIONS / "imagenet_val_top5_67nets.npz",
            lambda: {PUBLISHED_PART: on_published(arguments.rows, progress)},
        )
    if not studies:
        sys.exit("\n".join(skipped))
    save(studies, skipped)


def save(studies: dict[str, Compared], skipped: list[str]) -> None:
    """Write the JSON result and the page of the docs."""
    result = {
        "seed": SEED,
        "folds": FOLDS,
        "notice": NOTICE,
        "skipped": skipped,
        "studies": {name: plain(found.study) for name, found in studies.items()},
        "beside": {
            name: {one.published.key: {"ours": one.ours, "words": one.words} for one in found.beside}
            for name, found in studies.items()
        },
    }
    machine = write_result("premodel_variants", result)
    write_page("premodel_variants", page(studies, skipped, machine, [NOTICE]))


if __name__ == "__main__":
    main()
