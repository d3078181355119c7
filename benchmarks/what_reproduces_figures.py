"""Each published figure beside ours on every data set, with a verdict that follows from the figures."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from pages import markdown_table

from edgewise.select.named import PREMODEL
from edgewise.select.paper.published import PUBLISHED, Published

PREDICTIONS = "published predictions"
PHOTOGRAPHS = ("20-way", "1000-way")
NETWORKS = {"mobilenet": "mobilenet_v1_tf", "inception": "inception_v4_tf", "resnet": "resnet_v1_152_tf"}
GAINS = ("first gain", "second gain", "third gain")
NONE = "\N{EN DASH}"
_MINUS = "\N{MINUS SIGN}"
_FAR_POINTS = 5.0
_CLOSE_POINTS = 1.0  # a figure that was read off a plot is good to about 1% of its axis
Results = Mapping[str, Any]


@dataclass(frozen=True)
class Cell:
    """Ours on one data set."""

    text: str
    words: str = ""

    @property
    def value(self) -> float | None:
        """The first number of the text; None for a dash."""
        number = re.search(r"[+-]?\d[\d.]*", self.text.replace(_MINUS, "-"))
        return float(number[0]) if number else None


def figures_table(results: Results) -> str:
    """The whole table in Markdown, a row for each published figure."""
    columns = ["", "published", "source", "published predictions", *(f"photographs, {w}" for w in PHOTOGRAPHS)]
    rows: list[list[str]] = []
    for key, one in PUBLISHED.items():
        ours = {name: _cell(key, name, results) for name in (PREDICTIONS, *PHOTOGRAPHS)}
        source = one.source.replace("Taylor et al. ", "").replace("Sanz Marco et al. ", "")
        cells = [_shown(key, cell) for cell in ours.values()]
        rows.append([one.what, one.text, source, *cells, verdict(key, one, ours, results)])
    return markdown_table([*columns, "does it reproduce?"], rows)


def _cell(key: str, name: str, results: Results) -> Cell:
    studied = results["premodel_variants"]["beside"].get(name, {}).get(key)
    cell = Cell(studied["ours"], studied["words"]) if studied else Cell(NONE, "not run")
    if name != PREDICTIONS:
        return cell
    return _on_all_predictions(results["premodel_published"]["a_algorithm_1"]).get(key, cell)


def _on_all_predictions(a: Results) -> dict[str, Cell]:
    """What the 50,000 predictions of the paper's eleven networks say, where the premodel's study has fewer rows."""
    ten, ceilings = a["zoos"]["ten, without inception_v3"], a["ceiling_points"]
    low, high = ten["theta_that_keeps_three_points"]
    three_top5 = ceilings["the paper's three, top-5"]
    cells = {
        "theta": Cell(f"{low:.2f} to {high:.2f} points"),
        "members": Cell(f"{len(ten['picks_at_theta_0.5'])} models"),
        "cnn": Cell(NONE, "no pixels in these data"),
        "oracle top-1": Cell(f"{ceilings['eleven']:.2f}%", "of eleven networks"),
        "oracle top-5": Cell(f"{three_top5:.2f}%", "of the paper's three"),
    }
    for key, step in zip(GAINS, ten["gains_to_exhaustion"], strict=False):
        gain = f"{step['gain_points']:.2f}%" if key == GAINS[0] else f"{step['gain_points']:+.2f} points"
        cells[key] = Cell(gain, step["network"])
    for network, name in NETWORKS.items():
        cells[f"{network} top-1"] = Cell(f"{100 * a['single_accuracy'][name]:.2f}%", name)
    return cells


def _shown(key: str, cell: Cell) -> str:
    """The cell, with the words that say which model or set it is about, or why there is nothing."""
    about = key in (*GAINS, "oracle top-1", "oracle top-5", "more features")
    about |= key.startswith(("share ", *NETWORKS)) and not key.startswith("share fail")
    if cell.words and (about or cell.text == NONE):
        return f"{cell.text} ({cell.words})"
    return cell.text


def verdict(key: str, one: Published, ours: Mapping[str, Cell], results: Results) -> str:
    """Whether the figure reproduces, by the data set that is nearest to the paper's."""
    special = _special(key, ours, results)
    if special:
        return special
    nearest = next((name for name, cell in ours.items() if cell.value is not None), None)
    if nearest is None or (value := ours[nearest].value) is None:
        return "cannot be asked of these data"
    less = value - one.value
    if abs(less) <= _CLOSE_POINTS:
        return "yes"
    where = "" if nearest == PREDICTIONS else f" on photographs, {nearest}"
    unit = "x" if one.unit == "x" else "points"
    return f"no: {abs(less):.1f} {unit} {'higher' if less > 0 else 'lower'}{where}"


def _special(key: str, ours: Mapping[str, Cell], results: Results) -> str:
    """Figures whose verdict is not the difference of two numbers."""
    predicted, twenty = ours[PREDICTIONS].value, ours[PHOTOGRAPHS[0]].value
    a = results["premodel_published"]["a_algorithm_1"]
    three = a["ceiling_points"]["the paper's three"]
    if key in ("mobilenet time", "inception time", "resnet time", "premodel time"):
        return "cannot be compared: a Jetson TX2 against this machine, and multiply-adds"
    if key == "theta":
        low, high = a["zoos"]["ten, without inception_v3"]["theta_that_keeps_three_points"]
        return "yes" if low <= PUBLISHED["theta"].value < high else "no: three networks need another theta"
    if key == "members":
        return "yes" if predicted == PUBLISHED["members"].value else "no, by theta = 0.5"
    if key == "candidates":
        return "yes: all are built; the replication publishes seven"
    if key == "filtered":
        return "yes" if twenty == PUBLISHED[key].value else "no: it depends on images and extractor"
    if key == "chosen":
        return "set to be the paper's seven, not found anew"
    if key == "oracle top-1":
        return f"as the union of the whole zoo only; a perfect choice among the three is right on {three:.2f}%"
    if key == "oracle top-5":
        return "the three alone come near; the published one may be of the whole zoo, as in top-1"
    if key == "five features" and twenty is not None and twenty > PUBLISHED[key].value + _FAR_POINTS:
        return "no such loss"
    if key == "speed" and (gain := _predicted(results, "accuracy gain")) is not None and gain < 0:
        return "a speed for less accuracy: see the next row"
    if key == "premodel top-1":
        return f"no; as right answers it could not: a perfect choice among the three is right on {three:.2f}%"
    if key == "wrong flagged":
        return "compare with 5.5%, what a flag that looks at nothing catches"
    if key == "false alarms":
        return "set to be the same"
    if key in ("features time", "decision time"):
        return _times(key, results["features"])
    if key.startswith("compressed"):
        return _compressed(key, results["compression_case"])
    return ""


def _compressed(key: str, case: Results) -> str:
    """The benchmark of its own: the premodel that falls back, against the plain network, and what needs no premodel."""
    premodel = case["beside"][PREMODEL]
    where = f"on a {case['network']['kind']} ([four variants](compression_case.md))"
    if key == "compressed speed":
        return f"{premodel['times_as_fast_as_plain']['value']:.2f}x {where}"
    alone = {row["name"]: row for row in case["table"]["rows"] if row["kind"] == "single"}
    plain, int8 = alone["plain"], alone["int8"]
    faster, more = plain["mean_ms"] / int8["mean_ms"], int8["accuracy"]["value"] - plain["accuracy"]["value"]
    lost = 100 * premodel["over_plain"]["value"]
    return f"{lost:+.1f} points {where}; int8 alone is {faster:.2f}x as fast for {100 * more:+.1f} points"


def _predicted(results: Results, key: str) -> float | None:
    """Our figure on the published predictions, None where there is none."""
    return _cell(key, PREDICTIONS, results).value


def _times(key: str, features: Results) -> str:
    """The features benchmark's own measurement, the decision among as many images as the paper knows."""
    part = {"features time": "features", "decision time": "decision"}[key]
    ms = features["photographs"]["rows"]["edgewise, seven"][part]["p50_ms"]
    if key == "decision time":
        return f"{'yes' if ms < 1 else 'no'}: {ms:.2f} ms among 50,000 known images ([features](features.md))"
    return f"another machine: {ms:.2f} ms for an image of 500 x 375 ([features](features.md))"
