"""Selectors on real networks and real photographs: 1,000 official ImageNet validation images of 20 classes.

    python benchmarks/select_imagenet20.py [--work DIR] [--mode rapid|quick|normal]

The zoo of the evaluation data (EDGEWISE_DATA, default ../shared/data) is profiled twice: 20-way, every network
restricted to the 20 classes, and 1000-way. Selectors are judged by nested cross-validation on all images and on each
half apart: ten dog classes stored at full aspect, ten other classes stored squashed to a square, so that the shape of
a file gives its half away. No selector sees shape or size (features come from one square raster); the control does, to
show what leaks. Every method is judged at its own choice without a budget (as accurate as the best single model, as
fast as possible), and the choice among all of them (`auto`) also with the time of the slowest model as its budget, and
with a half, a quarter and a sixth of it: budgets that no label has a say in.
Results go to benchmarks/results/select_imagenet20.json, the tables to docs/select_imagenet20.md.

The profiles are kept in --work and completed, not repeated, by the next run.
"""

import argparse
import json
import os
import sys
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict
from pathlib import Path

import numpy as np
from pages import fair_table, markdown_list, points, write_page, write_result
from pictures import write_plane

from edgewise.cli.console import progress_bars
from edgewise.images.features import FEATURES
from edgewise.profile.outcomes import Outcomes, open_profile
from edgewise.profile.run import Settings, profile
from edgewise.report.record import save_evaluation, write_profile_report
from edgewise.select.budget.auto import AutoMethod
from edgewise.select.budget.budget import Budget
from edgewise.select.budget.choice import Choice
from edgewise.select.budget.shared import Shared
from edgewise.select.judge.evaluate import Evaluation, OnFeatures, evaluate
from edgewise.select.judge.fair_table import FairTable, Verdict
from edgewise.select.judge.fair_table_json import table_to_json
from edgewise.select.named import PREMODEL, standard_methods
from edgewise.select.paths import all_paths
from edgewise.select.premodel.method import PremodelMethod
from edgewise.select.selector import Method
from edgewise.select.trials import Trials

ROOT = Path(__file__).parent.parent
DATA = Path(os.environ.get("EDGEWISE_DATA", ROOT.parent / "shared" / "data")).resolve()
SEED, FOLDS = 0, 5
OF_HALVES = (PREMODEL, "cascade", "agreement", "router")  # of 500 images each: enough to see that they agree
WHOLE = "all 20 classes"
FILE_COLUMNS = ("file_bytes", "width_px", "height_px")
WAYS = {"20-way": ("data",), "1000-way": None}  # classes that the networks are restricted to
PARTS = {1: "the slowest model's time", 2: "a half of it", 4: "a quarter", 6: "a sixth"}
ANSWERS: dict[Verdict, str] = {"beats the mixing line": "Yes", "does not": "No", "cannot tell": "Cannot tell", "": ""}
NOTICE = (
    "ResNet-18 and ResNet-50 use product-quantised weights of uber-research/permute-quantize-finetune, Copyright (c) "
    "2020 Uber Technologies, Inc., licensed for non-commercial use only; the licence stands beside the weights in "
    "weights/LICENSE.uber-noncommercial.txt of the evaluation data. The images stand under ImageNet's terms "
    "(non-commercial research)."
)


def export_onnx(work: Path) -> None:
    """Export the three PyTorch networks once, as an engineer would before deploying them."""
    import torch

    sys.path.insert(0, str(DATA))
    import nets

    for name in ("resnet18", "resnet50", "inception_v3_20"):
        path = work / f"{name}.onnx"
        if path.exists():
            continue
        size = nets.INPUT[name].size_px
        temporary = path.with_suffix(".part")
        torch.onnx.export(
            getattr(nets, name)(),
            (torch.zeros(1, 3, size, size),),
            str(temporary),
            input_names=["image"],
            output_names=["logits"],
            dynamo=True,
            external_data=False,
            verbose=False,
        )
        temporary.replace(path)


def write_zoo(work: Path, *, inception: bool) -> Path:
    """A zoo file: the LiteRT networks as they are, the exported ones with their inputs and classes."""
    import nets

    entries = [
        {"source": f"tflite:{DATA}/weights/{stem}.tflite", "name": name}
        for name, stem in {
            "MobileNetV1 0.25": "mobilenet_v1_0.25_128_quant",
            "MobileNetV1 0.5": "mobilenet_v1_0.5_160_quant",
            "MobileNetV1 0.75": "mobilenet_v1_0.75_192_quant",
            "MobileNetV2": "mobilenet_v2_1.0_224_quant",
        }.items()
    ]
    exported = {"ResNet-18": "resnet18", "ResNet-50": "resnet50"} | (
        {"Inception-V3": "inception_v3_20"} if inception else {}
    )
    for name, factory in exported.items():
        given = nets.INPUT[factory]
        entries.append(
            {
                "source": f"onnx:{work}/{factory}.onnx",
                "name": name,
                "resize_px": given.resize_px,
                "mean": list(given.mean),
                "std": list(given.std),
            }
        )
    if inception:
        entries[-1]["classes"] = sorted(p.name for p in (DATA / "imagenet20" / "val").iterdir())
    path = work / ("zoo-20.toml" if inception else "zoo-1000.toml")
    path.write_text(
        "\n".join("[[model]]\n" + "".join(f"{k} = {json.dumps(v)}\n" for k, v in e.items()) for e in entries)
    )
    return path


def contestants(trials: Trials) -> dict[str, Method]:
    """Every selector without a budget, and the choice among them under budgets that are parts of the slowest's time."""
    shared, paths = Shared(), all_paths(trials)
    methods = standard_methods(trials, seed=SEED, shared=shared)
    slowest = trials.decode_ms + float(trials.times_ms[-1])
    for part, said in PARTS.items():
        name = f"auto, at most {slowest / part:.3g} ms ({said})"
        budget = Budget(max_mean_ms=slowest / part)
        methods[name] = AutoMethod(paths, budget, seed=SEED, strict=False, shared=shared)
    return methods


def judge(outcomes: Outcomes, rows: np.ndarray) -> Evaluation:
    """The fair table of some of the images, with a control that sees the file's size and shape alone."""
    file_features = np.stack([np.array(outcomes.images[c], np.float64) for c in FILE_COLUMNS], axis=1)
    control = OnFeatures(PremodelMethod(on_fail="run"), file_features[rows], FILE_COLUMNS)
    trials = outcomes.trials().take(rows)
    whole = len(rows) == len(outcomes.labels)
    methods = contestants(trials)
    with progress_bars() as progress:
        evaluation = evaluate(
            trials,
            methods if whole else {name: methods[name] for name in OF_HALVES},
            folds=FOLDS,
            seed=SEED,
            controls={"control: file size and shape": control},
            progress=progress,
        )
    if whole:
        save_evaluation(outcomes, evaluation, {"folds": FOLDS, "seed": SEED})
        write_profile_report(
            outcomes.folder,
            outcomes.folder / "report.html",
            title="Selectors on 1,000 real photographs",
            show_images=False,
            notices=[NOTICE],
        )
    return evaluation


def chosen(outcomes: Outcomes) -> Choice:
    """What `edgewise select fit` takes without a budget, and why."""
    trials = outcomes.trials()
    return AutoMethod(all_paths(trials), seed=SEED).choose(trials)


def halves(outcomes: Outcomes) -> dict[str, np.ndarray]:
    """Row indices: all images, the ten dog classes at full aspect, the ten others, squashed."""
    squashed = np.array(outcomes.images["width_px"]) == 224
    squashed &= np.array(outcomes.images["height_px"]) == 224
    return {
        WHOLE: np.arange(len(squashed)),
        "ten dog classes, full aspect": np.flatnonzero(~squashed),
        "ten other classes, squashed": np.flatnonzero(squashed),
    }


def words(table: FairTable) -> str:
    """What the table says: each selector against the best single model and against the coin."""
    best = next(row for row in table.rows if "best" in row.marks)
    said = [f"Best single model: {best.name}, {100 * best.accuracy.value:.1f}% in {best.mean_ms:.1f} ms."]
    for row in table.rows:
        if row.kind == "selector" and row.over_best is not None:
            said.append(
                f"{row.name}: {points(row.over_best)} points at {best.mean_ms / row.mean_ms:.2f}x its speed; "
                f"does it beat the mixing line? {ANSWERS[row.verdict]}."
            )
    return markdown_list(said)


def judge_all(folder: Path) -> tuple[dict[str, FairTable], str, list[dict[str, object]]]:
    """The tables of one profile, what `edgewise select fit` says of it, and its latencies."""
    outcomes = open_profile(folder)
    tables = {name: judge(outcomes, rows).table for name, rows in halves(outcomes).items()}
    return tables, chosen(outcomes).why, [asdict(time) for time in outcomes.latency]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--work", type=Path, default=Path("/tmp/edgewise-select-imagenet20"))
    parser.add_argument("--mode", choices=["rapid", "quick", "normal"], default="rapid")
    arguments = parser.parse_args()
    if not (DATA / "imagenet20" / "val").is_dir():
        sys.exit(f"No evaluation data at {DATA}; set EDGEWISE_DATA to its folder.")
    work: Path = arguments.work.resolve()
    work.mkdir(parents=True, exist_ok=True)
    export_onnx(work)
    for ways, classes in WAYS.items():
        with progress_bars() as progress:
            profile(
                Settings(
                    zoo=(str(write_zoo(work, inception=ways == "20-way")),),
                    data=DATA / "imagenet20" / "val",
                    out=work / ways,
                    classes=classes,
                    mode=arguments.mode,
                    seed=SEED,
                ),
                progress,
            )
    with ProcessPoolExecutor(len(WAYS)) as pool:
        found = dict(zip(WAYS, pool.map(judge_all, [work / ways for ways in WAYS]), strict=True))
    tables = {ways: table for ways, (table, _, _) in found.items()}
    choices = {ways: why for ways, (_, why, _) in found.items()}
    latency = {ways: times for ways, (_, _, times) in found.items()}
    save(tables, choices, latency)


def save(
    tables: dict[str, dict[str, FairTable]], choices: dict[str, str], latency: dict[str, list[dict[str, object]]]
) -> None:
    """Write the JSON result and the page of the docs."""
    result = {
        "seed": SEED,
        "folds": FOLDS,
        "features": list(FEATURES),
        "notice": NOTICE,
        "tables": {ways: {name: table_to_json(t) for name, t in by.items()} for ways, by in tables.items()},
        "auto_says": choices,
        "latency": latency,
    }
    machine = write_result("select_imagenet20", result)
    parts = [
        "# Selectors on 1,000 real photographs",
        "Made by `python benchmarks/select_imagenet20.py` "
        f"({machine['cpu']}, {machine['cores']} cores, one thread a model; seed {SEED}, {FOLDS}-fold nested "
        "cross-validation). Times are per image, with decoding and choosing inside. Ratios within a table are "
        "evidence; absolute times are this machine's. What it means: [What reproduces](what_reproduces.md).",
    ]
    for ways, by_half in tables.items():
        parts.append(f"`edgewise select fit`, {ways}, without a budget: {choices[ways]}")
        for name, table in by_half.items():
            parts += [f"## {ways}, {name} ({table.images} images)", words(table)]
            if name == WHOLE:
                parts.append(write_plane(f"select_imagenet20_{ways}", table))
            parts.append(fair_table(table))
    write_page("select_imagenet20", [*parts, "## Notice", NOTICE])


if __name__ == "__main__":
    main()
