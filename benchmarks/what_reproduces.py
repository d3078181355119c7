"""Fill the tables of docs/what_reproduces.md from the stored results, so that no figure of them can drift.

    python benchmarks/what_reproduces.py

Runs nothing anew: it reads benchmarks/results/*.json, which the five benchmarks that it names write, and replaces what
stands between the page's markers. The words around them are written by hand and quote no figure that a run may change.
"""

import json
import sys
from collections.abc import Mapping
from typing import Any

from pages import ROOT, markdown_table
from what_reproduces_figures import figures_table

RESULTS = ROOT / "benchmarks" / "results"
PAGE = ROOT / "docs" / "what_reproduces.md"
NEEDED = ("premodel_published", "premodel_variants", "select_imagenet20", "features", "compression_case")
WHOLE = "all 20 classes"
Results = Mapping[str, Any]


def main() -> None:
    missing = [name for name in NEEDED if not (RESULTS / f"{name}.json").is_file()]
    if missing:
        sys.exit("Run first: " + ", ".join(f"python benchmarks/{name}.py" for name in missing) + ".")
    PAGE.write_text(filled(PAGE.read_text(encoding="utf-8"), stored()), encoding="utf-8")
    print(f"{PAGE} is in step with {RESULTS}.")


def stored() -> dict[str, Any]:
    """All results by the name of their benchmark."""
    return {name: json.loads((RESULTS / f"{name}.json").read_text(encoding="utf-8")) for name in NEEDED}


def filled(page: str, results: Results) -> str:
    """The page with its tables made anew. Raises `ValueError` where it lacks the markers of one."""
    for name, block in blocks(results).items():
        begin, end = f"<!-- {name}: filled by python benchmarks/what_reproduces.py -->", f"<!-- end of {name} -->"
        before, found_begin, rest = page.partition(begin)
        _, found_end, after = rest.partition(end)
        if not (found_begin and found_end):
            raise ValueError(f"{PAGE.name} has no place for {name!r} between its two markers.")
        page = f"{before}{begin}\n\n{block}\n\n{end}{after}"
    return page


def blocks(results: Results) -> dict[str, str]:
    """What is filled in, by the name of its markers."""
    return {"findings": findings(results), "figures": figures_table(results), "photographs": photographs(results)}


def findings(results: Results) -> str:
    """The claims of the paper, and in a sentence each what became of them."""
    published, photos = "[published predictions](premodel_published.md)", "[real photographs](select_imagenet20.md)"
    a = results["premodel_published"]["a_algorithm_1"]
    three = a["ceiling_points"]["the paper's three"]
    rows = [
        ["Algorithm 1's gains on the paper's networks: 70.75, +12.84, +2.55 points", _gains(a), published],
        ["it stops at theta = 0.5 points with three networks", _stop(a), published],
        [
            "87.4% right with MobileNet, Inception_v4 and ResNet_v1_152",
            f"cannot be, as right answers: a perfect choice among the three is right for "
            f"{three:.2f}%. The paper counts a justified refusal as a success",
            published,
        ],
        ["the features tell which network will be right", _features(results), published],
        [
            "the KNN chain is the best premodel, a CNN the worst",
            _kinds(results),
            "[all premodels](premodel_variants.md)",
        ],
        [
            "the premodel is more accurate and faster than the most capable network",
            _premodels(results),
            f"{photos}, [all premodels](premodel_variants.md)",
        ],
        ["(a selector chosen under a budget instead is more accurate and faster)", _chosen(results), photos],
    ]
    return markdown_table(["the claim", "does it reproduce?", "where"], rows)


def _gains(a: Results) -> str:
    told = {
        name: " ".join(f"{step['gain_points']:+.2f}" for step in zoo["gains_to_exhaustion"][:3])
        for name, zoo in a["zoos"].items()
    }
    lead = a["inception_v3_over_resnet_v1_152_as_third_points"]
    tie = ", a tie" if lead["low"] < 0 < lead["high"] else ""
    return (
        f"yes, without Inception_v3 in the zoo: {told['ten, without inception_v3']}. With it, it takes the third place "
        f"by {lead['value']:+.2f} points (95% {lead['low']:+.2f} to {lead['high']:+.2f}){tie}"
    )


def _stop(a: Results) -> str:
    zoos = a["zoos"].values()
    kept = " and ".join(sorted({str(len(zoo["picks_at_theta_0.5"])) for zoo in zoos}))
    ranges = " or ".join(
        f"from {low:.2f} to {high:.2f}" for low, high in (z["theta_that_keeps_three_points"] for z in zoos)
    )
    return f"{'yes' if kept == '3' else 'no'}: theta = 0.5 keeps {kept}; three need theta {ranges}"


def _features(results: Results) -> str:
    published = results["premodel_published"]
    auc = published["b_auc_mobilenet_right"]["k=5"]
    shuffled, chain = (
        next(row["accuracy"]["value"] for row in published["b_knn_chain"]["rows"] if row["name"] == name)
        for name in ("control: features shuffled", "premodel, refuses on fail")
    )
    return (
        f"{'hardly' if auc['low'] < 0.55 else 'yes'}, on a replication's features: AUC {auc['value']:.2f} "
        f"({auc['low']:.2f} to {auc['high']:.2f}) for MobileNet; a coin has 0.5. The chain is right on "
        f"{100 * chain:.1f}%, with shuffled features on {100 * shuffled:.1f}%"
    )


def _kinds(results: Results) -> str:
    """Which premodel is best on each data set, as the paper counts."""
    told: list[str] = []
    for name, found in results["premodel_variants"]["studies"].items():
        ranked = sorted(found["namings"], key=lambda one: -one["as_the_paper"]["value"])
        places = {one["name"]: place for place, one in enumerate(ranked, start=1)}
        cnn = f", the CNN {_ordinal(places['CNN'])}" if "CNN" in places else ""
        told.append(
            f"{name}: {ranked[0]['name']} is first ({100 * ranked[0]['as_the_paper']['value']:.1f}%), knn.knn.knn "
            f"{_ordinal(places['knn.knn.knn'])} of {len(ranked)}{cnn}"
        )
    return "; ".join(told)


def _ordinal(place: int) -> str:
    return f"{place}{({1: 'st', 2: 'nd', 3: 'rd'} if place not in (11, 12, 13) else {}).get(place % 10, 'th')}"


def _premodels(results: Results) -> str:
    """Every judged premodel of all data sets against its coin."""
    judged = [
        (name, row["name"], row["verdict"])
        for name, found in results["premodel_variants"]["studies"].items()
        for row in found["table"]["rows"]
        if row["kind"] == "selector"
    ]
    winners = [f"{row} ({name})" for name, row, verdict in judged if verdict == "beats the mixing line"]
    open_ones = sum(verdict == "cannot tell" for _, _, verdict in judged)
    beaten = "none beats a coin of the same cost"
    if winners:
        verb = "beats" if len(winners) == 1 else "beat"
        beaten = f"{', '.join(winners)} {verb} a coin of the same cost (among so many rows one or two do by luck)"
    best = {
        ways: max(
            (row["over_best"] for row in halves[WHOLE]["rows"] if row["name"].startswith("premodel")),
            key=lambda gain: gain["value"],
        )
        for ways, halves in results["select_imagenet20"]["tables"].items()
    }
    gains = ", ".join(f"{_points(gain)} {ways}" for ways, gain in best.items())
    more = any(gain["low"] > 0 for gain in best.values())
    return (
        f"{'yes' if more else 'no'}: against the best single model the better fail policy is at {gains}. Of "
        f"{len(judged)} rows of premodels {beaten}, and for {open_ones} it cannot be told"
    )


def _chosen(results: Results) -> str:
    """What the choice among all selectors reaches at the slowest model's time."""
    told: list[str] = []
    for ways, tables in results["select_imagenet20"]["tables"].items():
        rows = tables[WHOLE]["rows"]
        best = next(row for row in rows if "best" in row["marks"])
        row = next(row for row in rows if row["name"].startswith("auto, at most"))
        both = row["over_best"]["low"] > 0 and best["mean_ms"] > row["mean_ms"]
        told.append(
            f"{'yes' if both else 'no'}, {ways}: {row['name']}: {_points(row['over_best'])} points at "
            f"{best['mean_ms'] / row['mean_ms']:.2f}x the speed of {best['name']}"
        )
    return "; ".join(told)


def photographs(results: Results) -> str:
    """Every selector against the best single model, on all images and on each half."""
    rows: list[list[str]] = []
    for ways, tables in results["select_imagenet20"]["tables"].items():
        for half, table in tables.items():
            best = max((r for r in table["rows"] if r["kind"] == "single"), key=lambda r: r["accuracy"]["value"])
            rows.append(
                [
                    f"**{ways}, {half}**",
                    f"**{best['name']}: {100 * best['accuracy']['value']:.1f}%**",
                    f"**{best['mean_ms']:.1f} ms**",
                    "",
                ]
            )
            rows += [
                [
                    row["name"],
                    _points(row["over_best"]),
                    f"{best['mean_ms'] / row['mean_ms']:.2f}x",
                    {"beats the mixing line": "yes", "does not": "no"}.get(row["verdict"], row["verdict"]),
                ]
                for row in table["rows"]
                if row["kind"] in ("selector", "control")
            ]
    return markdown_table(["", "points against the best single model (95%)", "speed", "beats the coin?"], rows)


def _points(gain: Results) -> str:
    return f"{100 * gain['value']:+.1f} ({100 * gain['low']:+.1f} to {100 * gain['high']:+.1f})"


if __name__ == "__main__":
    main()
