"""The accuracy-time plane: every way to answer as a point, random mixing as a line, drawn as SVG."""

from collections.abc import Sequence
from itertools import pairwise
from typing import Protocol

from markupsafe import Markup

from edgewise.report.figures import count, milliseconds, percent, percent_range
from edgewise.report.geometry import Box, Line
from edgewise.report.labels import Label, Placed, place
from edgewise.report.lettering import FONT_PX, LINE_PX, in_two_lines, shortened
from edgewise.report.markers import RADIUS_PX, WORDS, mark
from edgewise.report.scale import Scale, share_scale, time_scale
from edgewise.select.judge.fair_table import Interval, Kind

_LEFT_PX, _RIGHT_PX, _TOP_PX, _BOTTOM_PX = 44.0, 10.0, 26.0, 42.0
_CURVE_STEPS = 24
_TICK_EVERY_PX = 76.0
_LONGEST_LINE, _LONGEST_NAME = 34, 60
_ASCENT_PX = 0.8 * LINE_PX  # from the top of a line to its base


class Way(Protocol):
    """A way to answer all images, as the plane sees it; the rows of a fair table are such."""

    @property
    def name(self) -> str: ...
    @property
    def kind(self) -> Kind: ...
    @property
    def accuracy(self) -> Interval: ...
    @property
    def mean_ms(self) -> float: ...


def draw_plane(
    ways: Sequence[Way],
    mixing_line: Sequence[tuple[float, float]],
    images: int,
    size_px: tuple[int, int],
    *,
    name: str = "plane",
) -> Markup:
    """The plane as one `<svg>` of the given width and height; it scales with the page, on which `name` is its own.

    Points that no label fits beside carry their number, counted from 1, which a table resolves. The baseline is a
    single model, or lies between two, and has no point of its own.
    """
    (width_px, height_px), clip = size_px, f"{name}-{size_px[0]}"
    numbered = [(number, row) for number, row in enumerate(ways, 1) if row.kind != "baseline"]
    rows = [row for _, row in numbered]
    frame = Box(_LEFT_PX, _TOP_PX, width_px - _LEFT_PX - _RIGHT_PX, height_px - _TOP_PX - _BOTTOM_PX)
    x = time_scale([row.mean_ms for row in rows], frame.left, frame.right)
    shares = [end for row in rows for end in (row.accuracy.low, row.accuracy.high)]
    y = share_scale(shares, frame.bottom, frame.top)
    curve = _mixing_curve(mixing_line, x)
    parts = [
        _grid(x, y, frame),
        _line_through([(x.place(time), y.place(share)) for time, share in curve], clip) if curve else "",
        *(_error_bar(row, x, y) for row in rows),
        *(_point(row, x, y, images) for row in rows),
        *(
            draw_label(row.kind, placed)
            for row, placed in zip(rows, _labels(numbered, curve, x, y, frame), strict=True)
        ),
    ]
    return Markup(
        '<svg class="plane" viewBox="0 0 {w} {h}" role="img" aria-label="{title}">'
        '<clipPath id="{clip}"><rect x="{fx}" y="{fy}" width="{fw}" height="{fh}"/></clipPath>{parts}</svg>'
    ).format(
        w=width_px,
        h=height_px,
        title=_in_words(ways),
        clip=clip,
        fx=frame.left,
        fy=frame.top,
        fw=frame.width,
        fh=frame.height,
        parts=Markup("").join(parts),
    )


def _in_words(ways: Sequence[Way]) -> str:
    """What a reader who cannot see the picture is told; the table below it holds every figure."""
    best = max(ways, key=lambda row: row.accuracy.value, default=None)
    top = f" The highest is {best.name}." if best else ""
    number = count(len(ways), "way")
    return f"Accuracy against mean time of {number} to answer.{top} The table below has the figures."


def _mixing_curve(corners: Sequence[tuple[float, float]], x: Scale) -> list[tuple[float, float]]:
    """The mixing line as (ms, share) points: straight in time, so bent on a logarithmic axis; level after its end."""
    if not corners:
        return []
    curve: list[tuple[float, float]] = []
    for (t1, a1), (t2, a2) in pairwise(corners):
        # Steps grow geometrically because the axis may be logarithmic, where the bend is at the fast end.
        steps = [max(t1, 1e-6) * (t2 / max(t1, 1e-6)) ** (i / _CURVE_STEPS) for i in range(_CURVE_STEPS)]
        curve += [(t, a1 + (a2 - a1) * (t - t1) / (t2 - t1)) for t in steps]
    curve.append(corners[-1])
    curve.append((max(x.high, corners[-1][0]), corners[-1][1]))
    return [(max(t, x.low / 2), a) for t, a in curve]


def _grid(x: Scale, y: Scale, frame: Box) -> Markup:
    """Ticks, their lines and the two axis titles; the vertical title stands level above its axis, easier to read."""
    across = x.ticks(int(frame.width / _TICK_EVERY_PX))
    up = y.ticks(int(frame.height / _TICK_EVERY_PX) + 3)
    whole = all(abs(100 * share - round(100 * share)) < 1e-6 for share in up)
    lines = [
        Markup(
            '<path class="grid" d="M{} {}V{}"/><text class="tick" x="{}" y="{}" text-anchor="middle">{}</text>'
        ).format(_px(x.place(time)), frame.top, frame.bottom, _px(x.place(time)), frame.bottom + 16, f"{time:g}")
        for time in across
    ] + [
        Markup('<path class="grid" d="M{} {}H{}"/><text class="tick" x="{}" y="{}" text-anchor="end">{}</text>').format(
            frame.left,
            _px(y.place(share)),
            frame.right,
            frame.left - 6,
            _px(y.place(share) + 4),
            f"{100 * share:.{0 if whole else 1}f}%",
        )
        for share in up
    ]
    titles = Markup(
        '<text class="axis" x="2" y="13">right answers</text>'
        '<text class="axis" x="{}" y="{}" text-anchor="end">mean time per image, ms{}</text>'
    ).format(frame.right, frame.bottom + 35, ", logarithmic" if x.logarithmic else "")
    return Markup("").join(lines) + titles


def _line_through(points: Sequence[tuple[float, float]], clip: str) -> Markup:
    path = "M" + "L".join(f"{_px(px)} {_px(py)}" for px, py in points)
    return Markup(
        '<path class="mixing" d="{}" clip-path="url(#{})"><title>random mixing of single models</title></path>'
    ).format(path, clip)


def _error_bar(row: Way, x: Scale, y: Scale) -> Markup:
    at, low, high = x.place(row.mean_ms), y.place(row.accuracy.low), y.place(row.accuracy.high)
    return Markup('<path class="bar {}" d="M{} {}V{}m-3 0h6M{} {}h6"/>').format(
        row.kind, _px(at), _px(low), _px(high), _px(at - 3), _px(low)
    )


def _point(row: Way, x: Scale, y: Scale, images: int) -> Markup:
    text = (
        f"{row.name} ({WORDS[row.kind]}): {percent(row.accuracy.value, images)} right "
        f"({percent_range(row.accuracy, images)}) in {milliseconds(row.mean_ms)} ms"
    )
    at = mark(row.kind, x.place(row.mean_ms), y.place(row.accuracy.value))
    return Markup("<g>{}<title>{}</title></g>").format(at, text)


def _labels(
    numbered: Sequence[tuple[int, Way]], curve: Sequence[tuple[float, float]], x: Scale, y: Scale, frame: Box
) -> tuple[Placed | None, ...]:
    wanted: list[Label] = []
    avoided: list[Line] = []
    for number, row in numbered:
        px, py = x.place(row.mean_ms), y.place(row.accuracy.value)
        name = shortened(row.name, _LONGEST_NAME)
        in_one_line = [(name,)] if len(name) <= _LONGEST_LINE else []
        texts = dict.fromkeys([*in_one_line, in_two_lines(name), (str(number),)])
        wanted.append(Label(px, py, RADIUS_PX, tuple(texts)))
        avoided.append(Line(px, y.place(row.accuracy.low), px, y.place(row.accuracy.high)))
    corners = [(x.place(time), y.place(share)) for time, share in curve]
    avoided += [Line(*a, *b) for a, b in pairwise(corners)]
    return place(wanted, frame, avoided)


def draw_label(kind: str, placed: Placed | None) -> Markup:
    """A label in its place, centred, with its leader; `kind` decides its colour."""
    if placed is None:
        return Markup("")
    middle = placed.box.left + placed.box.width / 2
    spans = Markup("").join(
        Markup('<tspan x="{}" y="{}">{}</tspan>').format(
            _px(middle), _px(placed.box.top + _ASCENT_PX + i * LINE_PX), line
        )
        for i, line in enumerate(placed.lines)
    )
    leader = placed.leader
    stroke = (
        Markup('<path class="leader" d="M{} {}L{} {}"/>').format(
            _px(leader.x1), _px(leader.y1), _px(leader.x2), _px(leader.y2)
        )
        if leader
        else Markup("")
    )
    return stroke + Markup('<text class="label {}" text-anchor="middle" font-size="{}">{}</text>').format(
        kind, FONT_PX, spans
    )


def _px(value: float) -> str:
    return f"{value:.1f}"
