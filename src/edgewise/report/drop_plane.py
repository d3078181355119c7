"""Expected loss against latency: the generic network, the user's, and those that were tried on the way, as SVG."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from markupsafe import Markup

from edgewise.report.figures import milliseconds
from edgewise.report.geometry import Box, Line
from edgewise.report.grid import draw_grid
from edgewise.report.labels import Label, place
from edgewise.report.lettering import in_two_lines, shortened
from edgewise.report.markers import RADIUS_PX, mark
from edgewise.report.plane import draw_label
from edgewise.report.scale import Scale, time_scale
from edgewise.select.judge.fair_table import Kind

Role = Literal["generic", "chosen", "let in", "refused"]
_LEFT_PX, _RIGHT_PX, _TOP_PX, _BOTTOM_PX = 44.0, 10.0, 30.0, 42.0
_LOST = "points of accuracy expected to be lost"
_LONGEST_NAME = 40
_KINDS: dict[Role, Kind] = {"generic": "single", "chosen": "selector", "let in": "baseline", "refused": "control"}


@dataclass(frozen=True)
class Tried:
    """One network: its time, and the points of accuracy that it is expected to lose, between two bounds."""

    name: str
    role: Role
    ms: float
    drop_points: float
    low_points: float
    high_points: float


def draw_drops(tried: Sequence[Tried], max_drop_points: float, size_px: tuple[int, int], *, name: str) -> Markup:
    """The networks as points, no loss at the top, and what may be lost as a dashed line.

    `name` is the drawing's own on the page. Bounds of networks that did not come out may leave the frame.
    """
    width_px, height_px = size_px
    frame = Box(_LEFT_PX, _TOP_PX, width_px - _LEFT_PX - _RIGHT_PX, height_px - _TOP_PX - _BOTTOM_PX)
    x = time_scale([one.ms for one in tried], frame.left, frame.right)
    y = _drop_scale(tried, max_drop_points, frame)
    allowed = y.place(max_drop_points)
    parts = [
        draw_grid(x, y, frame, f"time per image, ms{', logarithmic' if x.logarithmic else ''}", _LOST),
        Markup('<path class="allowed" d="M{} {}H{}"><title>{:g} points may be lost at most</title></path>').format(
            frame.left, _px(allowed), frame.right, max_drop_points
        ),
        Markup('<g clip-path="url(#{})">{}</g>').format(name, Markup("").join(_bounds(one, x, y) for one in tried)),
        *(_point(one, x, y) for one in tried),
        *_labels(tried, allowed, x, y, frame),
    ]
    return Markup(
        '<svg class="plane" viewBox="0 0 {w} {h}" role="img" aria-label="{words}">'
        '<clipPath id="{name}"><rect x="{x}" y="{y}" width="{fw}" height="{fh}"/></clipPath>{parts}</svg>'
    ).format(
        w=width_px,
        h=height_px,
        words=_in_words(tried, max_drop_points),
        name=name,
        x=frame.left,
        y=frame.top,
        fw=frame.width,
        fh=frame.height,
        parts=Markup("").join(parts),
    )


def _in_words(tried: Sequence[Tried], max_drop_points: float) -> str:
    each = "; ".join(
        f"{one.name}: {one.drop_points:.2f} points in {milliseconds(one.ms)} ms" for one in tried if _named(one)
    )
    return f"Points of accuracy that are expected to be lost against latency, {max_drop_points:g} allowed. {each}."


def _named(one: Tried) -> bool:
    return one.role in ("generic", "chosen")


def _drop_scale(tried: Sequence[Tried], max_drop_points: float, frame: Box) -> Scale:
    """No loss at the top; all points are inside, and the bounds of the network that came out."""
    ends = [0.0, max_drop_points, *(one.drop_points for one in tried)]
    ends += [end for one in tried if _named(one) for end in (one.low_points, one.high_points)]
    margin = 0.08 * (max(ends) - min(ends))
    return Scale(min(ends) - margin, max(ends) + margin, frame.top, frame.bottom)


def _bounds(one: Tried, x: Scale, y: Scale) -> Markup:
    if one.role == "generic":
        return Markup("")
    at, low, high = x.place(one.ms), y.place(one.low_points), y.place(one.high_points)
    return Markup('<path class="bar {}" d="M{} {}V{}m-3 0h6M{} {}h6"/>').format(
        _KINDS[one.role], _px(at), _px(low), _px(high), _px(at - 3), _px(low)
    )


def _point(one: Tried, x: Scale, y: Scale) -> Markup:
    bounds = "" if one.role == "generic" else f" ({one.low_points:.2f} to {one.high_points:.2f})"
    return Markup("<g>{}<title>{}: {:.2f} points{} in {} ms</title></g>").format(
        mark(_KINDS[one.role], x.place(one.ms), y.place(one.drop_points)),
        one.name,
        one.drop_points,
        bounds,
        milliseconds(one.ms),
    )


def _labels(tried: Sequence[Tried], allowed: float, x: Scale, y: Scale, frame: Box) -> list[Markup]:
    """Of every network, as far as there is room."""
    wanted: list[Label] = []
    avoided = [Line(frame.left, allowed, frame.right, allowed)]
    for one in tried:
        name, at = shortened(one.name, _LONGEST_NAME), x.place(one.ms)
        wanted.append(
            Label(at, y.place(one.drop_points), RADIUS_PX, tuple(dict.fromkeys([(name,), in_two_lines(name)])))
        )
        if one.role != "generic":
            avoided.append(Line(at, y.place(one.low_points), at, y.place(one.high_points)))
    return [
        draw_label(_KINDS[one.role], placed) for one, placed in zip(tried, place(wanted, frame, avoided), strict=True)
    ]


def _px(value: float) -> str:
    return f"{value:.1f}"
