"""What `int8_users.py` found, in words and tables for the docs."""

from collections.abc import Mapping, Sequence
from statistics import median
from typing import Any

from pages import markdown_list, markdown_table
from prune_users_drop import drop_over_users
from prune_users_page import NOTICE, points_of

GENERIC, USER = "ResNet-50", "the user's network"
NETWORKS = (GENERIC, "ResNet-18", USER)
_AS_GOOD = 0.97  # of another's speed: what timing cannot tell apart


def over_users(found: Sequence[Mapping[str, Any]]) -> dict[str, dict[str, Any]]:
    """By engine and network: means and medians over users, against the generic network at both precisions."""
    summary: dict[str, dict[str, Any]] = {}
    for engine, first in found[0]["engines"].items():
        users = [user["engines"][engine] for user in found]
        summary[engine] = {key: _row(users, key) for key in first}
    return summary


def _row(users: Sequence[Mapping[str, Any]], key: str) -> dict[str, Any]:
    row: dict[str, Any] = {
        "accuracy": sum(user[key]["accuracy"]["value"] for user in users) / len(users),
        "ms": median(user[key]["ms"] for user in users),
        "file_bytes": median(user[key]["file_bytes"] for user in users),
    }
    for precision in ("fp32", "int8"):
        against = f"{GENERIC}|{precision}"
        before, after = ([user[name]["right"] for user in users] for name in (against, key))
        row[f"times_as_fast_as_{precision}"] = median(user[against]["ms"] / user[key]["ms"] for user in users)
        row[f"drop_from_{precision}"] = drop_over_users(before, after)
    return row


def words(result: Mapping[str, Any]) -> list[str]:
    """The findings, from the figures."""
    found: list[str] = []
    for engine, rows in result["over_users"].items():
        whole, own = (rows[f"{name}|int8"] for name in (GENERIC, USER))
        at_float = rows[f"{USER}|fp32"]["times_as_fast_as_fp32"]
        left = own["times_as_fast_as_int8"]
        found.append(
            f"{engine}: int8 makes the generic network {whole['times_as_fast_as_fp32']:.2f} times as fast for "
            f"{points_of(whole['drop_from_fp32'])} points. The user's network is {at_float:.2f} times as fast as the "
            f"generic one where both are float32, and {left:.2f} times where both are int8: "
            f"{_kept(left, at_float)}. At int8 it is {own['times_as_fast_as_fp32']:.2f} times as fast as the generic "
            f"network at float32, for {points_of(own['drop_from_fp32'])} points; against the generic network at int8 "
            f"it is {points_of(own['drop_from_int8'])} points."
        )
        rival = rows["ResNet-18|int8"]
        verdict = "no faster" if rival["ms"] > _AS_GOOD * own["ms"] else "faster"
        better = rival["accuracy"] >= own["accuracy"]
        found.append(
            f"{engine}: a plain ResNet-18 at int8, restricted to the user's classes, is {verdict} "
            f"({rival['ms']:.1f} ms against {own['ms']:.1f}) and {'as right or more' if better else 'less'} often "
            f"right ({100 * rival['accuracy']:.1f}% against {100 * own['accuracy']:.1f}%)."
        )
    verdicts = [user["guard"]["int8"]["verdict"] for user in result["users"]]
    found.append(
        f"The guard, at 1 point, of the int8 networks' own answers: {verdicts.count('passes')} of {len(verdicts)} "
        f"certified, {verdicts.count('refused')} refused, {verdicts.count('undecided')} undecided on what it saw."
    )
    return found


def _kept(left: float, at_float: float) -> str:
    if left >= _AS_GOOD * at_float:
        return "the speed-up stays"
    return f"{100 * (left - 1) / (at_float - 1):.0f}% of what pruning wins stays"


def page(result: Mapping[str, Any]) -> list[str]:
    """The whole page."""
    users = result["users"]
    return [
        "# A network for one user, at int8",
        f"Made by `python benchmarks/int8_users.py --users {len(users)}` (seed {result['seed']}; "
        f"{result['machine']['cpu']}, {result['machine']['cores']} cores). "
        f"{len(users)} user{'s' if len(users) > 1 else ''} of five classes. ResNet-50 is cut for "
        f"{result['speedup']:g} times its speed at float32 with an input of {result['size_px']} px, then quantised "
        f"with {result['calibrated_on']} of the images that it was made from; the generic networks, restricted to the "
        "user's classes, are quantised with the same images. Accuracy on the official validation images. Times are of "
        "one image and one thread, all networks of a user in turns in one run: compare them within an engine.",
        markdown_list(words(result)),
        *(part for engine in result["engines"] for part in _engine(result, engine)),
        "## User by user",
        *(part for user in users for part in _user(user)),
        "## Notice",
        NOTICE,
    ]


def _engine(result: Mapping[str, Any], engine: str) -> list[str]:
    rows = result["over_users"][engine]
    columns = ["", "right %", "points against float32 (95%)", "points against int8 (95%)", "ms", "MB"]
    columns += ["times as fast as ResNet-50", "as ResNet-50 at int8"]
    return [
        f"## {engine}",
        "Against ResNet-50; means over users, medians of times, intervals by resampling users and images.",
        markdown_table(
            columns,
            [
                [
                    key.replace("|", ", "),
                    f"{100 * row['accuracy']:.1f}",
                    points_of(row["drop_from_fp32"]),
                    points_of(row["drop_from_int8"]),
                    f"{row['ms']:.1f}",
                    f"{row['file_bytes'] / 1e6:.1f}",
                    f"{row['times_as_fast_as_fp32']:.2f}",
                    f"{row['times_as_fast_as_int8']:.2f}",
                ]
                for key, row in rows.items()
            ],
        ),
    ]


def _user(user: Mapping[str, Any]) -> list[str]:
    guard = ", ".join(
        f"{precision} {found['verdict']}: {found['drop_points']:.2f} points ({found['low_points']:.2f} to "
        f"{found['high_points']:.2f})"
        for precision, found in user["guard"].items()
    )
    rows = [
        [
            engine,
            key.replace("|", ", "),
            f"{100 * row['accuracy']['value']:.1f} ({100 * row['accuracy']['low']:.1f} to "
            f"{100 * row['accuracy']['high']:.1f})",
            f"{row['ms']:.1f}",
            f"{row['file_bytes'] / 1e6:.1f}",
        ]
        for engine, by in user["engines"].items()
        for key, row in by.items()
    ]
    return [
        f"### {user['pool']}, {', '.join(user['classes'])}",
        f"Made in {user['seconds']:.0f} s. The guard: {guard}.",
        markdown_table(["engine", "", "right % (95%)", "ms", "MB"], rows),
    ]
