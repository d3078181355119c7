"""Does the published premodel reproduce? Algorithm 1 and the KNN chain on published predictions of its own networks.

    python benchmarks/premodel_published.py [--resamples 2000]

(a) Algorithm 1 over 50,000 ImageNet validation predictions of the eleven TF-Slim networks of Taylor et al. 2018.
(b) A different experiment, because the paper's features were never published: the KNN chain on the feature table of a
    public replication (20,000 rows), joined by file number with the predictions of the paper's three networks.

There are no times in this data. Cost = published multiply-accumulates (MACs) of one answer; the premodel's own cost is
set to 0, which flatters it. Data: EDGEWISE_DATA, default ../shared/data. Only figures are written, to
benchmarks/results/premodel_published.json: no row of the feature table, which states no licence.
"""

import argparse
import csv
import os
import sys
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
from pages import fair_table, markdown_list, write_page, write_result
from premodel_published_page import PAPER, THREE, page_a, words_a, words_b
from sklearn.metrics import roc_auc_score

from edgewise.cli.console import progress_bars
from edgewise.select.feature_costs import FREE
from edgewise.select.judge.bootstrap import interval, resampled_means
from edgewise.select.judge.evaluate import OnFeatures, evaluate
from edgewise.select.judge.fair_table import FairTable
from edgewise.select.judge.fair_table_json import table_to_json
from edgewise.select.judge.folds import stratified_folds
from edgewise.select.premodel.classifier import PremodelClassifier
from edgewise.select.premodel.membership import choose_members
from edgewise.select.premodel.method import PremodelMethod
from edgewise.select.trials import Trials

ROOT = Path(__file__).parent.parent
DATA = Path(os.environ.get("EDGEWISE_DATA", ROOT.parent / "shared" / "data")).resolve() / "predictions"
SEED, FOLDS, CLASSES = 0, 10, 1000

# Published MACs in billions = half of TensorFlow's profiler count (which counts multiply and add apart) of the TF-Slim
# code at the size it is used at. inception_*, resnet_v2_* and mobilenet_v1: the table of TF-Slim networks in a "models"
# README (counted with tf.profiler, batch 1, 1,000 classes); resnet_v1_*: TensorFlow contrib/receptive_field,
# RECEPTIVE_FIELD_TABLE.md, end-point block4 at 224 px. They agree with the networks' papers where those state figures:
# 0.57 (Howard 2017), 1.5 (Szegedy 2014), 5.7 (Szegedy 2015).
GMACS = {
    "mobilenet_v1_tf": 0.57,
    "inception_v1_tf": 1.50,
    "inception_v2_tf": 1.94,
    "resnet_v1_50_tf": 3.48,
    "inception_v3_tf": 5.72,
    "resnet_v2_50_tf": 6.54,
    "resnet_v1_101_tf": 7.20,
    "resnet_v1_152_tf": 10.91,
    "inception_v4_tf": 12.26,
    "resnet_v2_101_tf": 13.39,
    "resnet_v2_152_tf": 20.23,
}
COLUMNS = (
    "kp_surf",
    "average_perceived_brightness",
    "contrast",
    "area_by_perim",
    "aspect_ratio",
    "edge_length1",
    "hue1",
)
REPLICATION_LABEL = "Mobilenet_v1"


def algorithm_1(top5: dict[str, np.ndarray], label: np.ndarray, names: list[str]) -> dict[str, Any]:
    """Part (a) on one zoo: picks, gains, and the thetas that keep three."""
    right = np.column_stack([top5[name][:, 0] == label for name in names])
    right5 = np.column_stack([(top5[name] == label[:, None]).any(axis=1) for name in names])
    everything, kept, kept5 = choose_members(right, 0.0), choose_members(right, 0.5), choose_members(right5, 0.5)
    gains = [round(gain, 3) for gain in everything.gains_points]
    return {
        "picks_at_theta_0.5": [names[model] for model in kept.models],
        "gain_that_stopped_points": kept.stopped_by_points,
        "ceiling_at_theta_0.5_points": kept.ceiling_points,
        "ceiling_of_zoo_points": 100 * float(right.any(axis=1).mean()),
        "gains_to_exhaustion": [
            {"network": names[model], "gain_points": gain} for model, gain in zip(everything.models, gains, strict=True)
        ],
        "theta_that_keeps_three_points": [gains[3], gains[2]],
        "top5_picks_at_theta_0.5": [names[model] for model in kept5.models],
        "top5_gains_points": [round(gain, 3) for gain in kept5.gains_points],
    }


def third_pick(top5: dict[str, np.ndarray], label: np.ndarray, resamples: int) -> dict[str, float]:
    """How much more Inception_v3 repairs than ResNet_v1_152 after the first two picks, in points."""
    failed = (top5["mobilenet_v1_tf"][:, 0] != label) & (top5["inception_v4_tf"][:, 0] != label)
    repaired = [(top5[name][:, 0] == label) & failed for name in ("inception_v3_tf", "resnet_v1_152_tf")]
    lead = 100.0 * (repaired[0].astype(float) - repaired[1])
    return asdict(interval(float(lead.mean()), resampled_means(lead[:, None], resamples, SEED)[:, 0]))


def part_a(top5: dict[str, np.ndarray], label: np.ndarray, everyone: np.ndarray, resamples: int) -> dict[str, Any]:
    """Algorithm 1 with and without Inception_v3, which decides the third pick, and the ceilings."""
    three = np.column_stack([top5[name][:, 0] == label for name, _ in PAPER])
    three5 = np.column_stack([(top5[name] == label[:, None]).any(axis=1) for name, _ in PAPER])
    eleven = list(GMACS)
    zoos = {
        "eleven": algorithm_1(top5, label, eleven),
        "ten, without inception_v3": algorithm_1(top5, label, [name for name in eleven if name != "inception_v3_tf"]),
    }
    return {
        "images": len(label),
        "single_accuracy": {name: float((top5[name][:, 0] == label).mean()) for name in eleven},
        "paper": [{"network": name, "gain_points": gain} for name, gain in PAPER],
        "zoos": zoos,
        "inception_v3_over_resnet_v1_152_as_third_points": third_pick(top5, label, resamples),
        "ceiling_points": {
            THREE: 100 * float(three.any(axis=1).mean()),
            "chosen of eleven at theta 0.5": zoos["eleven"]["ceiling_at_theta_0.5_points"],
            "ten, without inception_v3": zoos["ten, without inception_v3"]["ceiling_of_zoo_points"],
            "eleven": zoos["eleven"]["ceiling_of_zoo_points"],
            "all 67 networks": 100 * float(everyone.mean()),
            "the paper's three, top-5": 100 * float(three5.any(axis=1).mean()),
        },
    }


def join(data: Path, top5: dict[str, np.ndarray], label: np.ndarray, number: np.ndarray) -> tuple[Trials, np.ndarray]:
    """Part (b)'s trials, and the replication's own word on whether MobileNet is right; joined by file number."""
    with (data / "imagenet_val_features_20k.csv").open(newline="") as stream:
        rows = list(csv.DictReader(stream))
    position = {int(value): index for index, value in enumerate(number)}
    images = np.array([position[int(row["filename"].split("_")[2].split(".")[0])] for row in rows])
    names = tuple(name for name in GMACS if name in {paper_name for paper_name, _ in PAPER})
    logits: list[np.ndarray] = []
    for name in names:
        # The predictions are ranks without scores: any falling sequence stands for them, since only ranks are used.
        scores = np.zeros((len(images), CLASSES), np.float16)
        np.put_along_axis(
            scores, top5[name][images].astype(np.int64), np.arange(5, 0, -1, dtype=np.float16)[None], axis=1
        )
        logits.append(scores)
    trials = Trials(
        models=names,
        logits=tuple(logits),
        labels=label[images].astype(np.int64),
        features=np.array([[float(row[column]) for column in COLUMNS] for row in rows]),
        feature_names=COLUMNS,
        times_ms=np.array([GMACS[name] for name in names]),  # billions of MACs in the place of milliseconds
        decode_ms=0.0,
        feature_costs=FREE,
    )
    return trials, np.array([row[REPLICATION_LABEL] == "1" for row in rows])


def is_mobilenet_right(trials: Trials, resamples: int) -> dict[str, Any]:
    """Out-of-fold AUC of the neighbours' vote for "MobileNet is right", for the paper's K and a smoother one."""
    right = trials.right()[:, 0]
    fold = stratified_folds(trials.labels, FOLDS, SEED)
    found: dict[str, Any] = {}
    for k in (5, 101):
        share = np.empty(len(right))
        for held_out in range(FOLDS):
            train, test = fold != held_out, fold == held_out
            chain = PremodelClassifier(k, fail_label=1).fit(trials.features[train], np.where(right, 0, 1)[train])
            share[test] = chain.level_scores(trials.features[test])[:, 0]
        rng = np.random.default_rng(SEED)
        drawn = rng.integers(0, len(right), (min(resamples, 500), len(right)))
        resampled = np.array([roc_auc_score(right[rows], share[rows]) for rows in drawn])
        found[f"k={k}"] = asdict(interval(float(roc_auc_score(right, share)), resampled))
    return found


def knn_chain(trials: Trials, resamples: int) -> FairTable:
    """Part (b): both fail policies, and the same chain on shuffled features, which can know nothing."""
    shuffled = trials.features[np.random.default_rng(SEED).permutation(len(trials))]
    methods = {
        "premodel, refuses on fail": PremodelMethod(on_fail="refuse"),
        "premodel, Inception_v4 on fail": PremodelMethod(on_fail="run", fail_model="inception_v4_tf"),
        "premodel, MobileNet on fail": PremodelMethod(on_fail="run", fail_model="mobilenet_v1_tf"),
    }
    with progress_bars() as progress:
        return evaluate(
            trials,
            methods,
            folds=FOLDS,
            seed=SEED,
            bootstrap=resamples,
            controls={"control: features shuffled": OnFeatures(PremodelMethod(on_fail="refuse"), shuffled, COLUMNS)},
            progress=progress,
            decide_ms=0.0,
        ).table


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--resamples", type=int, default=2000, help="bootstrap resamples")
    resamples = parser.parse_args().resamples
    if not (DATA / "imagenet_val_top5_67nets.npz").is_file():
        sys.exit(f"No published predictions in {DATA}. Set EDGEWISE_DATA to the folder that holds predictions/.")
    with np.load(DATA / "imagenet_val_top5_67nets.npz") as stored:
        networks, predicted = [str(name) for name in stored["models"]], stored["top5"]
        label, number = stored["label"], stored["val_number"]
    top5 = {name: predicted[networks.index(name)] for name in GMACS}
    everyone = (predicted[:, :, 0] == label).any(axis=0)
    a = part_a(top5, label, everyone, resamples)
    trials, replication_right = join(DATA, top5, label, number)
    agreement = float((replication_right == trials.right()[:, 0]).mean())
    table = knn_chain(trials, resamples)
    auc = is_mobilenet_right(trials, resamples)
    words = words_a(a) + words_b(table, auc)
    write_result(
        "premodel_published",
        {
            "seed": SEED,
            "cost": "published MACs, billions; in the table's fields *_ms; premodel cost 0",
            "gmacs": GMACS,
            "a_algorithm_1": a,
            "b_knn_chain": table_to_json(table),
            "b_auc_mobilenet_right": auc,
            "b_replication_label_agrees": agreement,
            "in_words": words,
        },
    )
    write_page(
        "premodel_published",
        [
            "# The premodel on published predictions",
            f"Made by `python benchmarks/premodel_published.py` (seed {SEED}, {FOLDS}-fold, {resamples} resamples). "
            "Cost = published MACs; the premodel's own cost is set to 0, which flatters it. The predictions are those "
            "of the ImageNetV2 study (MIT licence); the features are a public replication's.",
            markdown_list(words),
            *page_a(a),
            f"## (b) Another experiment: the KNN chain on {table.images:,} published feature rows",
            fair_table(table, cost="GMAC", digits=2),
        ],
    )


if __name__ == "__main__":
    main()
