"""Agreement instead of scores: how many MACs can 63 published networks save at the accuracy of Inception_v4?

    python benchmarks/select_published.py [--resamples 2000] [--images 50000]

Data: the top-5 classes, without scores, that the networks of the ImageNetV2 study name on the 50,000 validation images
of ImageNet (EDGEWISE_DATA, default ../shared/data). There are no times, so cost = published multiply-accumulates; the
selector's own work, some hundred operations, is set to 0. Two zoos: the eleven networks of Taylor et al. 2018, and all
networks whose MACs are known. Writes benchmarks/results/select_published.json, docs/select_published.md and its
pictures. Takes about a quarter of an hour on two cores.
"""

import argparse
import os
import sys
from collections.abc import Mapping
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import numpy as np
import select_published_macs as macs
from pages import ROOT, write_page, write_result
from pictures import write_svg
from premodel_published import GMACS
from select_published_judge import INNER_FOLDS, OUTER_FOLDS, Fit, Judged, Ranked, Rule, Zoo, agreement, judge, singles
from select_published_page import GOAL_RATIO, WITHOUT_MARGIN, page, words
from select_published_pictures import draw_ceilings, draw_plane
from select_published_zoo import best_by_size, members_over_theta, perfect_choice_by_size

from edgewise.cli.console import progress_bars
from edgewise.progress import Progress
from edgewise.select.judge.bootstrap import interval, resampled_means
from edgewise.select.judge.fair_table import Interval
from edgewise.select.judge.mixing import mixing_accuracies, mixing_line

DATA = Path(os.environ.get("EDGEWISE_DATA", ROOT.parent / "shared" / "data")).resolve() / "predictions"
FILE = "imagenet_val_top5_67nets.npz"
SEED = 0
PROCESSES = 2
RULE = Rule("inception_v4_tf", points_under=0.2)
RULES = {"": RULE, WITHOUT_MARGIN: replace(RULE, standard_errors=0.0)}
PLANE = "accuracy against MACs: networks, random mixing, agreement and ranked votes"
CEILINGS = "a perfect choice by the size of the zoo, and what Algorithm 1 keeps"
PAPER_PATHS: Mapping[str, Fit] = {
    "single networks": singles,
    "agreement": agreement,
    "ranked votes": Ranked(max_models=5, max_stages=5),
}
LARGE_PATHS: Mapping[str, Fit] = {**PAPER_PATHS, "ranked votes": Ranked(max_models=6, max_stages=4)}
SMALLER: Mapping[str, Fit] = {f"ranked votes of {models}": Ranked(models, models) for models in (2, 3, 4)}


def load(table: macs.Table, images: int) -> tuple[Zoo, Zoo]:
    """The paper's zoo, and that of all networks with a figure; of some images drawn at random, or all."""
    with np.load(DATA / FILE) as stored:
        networks, top5, labels = [str(name) for name in stored["models"]], stored["top5"], stored["label"]
    unknown = set(networks) ^ {*table.networks, *table.left_out}
    if unknown:
        sys.exit(f"published_macs.toml and the predictions differ in: {', '.join(sorted(unknown))}.")
    names = tuple(table.networks)
    drawn = np.sort(np.random.default_rng(SEED).permutation(len(labels))[:images])
    ballots = top5[[networks.index(name) for name in names]].transpose(1, 0, 2)[drawn]
    gmacs = np.asarray([table.networks[name].gmacs for name in names])
    everything = Zoo(names, gmacs, np.ascontiguousarray(ballots), labels[drawn].astype(np.int64))
    return everything.only([name for name in names if name in GMACS]), everything


def judged_in_figures(zoo: Zoo, judged: Judged, resamples: int) -> dict[str, Any]:
    """The rows with their intervals, paired over the images with the network of the rule and with the mixing line."""
    right = zoo.right()
    goal = zoo.names.index(RULE.network)
    rows = judged.chosen
    figures = np.column_stack([right, *(row.right for row in rows.values()), *(row.gmacs for row in rows.values())])
    means = resampled_means(figures.astype(np.float64), resamples, SEED)
    alone, accuracies, gmacs = np.split(means, [len(zoo.names), len(zoo.names) + len(rows)], axis=1)
    mixed = mixing_accuracies(zoo.gmacs, alone, gmacs)
    line = mixing_line(zoo.gmacs, right.mean(axis=0))
    found: dict[str, Any] = {}
    for place, (name, row) in enumerate(rows.items()):
        mean = float(row.gmacs.mean())
        accuracy = float(row.right.mean())
        mixing = float(mixing_accuracies(zoo.gmacs, right.mean(axis=0)[None], np.array([[mean]]))[0, 0])
        under = interval(accuracy - float(right[:, goal].mean()), accuracies[:, place] - alone[:, goal])
        ratio = interval(float(zoo.gmacs[goal]) / mean, zoo.gmacs[goal] / gmacs[:, place])
        found[name] = {
            "accuracy": asdict(interval(accuracy, accuracies[:, place])),
            "gmacs": asdict(interval(mean, gmacs[:, place])),
            "against_goal_network": asdict(under),
            "times_fewer_macs": asdict(ratio),
            "mixing_accuracy": mixing,
            "gain_over_mixing": asdict(interval(accuracy - mixing, accuracies[:, place] - mixed[:, place])),
            "picks": row.picks,
            "goal": goal_met(under, ratio),
        }
    curves = {
        name: {
            "accuracy": [float(value) for value in curve.right.mean(axis=1)],
            "gmacs": [float(value) for value in curve.gmacs.mean(axis=1, dtype=np.float64)],
        }
        for name, curve in judged.curves.items()
    }
    return {"rows": found, "curves": curves, "mixing_line": [list(corner) for corner in line]}


def goal_met(under: Interval, ratio: Interval) -> str:
    """In words, whether it is 1.8 times fewer MACs at no more than 0.2 points less; both as measured."""
    if under.value >= -RULE.points_under / 100 and ratio.value >= GOAL_RATIO:
        sure = under.low >= -RULE.points_under / 100 and ratio.low >= GOAL_RATIO
        return "met, intervals included" if sure else "met as measured"
    return "not met"


def zoo_in_figures(zoo: Zoo, paths: Mapping[str, Fit], resamples: int, progress: Progress, what: str) -> dict[str, Any]:
    """Everything of one zoo."""
    judged = judge(zoo, paths, RULES, SEED, lambda done, total: progress(f"judging {what}", done, total), PROCESSES)
    right = zoo.right().mean(axis=0)
    return {
        "networks": {
            name: {"gmacs": float(cost), "accuracy": float(accuracy)}
            for name, cost, accuracy in zip(zoo.names, zoo.gmacs, right, strict=True)
        },
        **judged_in_figures(zoo, judged, resamples),
        "perfect_choice_by_size": perfect_choice_by_size(zoo, 20),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--resamples", type=int, default=2000, help="bootstrap resamples")
    parser.add_argument("--images", type=int, default=50_000, help="of how many images; fewer for a quick look")
    options = parser.parse_args()
    if not (DATA / FILE).is_file():
        sys.exit(f"No published predictions in {DATA}. Set EDGEWISE_DATA to the folder that holds predictions/.")
    table = macs.load()
    paper, everything = load(table, options.images)
    with progress_bars() as progress:
        zoos = {
            "paper": zoo_in_figures(paper, PAPER_PATHS, options.resamples, progress, "the paper's zoo"),
            "all": zoo_in_figures(everything, LARGE_PATHS, options.resamples, progress, "all networks"),
        }
        smaller = zoo_in_figures(paper, SMALLER, options.resamples, progress, "fewer networks")["rows"]
    result = {
        "seed": SEED,
        "images": len(paper.labels),
        "outer_folds": OUTER_FOLDS,
        "inner_folds": INNER_FOLDS,
        "resamples": options.resamples,
        "cost": "published MACs of one answer, billions; the selector's own work counts as 0",
        "rule": {**asdict(RULE), "in_words": "fewest MACs on the inner folds"},
        "macs": {name: asdict(one) for name, one in table.networks.items()},
        "mac_sources": table.sources,
        "left_out": table.left_out,
        "zoos": zoos,
        "fewer_networks": {name: row for name, row in smaller.items() if name in SMALLER},
        "members_over_theta": members_over_theta(paper),
        "best_subset_ceiling_points": best_by_size(paper, len(paper.names)),
    }
    result["in_words"] = words(result)
    write_result("select_published", result)
    large = f"All {len(everything.names)} networks"
    shown = [
        write_svg(
            "select_published_paper", draw_plane(zoos["paper"], "The paper's eleven networks", RULE.network), PLANE
        ),
        write_svg("select_published_all", draw_plane(zoos["all"], large, RULE.network), PLANE),
        write_svg("select_published_ceilings", draw_ceilings(result), CEILINGS),
    ]
    write_page("select_published", page(result, shown))


if __name__ == "__main__":
    main()
