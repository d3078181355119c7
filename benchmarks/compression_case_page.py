"""What `compression_case.py` found, in words and tables for the docs."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pages import fair_table, markdown_list, markdown_table, points
from prune_users_page import NOTICE

from edgewise.restore import restore
from edgewise.select.judge.fair_table import FairTable, Interval, Row
from edgewise.select.named import AUTO

NAME = "compression_case"
PLAIN, INT8, CUT, CUT_INT8 = "plain", "int8", "cut", "cut and int8"
VARIANTS = (PLAIN, INT8, CUT, CUT_INT8)
PAPER_FASTER, PAPER_POINTS = 1.52, -1.76
PICTURE = f"![accuracy against time per image](pictures/{NAME}.svg)"


def words(result: Mapping[str, Any]) -> list[str]:
    """The findings, from the figures."""
    table = _table(result)
    premodels = [name for name in result["beside"] if name.startswith("premodel")]
    return [
        _verdict(result),
        _claim(result, table, premodels),
        _auto(result),
        _without(table),
    ]


def best_selector(result: Mapping[str, Any]) -> Row:
    """The one that gains most over a coin that mixes variants for the same time; no variant at its time beats that."""
    selectors = [row for row in _table(result).rows if row.kind == "selector"]
    return max(selectors, key=lambda row: row.gain.value if row.gain else 0.0)


def _verdict(result: Mapping[str, Any]) -> str:
    best = best_selector(result)
    one, gain = result["beside"][best.name], best.gain
    assert gain is not None, "it is chosen by it"
    if best.verdict == "beats the mixing line":
        said = "choosing is worth it here, though the best of so many rows looks better than it is"
    elif best.verdict == "does not":
        said = "choosing by image is not worth it here"
    else:
        said = "that choosing by image is worth it here cannot be told from luck"
    beside = (
        f"{points(_interval(one['over_it']))} over the most accurate single variant that takes no longer "
        f"({one['at_its_time']})"
        if one["over_it"]
        else "and no single variant is as fast"
    )
    return (
        f"Of {len(result['beside'])} selectors the best, {best.name}, gains {points(gain)} points (95%) over a coin "
        f"that runs one variant or another for the same mean time, {beside}: {said}."
    )


def _claim(result: Mapping[str, Any], table: FairTable, premodels: list[str]) -> str:
    """The paper's comparison, with the plain network, and the single variants by the same one."""
    told = [f"{name} is {_beside_plain(result, name)}" for name in premodels]
    as_good = [
        name for name in VARIANTS[1:] if _speed(table, name) >= PAPER_FASTER and _lost(table, name) >= PAPER_POINTS
    ]
    alone = (
        f"{' and '.join(as_good)} alone reach{'es' if len(as_good) == 1 else ''} both figures of the paper, with "
        "nothing chosen"
        if as_good
        else "no single variant reaches both figures of the paper"
    )
    return (
        f"The paper's claim, {PAPER_FASTER:.2f} times as fast for {PAPER_POINTS:+.2f} points, is read as against the "
        f"plain network. By that: {'; '.join(told)}. By the same comparison {alone}."
    )


def _auto(result: Mapping[str, Any]) -> str:
    one = result["beside"][AUTO]
    against = (
        f"; against {one['at_its_time']} alone {points(_interval(one['over_it']))} points" if one["over_it"] else ""
    )
    what = f"The choice among all kinds, made inside the training folds ({AUTO})"
    return f"{what}, is {_beside_plain(result, AUTO)}{against}."


def _without(table: FairTable) -> str:
    best = next(row for row in table.rows if "best" in row.marks)
    singles = ", ".join(
        f"{name} {_speed(table, name):.2f} times as fast as plain for {_lost(table, name):+.2f} points"
        for name in VARIANTS[1:]
    )
    oracle = next(row for row in table.rows if row.kind == "oracle")
    room = 100 * (oracle.accuracy.value - best.accuracy.value)
    return (
        f"Without a selector: {singles}. {best.name} is the most accurate. A perfect choice among the four would be "
        f"right on {100 * oracle.accuracy.value:.1f}%, {room:.1f} points more: all that choosing can win."
    )


def page(result: Mapping[str, Any]) -> list[str]:
    """The whole page."""
    table, machine, network = _table(result), result["machine"], result["network"]
    learned = round((1 - result["held_out"]) * result["made_of_images"])
    return [
        "# Four variants of one network",
        f"Made by `python benchmarks/compression_case.py --mode {result['mode']}` ({machine['cpu']}, "
        f"{machine['cores']} cores, one thread; seed {result['seed']}, {result['folds']}-fold nested "
        f"cross-validation). {network['kind']} at {network['size_px']} px on {table.images:,} official validation "
        f"images of 20 classes, restricted to these: as it is, at int8, cut for {result['speedup']:g} times its speed "
        f"at float32, and cut and at int8. It was cut on {learned} training images without their labels (`edgewise "
        "prune`'s default criterion and recovery, no distillation) and quantised with a hundred; neither has seen a "
        "validation image. A network of this size, not ResNet-50 or the paper's ResNet-v2-152, keeps the run short. "
        "Times are of networks that took turns, on a machine that was not kept free of other work: ratios are "
        "evidence, absolute times are not.",
        markdown_list(words(result)),
        "## Beside the first paper",
        "Sanz Marco et al. (2019, 7.6.3) choose among four variants of ResNet-v2-152, by Deep Compression and "
        "quantisation. What a selector is worth shows beside the most accurate variant that, run alone, takes no "
        "longer, and, where a selector's time lies between those of two variants, beside the coin that mixes them. "
        "Intervals are 95%, paired over the images; the variant and the coin are named on the same images.",
        _beside_the_paper(result, table),
        "## The variants",
        _variants(result, table),
        f"Cutting and quantising took {result['cut']['seconds']:.0f} s. The guard, at 1 point, asked by the plain "
        f"network's own answers on {result['guard']['fp32']['inputs']} images: {_guard(result)}.{_let_in(result)}",
        "## All selectors",
        "All but the premodels are to be as accurate as the best single variant and as fast as can be. The mixing "
        "line is that of a coin which runs one variant or another for the same mean time.",
        PICTURE,
        fair_table(table),
        "## Notice",
        NOTICE,
    ]


def _beside_the_paper(result: Mapping[str, Any], table: FairTable) -> str:
    columns = [
        "",
        "times as fast as plain",
        "points against plain (95%)",
        "best variant at its time",
        "points over it",
        "points over the coin",
    ]
    rows = [
        ["the paper's premodel", f"{PAPER_FASTER:.2f}", f"{PAPER_POINTS:+.2f}", "not said", "not said", "not asked"]
    ]
    for name, one in result["beside"].items():
        gain = points(_interval(one["over_it"])) if one["over_it"] else ""
        rows.append(
            [
                name,
                f"{one['times_as_fast_as_plain']['value']:.2f}",
                points(_interval(one["over_plain"])),
                one["at_its_time"] or "none is as fast",
                gain,
                points(coin) if (coin := _row(table, name).gain) else "",
            ]
        )
    rows += [
        [f"{name} alone", f"{_speed(table, name):.2f}", f"{_lost(table, name):+.1f}", "", "", ""]
        for name in VARIANTS[1:]
    ]
    return markdown_table(columns, rows)


def _variants(result: Mapping[str, Any], table: FairTable) -> str:
    rows: list[list[str]] = []
    for name in VARIANTS:
        row = _row(table, name)
        accuracy = row.accuracy
        rows.append(
            [
                name,
                f"{100 * accuracy.value:.1f} ({100 * accuracy.low:.1f} to {100 * accuracy.high:.1f})",
                f"{row.mean_ms:.1f}",
                f"{_speed(table, name):.2f}",
                f"{result['file_bytes'][name] / 1e6:.1f}",
            ]
        )
    return markdown_table(["", "right % (95%)", "ms, with decoding", "times as fast as plain", "MB"], rows)


def _guard(result: Mapping[str, Any]) -> str:
    return ", ".join(
        f"{name} {found['verdict']}, {found['drop_points']:.2f} points lost ({found['low_points']:.2f} to "
        f"{found['high_points']:.2f})"
        for name, found in zip((CUT, CUT_INT8), (result["guard"]["fp32"], result["guard"]["int8"]), strict=True)
    )


def _let_in(result: Mapping[str, Any]) -> str:
    refused = sum(found["verdict"] == "refused" for found in result["guard"].values())
    return (
        " What is refused `edgewise prune` would not let in by itself; here it stays, as a variant." if refused else ""
    )


def _beside_plain(result: Mapping[str, Any], name: str) -> str:
    one = result["beside"][name]
    return (
        f"{one['times_as_fast_as_plain']['value']:.2f} times as fast as the plain network for "
        f"{points(_interval(one['over_plain']))} points"
    )


def _speed(table: FairTable, name: str) -> float:
    return _row(table, PLAIN).mean_ms / _row(table, name).mean_ms


def _lost(table: FairTable, name: str) -> float:
    """Points."""
    return 100 * (_row(table, name).accuracy.value - _row(table, PLAIN).accuracy.value)


def _row(table: FairTable, name: str) -> Row:
    return next(row for row in table.rows if row.name == name)


def _interval(values: Mapping[str, float]) -> Interval:
    return Interval(**values)


def _table(result: Mapping[str, Any]) -> FairTable:
    return restore(FairTable, result["table"], Path(f"{NAME}.json"))
