"""What `bfp_training.py` found, in words and tables for the docs."""

from collections.abc import Mapping
from typing import Any

from pages import markdown_list, markdown_table
from prune_users_page import NOTICE

FLOAT, FLOAT_LAST = "float32", "float32, channels last"
GOAL = 4.0  # times as long as the float32 step
BFP16 = {"block": 64, "mantissa_bits": 8}


def words(result: Mapping[str, Any]) -> list[str]:
    """The findings, from the figures."""
    nearest = {name: row for name, row in result["times"].items() if "BFP16" in name and "stochastic" not in name}
    name, slowest = max(nearest.items(), key=lambda item: item[1][f"times {FLOAT}"])
    said = "met" if slowest["times_most"] <= GOAL else "not met in every round"
    found = [
        f"A training step of ResNet-50 takes {slowest[f'times {FLOAT}']:.2f} times as long as float32's at most "
        f"({name}; {slowest['times_most']:.2f} in the worst round; "
        f"{slowest[f'times {FLOAT_LAST}']:.2f} times float32's with channels last in memory); "
        f"at most {GOAL:g} was the goal: {said}."
    ]
    return found + [_of_case(case) for case in result["cases"]]


def _of_case(case: Mapping[str, Any]) -> str:
    plain = next(row for row in case["rows"] if {name: row[name] for name in BFP16} == BFP16)
    trained = [row for row in case["rows"] if "blocks retrained" in row]
    worst = min(trained, key=lambda row: row["blocks"]["right"])
    better = sum(row["blocks retrained"]["right"] > row["blocks"]["right"] for row in trained)
    by_int8 = [row["int8 retrained"]["points"]["value"] for row in case["rows"] if "int8 retrained" in row]
    return (
        f"{case['name']}: float32 gets {case['right']:.1f}% right. Points gained on that as it comes: in int8 "
        f"{_points(case['int8'])}, in BFP16 (8 bits, blocks of 64) {_points(plain['blocks'])}, in the worst format "
        f"that was retrained ({worst['mantissa_bits']} bits, blocks of {worst['block']}) {_points(worst['blocks'])}, "
        f"and retrained in that {_points(worst['blocks retrained'])}. Retrained in blocks, {better} of {len(trained)} "
        "formats get more right than they did. Retrained with int8 forward and gradients in blocks, of "
        f"{len(by_int8)} formats: {min(by_int8):+.1f} to {max(by_int8):+.1f}; with float32 for both, "
        f"{_points(case['float32 retrained'])}."
    )


def page(result: Mapping[str, Any]) -> list[str]:
    """The whole page."""
    return [
        "# Training on block floating point",
        f"Made by `python benchmarks/bfp_training.py` ({result['machine']['cpu']}, one thread; seed {result['seed']}).",
        markdown_list(result["in_words"]),
        "A layer keeps its weights in float32. Forward its product is in int8 (the weights in steps for each output "
        "channel, the input in steps of its batch's greatest number) or in blocks; both of its gradients are products "
        "in blocks, each along its own reduction (`edgewise.accel.bfp_products`). All else, batch norm and the update "
        "among it, is float32.",
        "## A training step of ResNet-50",
        f"Batch {result['batch']} of {result['size_px']} px, forward, backward and update (SGD), {result['rounds']} "
        "rounds with all ways in turns, after one to warm up. Seconds are medians of processor time, which other work "
        f"on the machine disturbs least; times are beside {FLOAT}, as PyTorch does it by default.",
        _times(result["times"]),
        "## Accuracy",
        "Points are gained (or lost, below 0) on what the float32 network gets right of the same images, with 95% "
        "over images. *As it comes*: forward in blocks, nothing retrained. *Retrained in blocks*: forward and both "
        "gradients in blocks, and judged so. *Retrained in int8*: forward in int8, gradients in blocks, and "
        "judged in int8. Retraining takes no labels: all weights are held to what the float32 network answers "
        "on images that it has seen before, by AdamW, at a rate chosen on those; norms keep their statistics. "
        "Judged are images that neither has seen. An interval with 0 in it shows no difference.",
        *(part for case in result["cases"] for part in _accuracy(case)),
        NOTICE,
    ]


def _times(times: Mapping[str, Any]) -> str:
    rows = [
        [
            name,
            f"{row['median_s']:.2f}",
            f"{row[f'times {FLOAT}']:.2f} ({row['times_least']:.2f} to {row['times_most']:.2f})",
            f"{row[f'times {FLOAT_LAST}']:.2f}",
            f"{row['wall_times']:.2f}",
        ]
        for name, row in times.items()
    ]
    columns = [
        "forward and gradients",
        "seconds a step",
        "times (least to most)",
        f"times {FLOAT_LAST}",
        "by the clock",
    ]
    return markdown_table(columns, rows)


def _accuracy(case: Mapping[str, Any]) -> list[str]:
    kinds = ("blocks", "blocks retrained", "int8 retrained")
    rows = []
    for row in case["rows"]:
        told = [f"{row[kind]['right']:.1f}: {_points(row[kind])}" if kind in row else "" for kind in kinds]
        rows.append([str(row["mantissa_bits"]), str(row["block"]), *told])
    columns = ["mantissa, bits", "block", "as it comes, right %: points", "retrained in blocks", "retrained in int8"]
    return [
        f"### {case['name']}",
        f"{case['judged']} images judged, {case['learned']} to learn from, {case['epochs']} "
        f"{'epoch' if case['epochs'] == 1 else 'epochs'} in batches of {case['batch']}, from a rate of "
        f"{case['rate']:g}. In float32 {case['right']:.1f}% are right; in int8, nothing retrained, "
        f"{_points(case['int8'])} points; in float32, retrained the same way, {_points(case['float32 retrained'])}.",
        markdown_table(columns, rows),
    ]


def _points(found: Mapping[str, Any]) -> str:
    points = found["points"]
    return f"{points['value']:+.1f} ({points['low']:+.1f} to {points['high']:+.1f})"
