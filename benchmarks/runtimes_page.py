"""What `runtimes.py` found, in words and tables for the docs."""

from collections.abc import Mapping, Sequence
from typing import Any

from pages import markdown_list, markdown_table, write_page
from prune_users_page import NOTICE

from edgewise.runtime.engines import ABOUT, Engine

GENERIC, USER = "ResNet-50", "ResNet-50 for a user"
Row = Mapping[str, Any]


def row_of(rows: Sequence[Row], runtime: str, precision: str, threads: int) -> Row | None:
    """The row that ran; None where there is none."""
    same = [one for one in rows if (one["runtime"], one["precision"], one["threads"]) == (runtime, precision, threads)]
    return next((one for one in same if not one["failure"]), None)


def fastest(rows: Sequence[Row], threads: int) -> Row:
    """Of those that ran on so many threads."""
    return min((one for one in rows if one["threads"] == threads and not one["failure"]), key=lambda one: one["p50_ms"])


def words(result: Mapping[str, Any]) -> list[str]:
    """The findings, from the figures."""
    rows = result["rows"]
    found: list[str] = []
    for name, own in rows.items():
        best, usual = fastest(own, 1), row_of(own, "onnxruntime", "fp32", 1)
        assert usual is not None
        found.append(
            f"{name}, one thread: fastest is {_title(best)} {best['precision']}, "
            f"{usual['p50_ms'] / best['p50_ms']:.2f} times as fast as ONNX Runtime fp32; it answers as the original on "
            f"{100 * best['agreement']:.0f}% of images."
        )
    kept = [f"{ABOUT[Engine(runtime)].title} {precision} {times:.2f}" for runtime, precision, times in left(rows)]
    found.append(
        "What pruning wins on each runtime (one thread; the time of the generic network over that of the user's, both "
        f"there and at that precision): {', '.join(kept)}."
    )
    return found


def left(rows: Mapping[str, Sequence[Row]]) -> list[tuple[str, str, float]]:
    """The user network's speed beside the generic one's, for each runtime and precision that ran both."""
    found: list[tuple[str, str, float]] = []
    for own in rows[USER]:
        if own["failure"] or own["threads"] != 1:
            continue
        whole = row_of(rows[GENERIC], own["runtime"], own["precision"], 1)
        if whole is not None:
            found.append((own["runtime"], own["precision"], whole["p50_ms"] / own["p50_ms"]))
    return found


def page(result: Mapping[str, Any]) -> list[str]:
    """The parts of the page."""
    machine = result["machine"]
    parts = [
        "# What is fastest where",
        "Written by `python benchmarks/runtimes.py` from `benchmarks/results/runtimes.json`.",
        f"{machine['cpu']}, {machine['cores']} cores, one image at a time. Every row is a process of its own, and "
        "all rows of one network and one number of threads took turns, so that they can be compared though the "
        "machine was shared. Each file was written by `edgewise export`; int8 by the runtime's own quantiser, "
        f"calibrated on {4 * result['images'] // 5} training images; agreement is the share of "
        f"{result['images'] // 5} others with the same first answer as the original. `peak MB` is of the whole "
        "process, Python included. `edgewise benchmark MODEL --data FOLDER` makes the same table for a network of "
        "yours on your device.",
        markdown_list(words(result)),
    ]
    for name, rows in result["rows"].items():
        parts += [f"## {name}", table(rows)]
    return [*parts, NOTICE]


def table(rows: Sequence[Row]) -> str:
    """All rows of one network, the fastest first; what did not run stands last, with the reason."""
    ran = sorted((one for one in rows if not one["failure"]), key=lambda one: (one["threads"], one["p50_ms"]))
    cells = [
        [
            _title(one),
            one["precision"],
            str(one["threads"]),
            f"{one['p50_ms']:.1f}",
            f"{one['p90_ms']:.1f}",
            f"{one['file_bytes'] / 1e6:.1f}",
            f"{one['peak_bytes'] / 1e6:.0f}",
            "" if one["agreement"] is None else f"{100 * one['agreement']:.0f}",
        ]
        for one in ran
    ]
    failed = dict.fromkeys((_title(one), one["precision"], one["failure"]) for one in rows if one["failure"])
    text = markdown_table(
        ["runtime", "precision", "threads", "p50 ms", "p90 ms", "MB", "peak MB", "same answer %"], cells
    )
    return "\n\n".join([text, *(f"{title} {precision}: {why}" for title, precision, why in failed)])


def _title(row: Row) -> str:
    return f"{ABOUT[Engine(row['runtime'])].title} {row['version']}"


def write_runtimes_page(result: Mapping[str, Any]) -> None:
    write_page("runtimes", page(result))
