"""What `change_detection.py` found, in words and tables for the docs."""

from collections.abc import Mapping, Sequence
from typing import Any

from pages import markdown_list, markdown_table
from prune_users_page import NOTICE

_NAMES = {
    "both": "both tests, alpha {}",
    "ranks": "scores alone (rank test), alpha {} / 2",
    "audits": "audits alone, alpha {} / 4",
    "cusum of scores": "CUSUM of scores, one false alarm in {} inputs wanted",
    "cusum of rejections": "CUSUM of rejections, one false alarm in {} inputs wanted",
}
_SHOWN = ("both, 0.2", "both, 0.05", "both, 0.01", "ranks, 0.05", "audits, 0.05")
_SWEPT = ("ranks", "cusum of scores", "cusum of rejections", "k of the last 20")
_EQUAL = 0.05


def page(result: Mapping[str, Any], picture: str) -> list[str]:
    """The whole page."""
    found, inputs, changes = result["set"], result["inputs"], list(result["set"]["both, 0.05"]["delays"])
    streams = result["streams"] * len(result["users"])
    shown = [*_SHOWN, *(name for name in found if name.startswith("cusum"))]
    return [
        "# Noticing that the user changed",
        f"Made by `python benchmarks/change_detection.py` (seed {result['seed']}). {len(result['users'])} users, "
        f"{result['streams']} streams each. A ResNet-18 at 160 px, restricted to the user's classes, stands for the "
        f"user's network; a score is its energy. A ResNet-50 at 224 px audits {inputs['audited']:.0%} of inputs. Half "
        "of a user's 250 or 500 validation images calibrates; the other half is drawn from, with replacement, for "
        f"{inputs['unchanged']:,} inputs without a change, or {inputs['change_at']:,} before one. Scores are blurred "
        "by a kernel's width, all alike: a small pool drawn over and over never scores above its own greatest, from "
        "which the rank test would learn too much. Delays are inputs from the change to the alarm.",
        "## In short",
        markdown_list(words(result)),
        picture,
        "Lines: every threshold, chosen afterwards by the very streams that it is judged on, which no device can do, "
        "and one for all users. Marks: thresholds set before, from the calibration alone.",
        "## With thresholds that a device can set",
        f"Median delay, and the 90% quantile; - where that many were not noticed in {inputs['watched']:,} inputs. "
        f"Streams with an alarm before the change are left out of delays. {streams} streams.",
        _table([(_named(name), found[name]) for name in shown], changes, quantile=True),
        "## At equal false alarms",
        f"Thresholds chosen afterwards: the least that leaves a false alarm in at most {_EQUAL:.0%} of streams of "
        f"{inputs['unchanged']:,}. Medians.",
        _table([(name, at_equal(result["swept"][name])) for name in _SWEPT], changes, quantile=False),
        "## What the bound rests on",
        f'Streams with a false alarm in {inputs["unchanged"]:,} inputs. "Exchangeable": calibration and stream are '
        'drawn from all images of the user alike, as the bound supposes. "Halves": as above; the images of the two '
        'halves differ, as finite data do. "In runs": 20 inputs of one class in a row, as a day brings them.',
        markdown_table(
            ["", "exchangeable %", "halves %", "in runs %"],
            [
                [
                    _named(name),
                    _percent(result["false_alarms_of"]["exchangeable"][name]),
                    _percent(found[name]["false_alarms"]),
                    _percent(result["false_alarms_of"]["in runs"][name]),
                ]
                for name in shown
            ],
        ),
        "## User by user",
        "Both tests at alpha 5%, medians.",
        _table([(row["user"], row) for row in result["by_user"]], changes, quantile=False),
        "## What is not measured",
        "Light and cameras that change: images at fewer pixels (128 of 160 for the user's network, 160 of 224 for the "
        "audits) stand for them, and they are a change so mild that no detector notices it in most streams. Real "
        "days of real users. A user network that was cut "
        "and retrained, whose scores may part own and foreign inputs worse or better than a restricted network's.",
        "## Notice",
        NOTICE,
    ]


def words(result: Mapping[str, Any]) -> list[str]:
    """The findings, from the figures."""
    found = result["set"]
    ours, audits = found["both, 0.05"], found["audits, 0.05"]
    loose, strict = found["cusum of scores, 20000"], found["cusum of scores, 390000"]
    rows = {name: at_equal(result["swept"][name]) for name in _SWEPT}
    quick, half, tenth = "all of other classes", "half of other classes", "a tenth of other classes"
    at_once = next(change for change in ours["delays"] if change.endswith("first input on"))
    bound = [_median(row, half) for row in (ours, rows["ranks"])]
    return [
        f"Both tests at alpha 5% notice a stream of other classes after {_median(ours, quick)} inputs, one of which "
        f"half is foreign after {_median(ours, half)}, and a tenth after {_median(ours, tenth)}; "
        f"{_percent(ours['false_alarms'])}% of streams of 20,000 had a false alarm. An update takes "
        f"{result['update_us']:.0f} us.",
        f"CUSUM is quicker where its limit is loose: for one false alarm in 20,000 inputs it notices the half after "
        f"{_median(loose, half)} (and, from the first input on, after {_median(loose, at_once)} against "
        f"{_median(ours, at_once)}), with a false alarm in {_percent(loose['false_alarms'])}% of streams, where "
        "63% are what such a limit stands for. For one in 390,000, which stands for 5% of streams, it is "
        f"{_median(strict, half)}, and {_percent(strict['false_alarms'])}% had one (of rejections: "
        f"{_percent(found['cusum of rejections, 390000']['false_alarms'])}%): a few hundred scores do not set it well.",
        f"At equal false alarms of at most 5%, thresholds chosen afterwards: {_median(rows['ranks'], quick)} inputs of "
        f"other classes for the rank test, {_median(rows['cusum of scores'], quick)} for CUSUM of scores, "
        f"{_median(rows['k of the last 20'], quick)} for k of the last 20; a tenth: {_median(rows['ranks'], tenth)}, "
        f"{_median(rows['cusum of scores'], tenth)}, {_median(rows['k of the last 20'], tenth)} "
        "(-: most not in 5,000). The rank test learns from thousands of inputs what is usual; CUSUM knows its "
        "calibration only.",
        f"The bound costs little: {bound[0]} inputs with it and {bound[1]} with the threshold that these streams would "
        "have allowed, for the half.",
        f"Audits alone take {_median(audits, quick)} inputs, of which 2% are audited. They are for foreign inputs "
        "that the user's network scores as its own, and theirs would be the delay then; these streams hold few, so "
        "audits never raise the alarm first here.",
        f"The bound is no promise where inputs come in runs of a class: "
        f"{_percent(result['false_alarms_of']['in runs']['both, 0.05'])}% of streams had a false alarm at alpha 5% "
        f"(CUSUM of scores for one in 390,000: "
        f"{_percent(result['false_alarms_of']['in runs']['cusum of scores, 390000'])}%; audits: "
        f"{_percent(result['false_alarms_of']['in runs']['audits, 0.05'])}%).",
    ]


def at_equal(rows: Sequence[Mapping[str, Any]]) -> Mapping[str, Any]:
    """The row of the least threshold that keeps false alarms to 5%."""
    return min((row for row in rows if row["false_alarms"] <= _EQUAL), key=lambda row: row["threshold"])


def _table(rows: Sequence[tuple[str, Mapping[str, Any]]], changes: Sequence[str], *, quantile: bool) -> str:
    return markdown_table(
        ["", "false alarms %", *changes],
        [
            [
                name,
                _percent(row["false_alarms"]),
                *(
                    _median(row, change) + (f" ({_whole(row['delays'][change]['p90'])})" if quantile else "")
                    for change in changes
                ),
            ]
            for name, row in rows
        ],
    )


def _named(name: str) -> str:
    kind, setting = name.split(", ")
    return _NAMES[kind].format(f"{float(setting):.0%}" if float(setting) < 1 else f"{int(setting):,}")


def _median(row: Mapping[str, Any], change: str) -> str:
    return _whole(row["delays"][change]["median"])


def _whole(delay: float | None) -> str:
    return "-" if delay is None else f"{delay:,.0f}"


def _percent(share: float) -> str:
    return f"{100 * share:.1f}"
