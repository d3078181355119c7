"""A fleet drawn: each way to serve everybody as a point, and users as histograms. SVG that needs no script."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Literal

from markupsafe import Markup

from edgewise.fleet.result import FleetResult, WayResult
from edgewise.fleet.spread import Spread
from edgewise.fleet.words import shown
from edgewise.report.geometry import Box, Line
from edgewise.report.grid import draw_grid
from edgewise.report.labels import Label, place
from edgewise.report.lettering import in_two_lines
from edgewise.report.markers import RADIUS_PX, mark
from edgewise.report.plane import draw_label
from edgewise.report.scale import Scale, share_scale, time_scale
from edgewise.select.judge.fair_table import Kind

_LEFT_PX, _RIGHT_PX, _TOP_PX, _BOTTOM_PX = 44.0, 14.0, 30.0, 42.0
KINDS: dict[str, Kind] = {"user": "selector", "classes": "single", "nothing": "control"}
_UNITS = {"times": "times as fast", "share": "%", "ratio": "%", "points": "points", "inputs": "inputs"}


@dataclass(frozen=True)
class _Axes:
    """Of the plane of ways."""

    x: Scale
    y: Scale
    frame: Box


def draw_ways(result: FleetResult, size_px: tuple[int, int]) -> Markup:
    """Speed against right answers; around a network of one's own, the 95% that real users leave open."""
    width_px, height_px = size_px
    frame = Box(_LEFT_PX, _TOP_PX, width_px - _LEFT_PX - _RIGHT_PX, height_px - _TOP_PX - _BOTTOM_PX)
    fast, right = result.figure("times_as_fast").over_real_users, result.figure("right").over_real_users
    speeds = [one.times_as_fast for one in result.ways] + ([fast.low, fast.high] if fast else [])
    rights = [100 * one.right for one in result.ways] + ([100 * right.low, 100 * right.high] if right else [])
    shares = share_scale([one / 100 for one in rights], frame.bottom, frame.top)
    axes = _Axes(
        time_scale([one for one in speeds if one > 0], frame.left, frame.right),
        Scale(100 * shares.low, 100 * shares.high, frame.bottom, frame.top),
        frame,
    )
    parts = [
        draw_grid(axes.x, axes.y, frame, f"times as fast{', logarithmic' if axes.x.logarithmic else ''}", "right, %"),
        *_error_bars(result, axes),
        *(_point(one, axes) for one in result.ways),
        *_labels(result.ways, axes),
    ]
    words = "; ".join(f"{one.way.name}: {one.times_as_fast:.2f} times, {100 * one.right:.1f}%" for one in result.ways)
    return _svg(size_px, f"Each way to serve everybody. {words}.", parts)


def _error_bars(result: FleetResult, axes: _Axes) -> list[Markup]:
    own = result.ways[0]
    x, y = axes.x.place(own.times_as_fast), axes.y.place(100 * own.right)
    fast, right = result.figure("times_as_fast").over_real_users, result.figure("right").over_real_users
    found: list[Markup] = []
    if fast and fast.low > 0:
        path = f"M{axes.x.place(fast.low):.1f} {y:.1f}H{axes.x.place(fast.high):.1f}"
        found.append(Markup('<path class="bar selector" d="{}"/>').format(path))
    if right:
        path = f"M{x:.1f} {axes.y.place(100 * right.low):.1f}V{axes.y.place(100 * right.high):.1f}"
        found.append(Markup('<path class="bar selector" d="{}"/>').format(path))
    return found


def _point(one: WayResult, axes: _Axes) -> Markup:
    return Markup("<g>{}<title>{}: {:.2f} times as fast, {:.1f}% right</title></g>").format(
        mark(KINDS[one.way.knows], axes.x.place(one.times_as_fast), axes.y.place(100 * one.right)),
        one.way.name,
        one.times_as_fast,
        100 * one.right,
    )


def _labels(ways: Sequence[WayResult], axes: _Axes) -> list[Markup]:
    """What network it is; the sign says what it knows."""
    wanted = []
    for one in ways:
        name = one.way.name.partition(",")[0]
        texts = tuple(dict.fromkeys([(name,), in_two_lines(name)]))
        wanted.append(Label(axes.x.place(one.times_as_fast), axes.y.place(100 * one.right), RADIUS_PX, texts))
    own = wanted[0]
    cross = [
        Line(own.x, axes.frame.top, own.x, axes.frame.bottom),
        Line(axes.frame.left, own.y, axes.frame.right, own.y),
    ]
    placed = place(wanted, axes.frame, cross)
    return [draw_label(KINDS[one.way.knows], found) for one, found in zip(ways, placed, strict=True)]


def draw_spread(spread: Spread, size_px: tuple[int, int]) -> Markup:
    """How many users stand where; lines at a tenth, half and nine tenths of them."""
    width_px, height_px = size_px
    frame = Box(10.0, 8.0, width_px - 20.0, height_px - 50.0)
    factor = 100 if spread.unit in ("share", "ratio") else 1
    edges = [factor * one for one in spread.edges]
    x = Scale(edges[0], edges[-1] if edges[-1] > edges[0] else edges[0] + 1, frame.left, frame.right)
    y = Scale(0, max(spread.counts), frame.bottom, frame.top)
    bars = [
        Markup('<path class="users" d="M{:.1f} {:.1f}V{:.1f}H{:.1f}V{:.1f}z"/>').format(
            x.place(low), frame.bottom, y.place(count), x.place(high), frame.bottom
        )
        for (low, high), count in zip(pairwise(edges), spread.counts, strict=True)
        if count
    ]
    ticks = [
        Markup('<text class="tick" x="{:.1f}" y="{:.1f}" text-anchor="{}">{}</text>').format(
            x.place(value), frame.bottom + 16, _anchor(x.place(value), frame), f"{value:,g}"
        )
        for value in x.ticks(max(2, int(frame.width / 76)))
    ]
    lines = [
        Markup('<path class="quantile{}" d="M{:.1f} {:.1f}V{:.1f}"/>').format(
            " middle" if name == "0.5" else "", x.place(factor * spread.quantiles[name]), frame.top, frame.bottom
        )
        for name in ("0.1", "0.5", "0.9")
    ]
    base = Markup('<path class="base" d="M{} {}H{}"/>').format(frame.left, frame.bottom, frame.right)
    axis = Markup('<text class="axis" x="{}" y="{}" text-anchor="end">{}</text>').format(
        frame.right, frame.bottom + 35, _UNITS[spread.unit]
    )
    words = ", ".join(f"{share}: {in_words(spread, share)}" for share in ("0.1", "0.5", "0.9"))
    return _svg(size_px, f"{spread.words}, by user; quantiles {words}.", [*bars, base, *lines, *ticks, axis])


def in_words(spread: Spread, quantile: Literal["0.1", "0.5", "0.9"] | str) -> str:
    """A quantile, with its unit."""
    value = spread.quantiles[quantile]
    return f"{value:,.0f}" if spread.unit == "inputs" else shown(value, spread.unit)


def _anchor(x: float, frame: Box) -> str:
    if x < frame.left + 16:
        return "start"
    return "end" if x > frame.right - 16 else "middle"


def _svg(size_px: tuple[int, int], words: str, parts: Sequence[Markup]) -> Markup:
    return Markup('<svg class="plane" viewBox="0 0 {} {}" role="img" aria-label="{}">{}</svg>').format(
        *size_px, words, Markup("").join(parts)
    )
