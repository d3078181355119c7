"""What `runtimes.py` found, in words and a table for the docs."""

from collections.abc import Mapping, Sequence
from typing import Any

from pages import markdown_list, markdown_table, write_page
from prune_users_page import NOTICE

from edgewise.runtime.engines import ABOUT, Engine

Row = Mapping[str, Any]


def row_of(rows: Sequence[Row], runtime: str, precision: str) -> Row | None:
    """The row that ran; None where there is none."""
    same = [one for one in rows if (one["runtime"], one["precision"]) == (runtime, precision) and not one["failure"]]
    return same[0] if same else None


def words(rows: Sequence[Row]) -> list[str]:
    """The findings, from the figures."""
    ran = [one for one in rows if not one["failure"]]
    usual = row_of(rows, "onnxruntime", "fp32")
    assert usual is not None
    found: list[str] = []
    for precision in ("fp32", "int8"):
        best = min((one for one in ran if one["precision"] == precision), key=lambda one: one["p50_ms"])
        found.append(
            f"{precision}: {_title(best)} is fastest, {usual['p50_ms'] / best['p50_ms']:.2f} times as fast as ONNX "
            f"Runtime at fp32; it answers as the original on {100 * best['agreement']:.0f}% of images."
        )
    for one in ran:
        whole = row_of(rows, one["runtime"], "fp32")
        if one["precision"] == "int8" and whole is not None:
            found.append(
                f"{ABOUT[Engine(one['runtime'])].title}: int8 is {whole['p50_ms'] / one['p50_ms']:.2f} times as fast "
                f"as fp32, and answers as the original on {100 * one['agreement']:.0f}% of images."
            )
    return found


def page(result: Mapping[str, Any]) -> list[str]:
    """The parts of the page."""
    machine, judged = result["machine"], result["images"] // 5
    return [
        "# What is fastest where",
        "Written by `python benchmarks/runtimes.py` from `benchmarks/results/runtimes.json`.",
        f"{result['network']} at 224 px on {machine['cpu']}, {machine['cores']} cores, one image at a time, "
        f"{result['threads']} thread. Every row is a process of its own, and all rows took turns. The machine was "
        "shared with other work: ratios are evidence, absolute times are not. Each file was written by `edgewise "
        f"export`; int8 by the runtime's own quantiser, calibrated on {result['images'] - judged} training images; "
        f"agreement is the share of {judged} others with the same first answer as the original's, so that one image is "
        f"{100 / judged:.1f} points. `peak MB` is of the whole process, Python included. What is left of a user "
        "network's speed at int8 stands [apart](int8_users.md). `edgewise benchmark MODEL --data FOLDER` makes the "
        "same table for networks of yours on your device.",
        markdown_list(words(result["rows"])),
        table(result["rows"]),
        NOTICE,
    ]


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
