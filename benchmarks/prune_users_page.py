"""What `prune_users.py` found, in words and tables for the docs."""

from collections.abc import Mapping, Sequence
from statistics import mean, median
from typing import Any

from pages import markdown_list, markdown_table

NOTICE = (
    "The ResNets are product-quantised networks (uber-research/permute-quantize-finetune), for non-commercial use "
    "only; the licence stands beside the weights in weights/LICENSE.uber-noncommercial.txt of the evaluation data. "
    "The images stand under ImageNet's terms (non-commercial research)."
)


_FLOOR = 2  # times as fast, in five minutes
_AS_FAST = 0.97  # of another's speed: what timing cannot tell apart


def front(summary: Mapping[str, Any], made: Sequence[str]) -> list[str]:
    """The baselines that no other baseline beats in both speed and accuracy, fastest first."""
    others = [name for name in summary if name not in made]
    kept = [
        name
        for name in others
        if not any(
            summary[other]["times_as_fast"] > summary[name]["times_as_fast"]
            and summary[other]["drop"]["value"] <= summary[name]["drop"]["value"]
            for other in others
        )
    ]
    return sorted(kept, key=lambda name: -summary[name]["times_as_fast"])


def rival_of(summary: Mapping[str, Any], made: Sequence[str], name: str) -> str | None:
    """The most accurate baseline that is as fast, but for what timing cannot tell; None where none is."""
    fast = [
        other
        for other in summary
        if other not in made and summary[other]["times_as_fast"] >= _AS_FAST * summary[name]["times_as_fast"]
    ]
    return min(fast, key=lambda other: summary[other]["drop"]["value"], default=None)


def words(result: Mapping[str, Any]) -> list[str]:
    """The findings, from the figures."""
    summary, made = result["over_users"], result["made"]
    found: list[str] = []
    for name in made:
        row = summary[name]
        stands = "no baseline is as fast"
        if row["rival"]:
            stands = f"against {row['rival']}, the best that is as fast, {points_of(row['over_rival'], gained=True)}"
        found.append(
            f"{name}: {row['own_times_as_fast']:.2f} times as fast as {_against(result, name)} for "
            f"{points_of(row['own_drop'])} points, made in {_minutes(result, name):.1f} minutes; {stands}."
        )
    passed = [user["rows"][name]["evidence"]["verdict"] for user in result["users"] for name in made]
    found.append(
        f"The guard, at 1 point: {passed.count('passes')} of {len(passed)} networks certified, "
        f"{passed.count('refused')} refused, {passed.count('undecided')} undecided on what it saw."
    )
    return found


def goals(result: Mapping[str, Any]) -> list[list[str]]:
    """What was aimed at, what was found, and whether the bound of its interval meets it."""
    summary, made = result["over_users"], result["made"]
    rows: list[list[str]] = []
    for name in made:
        row = summary[name]
        product, found = "1 point above every network as fast", "no network is as fast"
        met = row["rival"] is None
        if not met:
            met = row["over_rival"]["low"] >= 0.01
            found = f"{points_of(row['over_rival'], gained=True)} against {row['rival']}"
        rows.append([name, product, found, _met(met)])
        asked = float(name.split(", ")[-1].split("x")[0])
        drop, fast = row["own_drop"], row["own_times_as_fast"]
        met = drop["value"] <= 0.01 and drop["high"] <= 0.02 and fast >= _AS_FAST * asked
        rows.append(
            [
                name,
                f"{asked:g}x for at most 1 point, upper bound 2",
                f"{fast:.2f}x, {points_of(drop)}",
                _met(met),
            ]
        )
        if asked <= _FLOOR:
            rows.append([name, "5 minutes", f"{_minutes(result, name):.1f}", _met(_minutes(result, name) <= 5)])
    peaks = [user["rows"][name]["cost"]["peak_bytes"] or 0 for user in result["users"] for name in made]
    rows.append(["all of them", "under 3 GB", f"{max(peaks) / 1e9:.2f} GB at most", _met(max(peaks) < 3e9)])
    return rows


def _met(met: bool) -> str:
    return "met" if met else "not met"


def _minutes(result: Mapping[str, Any], name: str) -> float:
    return median(user["rows"][name]["seconds"] for user in result["users"]) / 60


def _against(result: Mapping[str, Any], name: str) -> str:
    return result["users"][0]["rows"][name]["against"]


def points_of(drop: Mapping[str, float], *, gained: bool = False) -> str:
    """Of a drop what it won, or of what was gained itself."""
    won, low, high = (100 * drop[key] for key in ("value", "low", "high"))
    if not gained:
        won, low, high = 0.0 - won, 0.0 - high, 0.0 - low
    return f"{won:+.2f} ({low:+.2f} to {high:+.2f})"


def page(result: Mapping[str, Any], picture: str) -> list[str]:
    """The whole page."""
    users = result["users"]
    further = result.get("further", False)
    options = " --rapid" if result["rapid"] else f"{' --further' if further else ''} --users {len(users)}"
    command = f"python benchmarks/prune_users.py{options}"
    return [
        f"# A network for one user, on real networks{': deeper cuts, and Inception-V3' if further else ''}",
        f"Made by `{command}` (seed {result['seed']}). {_who(users)}, {result['images_of_a_stream']} unlabelled "
        f"training images a user, {result['held_out']:.0%} of them the guard's; accuracy on the official validation "
        "images. Times are of one image and one thread, all networks in turns: MobileNetV2's are LiteRT's, all others "
        "ONNX Runtime's.",
        markdown_list(words(result)),
        picture,
        "Against ResNet-50 restricted to the user's classes at 224 px; means over users, intervals (95%) by resampling "
        "users and images. With so few users they are wide. The last columns hold a user's network against the generic "
        "one that it replaces, at its own input size.",
        markdown_table(
            ["", "right %", "points lost or won (95%)", "times as fast", "of its own: points (95%)", "times as fast"],
            [
                [
                    name,
                    f"{100 * row['accuracy']:.1f}",
                    points_of(row["drop"]),
                    f"{row['times_as_fast']:.2f}",
                    points_of(row["own_drop"]) if "own_drop" in row else "",
                    f"{row['own_times_as_fast']:.2f}" if "own_drop" in row else "",
                ]
                for name, row in result["over_users"].items()
            ],
        ),
        "## Goals",
        "Where an interval is given, its bound must meet the goal.",
        markdown_table(["network", "goal", "found", ""], goals(result)),
        "## Inputs of other classes",
        "The share of validation images of the data's other classes that is let in where 5% of the user's own are "
        "turned away, means over users. The threshold is set on the test images themselves. The last output stands "
        "for all other classes; the baselines do without it.",
        markdown_table(
            ["network", "by the last output, %", "by the greatest probability, %", "by energy, %"],
            [
                [
                    name,
                    *(
                        f"{100 * mean(user['rows'][name]['foreign_accepted'][way] for user in users):.0f}"
                        for way in ("other", "max-probability", "energy")
                    ),
                ]
                for name in result["made"]
            ],
        ),
        "## User by user",
        *(part for user in users for part in _user(user, result["made"])),
        "## Notice",
        NOTICE,
    ]


def _who(users: Sequence[Mapping[str, Any]]) -> str:
    sizes = [len(user["classes"]) for user in users]
    counted = ((sizes.count(size), size) for size in sorted(set(sizes)))
    return " and ".join(f"{many} user{'s' if many > 1 else ''} of {size} classes" for many, size in counted)


def _user(user: Mapping[str, Any], made: Sequence[str]) -> list[str]:
    rows = []
    for name, row in user["rows"].items():
        ours = name in made
        rows.append(
            [
                name,
                f"{100 * row['accuracy']:.1f}",
                points_of(row["drop"]),
                f"{row['ms']:.1f}",
                f"{row['times_as_fast']:.2f}",
                f"{100 * row['macs'] / row['generic_macs']:.0f}" if ours else "",
                f"{row['evidence']['verdict']}: {row['evidence']['drop_points']:.2f} "
                f"({row['evidence']['low_points']:.2f} to {row['evidence']['high_points']:.2f})"
                if ours
                else "",
                f"{row['base']}, {'cut' if row['cut'] else 'whole'}" if ours else "",
                f"{row['seconds']:.0f}" if ours else "",
                f"{row['cost']['peak_bytes'] / 1e9:.1f}" if ours and row["cost"]["peak_bytes"] else "",
                f"{1000 * row['seconds'] / (user['rows'][row['against']]['ms'] - row['ms']):,.0f}" if ours else "",
            ]
        )
    columns = ["", "right %", "points (95%)", "ms", "times as fast", "MACs %", "the guard: drop expected"]
    columns += ["made of", "made in, s", "peak GB", "paid for after"]
    return [f"### {user['pool']}, {', '.join(user['classes'])}", markdown_table(columns, rows)]
