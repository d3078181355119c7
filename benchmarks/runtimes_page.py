"""What `runtimes.py` found, in words and tables for the docs."""

from collections.abc import Mapping, Sequence
from typing import Any

from pages import markdown_list, markdown_table, write_page
from prune_users_page import NOTICE

from edgewise.runtime.engines import ABOUT, Engine

GENERIC, USER = "ResNet-50", "ResNet-50 for a user"
Row = Mapping[str, Any]


def row_of(rows: Sequence[Row], runtime: str, precision: str) -> Row | None:
    """The row that ran; None where there is none."""
    same = [one for one in rows if (one["runtime"], one["precision"]) == (runtime, precision) and not one["failure"]]
    return same[0] if same else None


def fastest(rows: Sequence[Row]) -> Row:
    """Of those that ran."""
    return min((one for one in rows if not one["failure"]), key=lambda one: one["p50_ms"])


def words(result: Mapping[str, Any]) -> list[str]:
    """The findings, from the figures."""
    rows = result["rows"]
    found: list[str] = []
    for name, own in rows.items():
        best, usual = fastest(own), row_of(own, "onnxruntime", "fp32")
        assert usual is not None
        found.append(
            f"{name}: fastest is {_title(best)} {best['precision']}, {usual['p50_ms'] / best['p50_ms']:.2f} times as "
            f"fast as ONNX Runtime fp32; it answers as the original on {100 * best['agreement']:.0f}% of images."
        )
    for runtime, times in left(rows).items():
        at_int8 = f", {times['int8']:.2f} times at int8" if "int8" in times else ""
        found.append(
            f"{ABOUT[Engine(runtime)].title}: the user's network is {times['fp32']:.2f} times as fast as the generic "
            f"one at fp32{at_int8}."
        )
    return found


def left(rows: Mapping[str, Sequence[Row]]) -> dict[str, dict[str, float]]:
    """By runtime and precision: how many times as fast as the generic network the user's is, both there and at that."""
    found: dict[str, dict[str, float]] = {}
    for own in rows[USER]:
        whole = row_of(rows[GENERIC], own["runtime"], own["precision"])
        if whole is not None and not own["failure"]:
            found.setdefault(own["runtime"], {})[own["precision"]] = whole["p50_ms"] / own["p50_ms"]
    return {runtime: times for runtime, times in found.items() if "fp32" in times}


def page(result: Mapping[str, Any]) -> list[str]:
    """The parts of the page."""
    machine, judged = result["machine"], result["images"] // 5
    parts = [
        "# What is fastest where",
        "Written by `python benchmarks/runtimes.py` from `benchmarks/results/runtimes.json`.",
        f"{machine['cpu']}, {machine['cores']} cores, one image at a time, one thread. Every row is a process of its "
        "own, and all rows of both tables took turns, so that they can be compared though the machine was shared. Each "
        "file was written by `edgewise export`; int8 by the runtime's own quantiser, calibrated on "
        f"{result['images'] - judged} training images; agreement is the share of {judged} others with the same first "
        "answer as the original's. `peak MB` is of the whole process, Python included. The user's network is the first "
        "of [those at int8](int8_users.md), where its accuracy stands. `edgewise benchmark MODEL --data FOLDER` makes "
        "the same table for networks of yours on your device.",
        markdown_list(words(result)),
    ]
    for name, rows in result["rows"].items():
        parts += [f"## {name}", table(rows)]
    return [*parts, NOTICE]


def table(rows: Sequence[Row]) -> str:
    """All rows of one network, the fastest first; what did not run stands last, with the reason."""
    ran = sorted((one for one in rows if not one["failure"]), key=lambda one: one["p50_ms"])
    cells = [
        [
            _title(one),
            one["precision"],
            f"{one['p50_ms']:.1f}",
            f"{one['p90_ms']:.1f}",
            f"{one['file_bytes'] / 1e6:.1f}",
            f"{one['peak_bytes'] / 1e6:.0f}",
            "" if one["agreement"] is None else f"{100 * one['agreement']:.0f}",
        ]
        for one in ran
    ]
    failed = dict.fromkeys((_title(one), one["precision"], one["failure"]) for one in rows if one["failure"])
    text = markdown_table(["runtime", "precision", "p50 ms", "p90 ms", "MB", "peak MB", "same answer %"], cells)
    return "\n\n".join([text, *(f"{title} {precision}: {why}" for title, precision, why in failed)])


def _title(row: Row) -> str:
    return f"{ABOUT[Engine(row['runtime'])].title} {row['version']}"


def write_runtimes_page(result: Mapping[str, Any]) -> None:
    write_page("runtimes", page(result))
