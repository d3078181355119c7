"""What `prune_users.py` found, in words and tables for the docs."""

from collections.abc import Mapping, Sequence
from typing import Any

from pages import markdown_list, markdown_table

NOTICE = (
    "The ResNets are product-quantised networks (uber-research/permute-quantize-finetune), for non-commercial use "
    "only; the licence stands beside the weights in weights/LICENSE.uber-noncommercial.txt of the evaluation data. "
    "The images stand under ImageNet's terms (non-commercial research)."
)


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


def words(result: Mapping[str, Any]) -> list[str]:
    """The findings, from the figures."""
    summary, made = result["over_users"], result["made"]
    found: list[str] = []
    for name in made:
        row = summary[name]
        better = [
            other
            for other in front(summary, made)
            if summary[other]["times_as_fast"] >= row["times_as_fast"]
            and summary[other]["drop"]["value"] <= row["drop"]["value"]
        ]
        stands = f"{better[0]} is as fast and loses no more" if better else "no baseline is as fast and as accurate"
        found.append(f"{name}: {_points(row['drop'])} points at {row['times_as_fast']:.2f}x; {stands}.")
    passed = [user["rows"][name]["evidence"]["verdict"] for user in result["users"] for name in made]
    found.append(
        f"The guard, at 1 point: {passed.count('passes')} of {len(passed)} networks certified, "
        f"{passed.count('refused')} refused, {passed.count('undecided')} undecided on what it saw."
    )
    return found


def _points(drop: Mapping[str, float]) -> str:
    won, low, high = (0.0 - 100 * drop[key] for key in ("value", "high", "low"))
    return f"{won:+.2f} ({low:+.2f} to {high:+.2f})"


def page(result: Mapping[str, Any], picture: str) -> list[str]:
    """The whole page."""
    users = result["users"]
    command = "python benchmarks/prune_users.py" + (" --rapid" if result["rapid"] else "")
    return [
        "# A network for one user, on real networks",
        f"Made by `{command}` (seed {result['seed']}). {len(users)} users of five classes each, "
        f"{result['images_of_a_stream']} unlabelled training images a user, half of them the guard's; accuracy on the "
        "official validation images. Times are ONNX Runtime's, one thread, batch 1, all networks in turns.",
        markdown_list(words(result)),
        picture,
        "Against ResNet-50 restricted to the user's classes at 224 px; means over users, intervals (95%) by resampling "
        "users and images. With so few users they are wide.",
        markdown_table(
            ["", "right %", "points lost or won (95%)", "times as fast"],
            [
                [name, f"{100 * row['accuracy']:.1f}", _points(row["drop"]), f"{row['times_as_fast']:.2f}"]
                for name, row in result["over_users"].items()
            ],
        ),
        "## User by user",
        *(part for user in users for part in _user(user, result["made"])),
        "## Notice",
        NOTICE,
    ]


def _user(user: Mapping[str, Any], made: Sequence[str]) -> list[str]:
    rows = []
    for name, row in user["rows"].items():
        ours = name in made
        rows.append(
            [
                name,
                f"{100 * row['accuracy']:.1f}",
                _points(row["drop"]),
                f"{row['ms']:.1f}",
                f"{row['times_as_fast']:.2f}",
                f"{100 * row['macs'] / row['generic_macs']:.0f}" if ours else "",
                f"{row['evidence']['verdict']}: {row['evidence']['drop_points']:.2f} "
                f"({row['evidence']['low_points']:.2f} to {row['evidence']['high_points']:.2f})"
                if ours
                else "",
                f"{sum(step['seconds'] for step in row['spent']):.0f}" if ours else "",
            ]
        )
    columns = ["", "right %", "points (95%)", "ms", "times as fast", "MACs %", "the guard: drop expected", "made in, s"]
    return [f"### {user['pool']}, {', '.join(user['classes'])}", markdown_table(columns, rows)]
