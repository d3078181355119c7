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
        minutes = sorted(_seconds(user["rows"][name]) / 60 for user in result["users"])
        better = [
            other
            for other in front(summary, made)
            if summary[other]["times_as_fast"] >= row["times_as_fast"]
            and summary[other]["drop"]["value"] <= row["drop"]["value"]
        ]
        stands = f"{better[0]} is as fast and loses no more" if better else "no baseline is as fast and as accurate"
        found.append(
            f"{name}: {row['own_times_as_fast']:.2f} times as fast as its own network for {points_of(row['own_drop'])} "
            f"points, made in {minutes[len(minutes) // 2]:.1f} minutes; {stands}."
        )
    passed = [user["rows"][name]["evidence"]["verdict"] for user in result["users"] for name in made]
    found.append(
        f"The guard, at 1 point: {passed.count('passes')} of {len(passed)} networks certified, "
        f"{passed.count('refused')} refused, {passed.count('undecided')} undecided on what it saw."
    )
    return found


def _seconds(row: Mapping[str, Any]) -> float:
    return sum(step["seconds"] for step in row["cost"]["steps"])


def points_of(drop: Mapping[str, float]) -> str:
    won, low, high = (0.0 - 100 * drop[key] for key in ("value", "high", "low"))
    return f"{won:+.2f} ({low:+.2f} to {high:+.2f})"


def page(result: Mapping[str, Any], picture: str) -> list[str]:
    """The whole page."""
    users = result["users"]
    command = "python benchmarks/prune_users.py" + (" --rapid" if result["rapid"] else "")
    return [
        "# A network for one user, on real networks",
        f"Made by `{command}` (seed {result['seed']}). {_who(users)}, {result['images_of_a_stream']} unlabelled "
        f"training images a user, {result['held_out']:.0%} of them the guard's; accuracy on the official validation "
        "images. Times are of one image and one thread, all networks in turns: MobileNetV2's are LiteRT's, all others "
        "ONNX Runtime's.",
        markdown_list(words(result)),
        picture,
        "Against ResNet-50 restricted to the user's classes at 224 px; means over users, intervals (95%) by resampling "
        "users and images. With so few users they are wide. The last columns hold a user's network against the one "
        "that it was made of, at its own input size.",
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
        "## User by user",
        *(part for user in users for part in _user(user, result["made"])),
        "## Notice",
        NOTICE,
    ]


def _who(users: Sequence[Mapping[str, Any]]) -> str:
    sizes = [len(user["classes"]) for user in users]
    return " and ".join(f"{sizes.count(size)} users of {size} classes" for size in sorted(set(sizes)))


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
                f"{_seconds(row):.0f}" if ours else "",
                f"{row['cost']['peak_bytes'] / 1e9:.1f}" if ours and row["cost"]["peak_bytes"] else "",
                f"{1000 * _seconds(row) / (user['rows'][row['against']]['ms'] - row['ms']):,.0f}" if ours else "",
            ]
        )
    columns = ["", "right %", "points (95%)", "ms", "times as fast", "MACs %", "the guard: drop expected"]
    columns += ["made in, s", "peak GB", "paid for after"]
    return [f"### {user['pool']}, {', '.join(user['classes'])}", markdown_table(columns, rows)]
