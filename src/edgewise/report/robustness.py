"""The page of a robustness test: accuracy by severity, a drawing for each corruption, and every figure in a table."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from markupsafe import Markup

from edgewise.images.corrupt import KINDS, Kind
from edgewise.report.figures import digits_ms, percent, percent_range, points, points_range
from edgewise.report.markers import mark
from edgewise.report.render import environment, package_file
from edgewise.report.scale import Scale, share_scale
from edgewise.robustness.results import CellResult, Robustness
from edgewise.select.judge.fair_table import Interval

_WIDTH_PX, _HEIGHT_PX = 310, 220
_LEFT_PX, _RIGHT_PX, _TOP_PX, _BOTTOM_PX = 42.0, 12.0, 12.0, 38.0


@dataclass(frozen=True)
class CellRow:
    """One line of the table."""

    name: str
    accuracy: str
    accuracy_range: str
    mean_ms: str
    escalated: str
    refused: str
    same_as_clean: str
    single_accuracy: str
    single_ms: str
    over_single: str
    over_single_range: str


def render_robustness(found: Robustness, *, title: str) -> str:
    """The page as one HTML text that loads nothing."""
    kinds: list[Kind] = [kind for kind in KINDS if any(cell.kind == kind for cell in found.cells)]
    return (
        environment()
        .get_template("robustness.html.j2")
        .render(
            title=title,
            css=Markup(package_file("report.css")),
            found=found,
            drawings={kind: draw_severities(found, kind) for kind in kinds},
            rows=cell_rows(found),
            alone=found.models == (found.single,),
        )
    )


def cell_rows(found: Robustness) -> tuple[CellRow, ...]:
    """Every cell, in the order of the test."""
    digits = digits_ms([time for cell in found.cells for time in (cell.mean_ms, cell.single_ms)])
    return tuple(
        CellRow(
            name=f"{cell.kind} {cell.severity}" if cell.kind else "clean",
            accuracy=percent(cell.accuracy.value, found.images),
            accuracy_range=percent_range(cell.accuracy, found.images),
            mean_ms=f"{cell.mean_ms:.{digits}f}",
            escalated=percent(cell.escalated, found.images),
            refused=percent(cell.refused, found.images),
            same_as_clean=percent(cell.same_as_clean, found.images),
            single_accuracy=percent(cell.single_accuracy.value, found.images),
            single_ms=f"{cell.single_ms:.{digits}f}",
            over_single=points(cell.over_single.value),
            over_single_range=points_range(cell.over_single),
        )
        for cell in found.cells
    )


def draw_severities(found: Robustness, kind: Kind) -> Markup:
    """Accuracy from the clean image to the worst, of the selector and of the single model, with 95% intervals.

    All kinds are drawn on one scale.
    """
    cells = [cell for cell in found.cells if cell.kind in (None, kind)]
    ends = [end for cell in found.cells for one in (cell.accuracy, cell.single_accuracy) for end in (one.low, one.high)]
    x = Scale(0, 5, _LEFT_PX + 8, _WIDTH_PX - _RIGHT_PX - 8)
    y = share_scale(ends, _HEIGHT_PX - _BOTTOM_PX, _TOP_PX)
    parts = [_grid(x, y)]
    if found.models != (found.single,):
        parts.append(_curve("single", found.single, [(c.severity, c.single_accuracy) for c in cells], x, y, 3.0))
    parts.append(_curve("selector", "the selector", [(c.severity, c.accuracy) for c in cells], x, y, -3.0))
    return Markup('<svg class="plane" viewBox="0 0 {w} {h}" role="img" aria-label="{title}">{parts}</svg>').format(
        w=_WIDTH_PX, h=_HEIGHT_PX, title=_in_words(kind, cells), parts=Markup("").join(parts)
    )


def _in_words(kind: Kind, cells: Sequence[CellResult]) -> str:
    clean, worst = (f"{100 * cell.accuracy.value:.0f}%" for cell in (cells[0], cells[-1]))
    return (
        f"{kind}: {clean} right on clean images, {worst} at severity {cells[-1].severity}. The table has the figures."
    )


def _grid(x: Scale, y: Scale) -> Markup:
    lines = [
        Markup('<path class="grid" d="M{} {}H{}"/><text class="tick" x="{}" y="{}" text-anchor="end">{}</text>').format(
            _LEFT_PX,
            _px(y.place(share)),
            _WIDTH_PX - _RIGHT_PX,
            _LEFT_PX - 6,
            _px(y.place(share) + 4),
            f"{100 * share:g}%",
        )
        for share in y.ticks(7)
    ]
    names = [
        Markup('<text class="tick" x="{}" y="{}" text-anchor="middle">{}</text>').format(
            _px(x.place(severity)), _HEIGHT_PX - _BOTTOM_PX + 16, severity or "clean"
        )
        for severity in range(6)
    ]
    return Markup("").join([*lines, *names]) + Markup(
        '<text class="axis" x="{}" y="{}" text-anchor="end">severity</text>'
    ).format(_WIDTH_PX - _RIGHT_PX, _HEIGHT_PX - 6)


def _curve(
    kind: Literal["selector", "single"],
    name: str,
    points_: Sequence[tuple[int, Interval]],
    x: Scale,
    y: Scale,
    aside_px: float,
) -> Markup:
    """A line with its intervals; two lines stand a little aside, so that their intervals can be told apart."""
    at = [(x.place(severity) + aside_px, y.place(one.value)) for severity, one in points_]
    bars = [
        Markup('<path class="bar {}" d="M{} {}V{}"/>').format(
            kind, _px(px), _px(y.place(one.low)), _px(y.place(one.high))
        )
        for (px, _), (_, one) in zip(at, points_, strict=True)
    ]
    signs = [
        Markup("<g>{}<title>{}, severity {}: {}%</title></g>").format(
            mark(kind, px, py), name, severity, f"{100 * one.value:.1f}"
        )
        for (px, py), (severity, one) in zip(at, points_, strict=True)
    ]
    path = "M" + "L".join(f"{_px(px)} {_px(py)}" for px, py in at)
    return Markup("").join([Markup('<path class="course {}" d="{}"/>').format(kind, path), *bars, *signs])


def _px(value: float) -> str:
    return f"{value:.1f}"
