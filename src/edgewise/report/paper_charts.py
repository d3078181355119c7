"""The two drawings of feature selection: the correlation matrix, and accuracy by number of features."""

from collections.abc import Sequence
from itertools import pairwise

from markupsafe import Markup

from edgewise.report.figures import milliseconds, percent
from edgewise.report.geometry import Box
from edgewise.report.lettering import width_px
from edgewise.report.scale import Scale, share_scale
from edgewise.select.features.correlation import CorrelationFilter
from edgewise.select.features.feature_sweep import Sweep

_CELL_PX = 17.0
_NAME_GAP_PX = 6.0
_LEFT_PX, _RIGHT_PX, _TOP_PX, _BOTTOM_PX = 44.0, 14.0, 26.0, 42.0
_COSTS_PX = 84.0


def draw_matrix(found: CorrelationFilter) -> Markup:
    """Pearson's r of every two features as a square of squares; those above the threshold have a frame.

    Strength is opacity and the sign is the colour, with the figure in each square's title.
    """
    names, dropped = found.names, {one.name for one in found.dropped}
    left = max(width_px(name) for name in names) + _NAME_GAP_PX
    side = _CELL_PX * len(names)
    parts: list[Markup] = []
    for i, name in enumerate(names):
        middle = left + _CELL_PX * (i + 0.5)
        kind = "gone" if name in dropped else "stays"
        parts.append(
            Markup('<text class="{}" x="{}" y="{}" text-anchor="end">{}</text>').format(
                kind, _px(left - _NAME_GAP_PX), _px(left + _CELL_PX * (i + 0.5) + 4), name
            )
        )
        parts.append(
            Markup('<text class="{}" transform="translate({} {}) rotate(-90)" x="0" y="4">{}</text>').format(
                kind, _px(middle), _px(left - _NAME_GAP_PX), name
            )
        )
        parts += [_cell(found, i, j, left) for j in range(len(names))]
    return Markup(
        '<svg class="matrix" viewBox="0 0 {w} {w}" style="width:{w}px" role="img" aria-label="{title}">{parts}</svg>'
    ).format(
        w=_px(left + side + 2),
        title=f"Correlations of {len(names)} features. The table beside it names those that were dropped.",
        parts=Markup("").join(parts),
    )


def _cell(found: CorrelationFilter, i: int, j: int, left: float) -> Markup:
    r = float(found.matrix[i, j])
    kind = "positive" if r >= 0 else "negative"
    strong = " strong" if i != j and abs(r) > found.threshold else ""
    return Markup(
        '<rect class="{}{}" x="{}" y="{}" width="{s}" height="{s}" fill-opacity="{}"><title>{}, {}: {}</title></rect>'
    ).format(
        kind,
        strong,
        _px(left + _CELL_PX * j + 0.5),
        _px(left + _CELL_PX * i + 0.5),
        f"{abs(r):.2f}",
        found.names[i],
        found.names[j],
        f"{r:+.2f}",
        s=_px(_CELL_PX - 1),
    )


def draw_sweep(sweep: Sweep, images: int, width: int, height: int) -> Markup:
    """Accuracy in naming the optimal model by number of features, with 95% intervals, above their cost, as one `<svg>`.

    The dashed line is what naming the most frequent answer reaches, features unseen. Where features cost nothing the
    accuracy stands alone.
    """
    dearest = max(point.features_ms for point in sweep.points)
    costs_px = _COSTS_PX if dearest > 0 else 0.0
    frame = Box(_LEFT_PX, _TOP_PX, width - _LEFT_PX - _RIGHT_PX, height - _TOP_PX - _BOTTOM_PX - costs_px)
    counts = [point.count for point in sweep.points]
    x = Scale(0.5, counts[-1] + 0.5, frame.left, frame.right)
    shares = [end for point in sweep.points for end in (point.accuracy.low, point.accuracy.high)]
    base = sweep.base.value
    y = share_scale([*shares, base], frame.bottom, frame.top)
    parts = [
        _axes(x, y, frame, counts),
        Markup('<path class="mixing" d="M{} {}H{}"><title>the most frequent answer: {}</title></path>').format(
            _px(frame.left), _px(y.place(base)), _px(frame.right), percent(base, images)
        ),
    ]
    if dearest > 0:
        floor = Box(frame.left, frame.bottom + _BOTTOM_PX, frame.width, _COSTS_PX - 4)
        parts.append(_costs(sweep, x, floor, dearest))
    places = [(x.place(point.count), y.place(point.accuracy.value)) for point in sweep.points]
    for (x1, y1), (x2, y2) in pairwise(places):
        parts.append(Markup('<path class="course" d="M{} {}L{} {}"/>').format(_px(x1), _px(y1), _px(x2), _px(y2)))
    for point, (px, py) in zip(sweep.points, places, strict=True):
        low, high = y.place(point.accuracy.low), y.place(point.accuracy.high)
        parts.append(
            Markup(
                '<g><path class="bar selector" d="M{} {}V{}"/><circle class="mark selector" cx="{}" cy="{}" r="4"/>'
                "<title>{} features: {}, {:.2f} ms</title></g>"
            ).format(
                _px(px),
                _px(low),
                _px(high),
                _px(px),
                _px(py),
                point.count,
                percent(point.accuracy.value, images),
                point.features_ms,
            )
        )
    return Markup('<svg class="plane" viewBox="0 0 {} {}" role="img" aria-label="{}">{}</svg>').format(
        width, height, "Accuracy by number of features; the table below has the figures.", Markup("").join(parts)
    )


def _costs(sweep: Sweep, x: Scale, floor: Box, dearest: float) -> Markup:
    """What the features cost, a bar per count on the same axis, with the figure of the dearest."""
    y = Scale(0.0, dearest, floor.bottom, floor.top + 20)
    wide = 0.6 * (x.place(2) - x.place(1))
    bars = [
        Markup('<rect class="cost" x="{}" y="{}" width="{}" height="{}"><title>{} ms</title></rect>').format(
            _px(x.place(point.count) - wide / 2), _px(y.place(point.features_ms)), _px(wide),
            _px(floor.bottom - y.place(point.features_ms)), milliseconds(point.features_ms),
        )
        for point in sweep.points
    ]  # fmt: skip
    return Markup("").join(bars) + Markup(
        '<text class="axis" x="2" y="{}">their time, up to {} ms</text><path class="grid" d="M{} {}H{}"/>'
    ).format(_px(floor.top + 10), milliseconds(dearest), _px(floor.left), _px(floor.bottom), _px(floor.right))


def _axes(x: Scale, y: Scale, frame: Box, counts: Sequence[int]) -> Markup:
    step = 1 if len(counts) * 22 < frame.width else 2 if len(counts) * 11 < frame.width else 5
    lines = [
        Markup('<text class="tick" x="{}" y="{}" text-anchor="middle">{}</text>').format(
            _px(x.place(count)), _px(frame.bottom + 16), count
        )
        for count in counts
        if count % step == 0 or count == 1
    ]
    for share in y.ticks(6):
        lines.append(
            Markup(
                '<path class="grid" d="M{} {}H{}"/><text class="tick" x="{}" y="{}" text-anchor="end">{}</text>'
            ).format(
                _px(frame.left),
                _px(y.place(share)),
                _px(frame.right),
                _px(frame.left - 6),
                _px(y.place(share) + 4),
                f"{100 * share:g}%",
            )
        )
    titles = Markup(
        '<text class="axis" x="2" y="13">names the optimal model</text>'
        '<text class="axis" x="{}" y="{}" text-anchor="end">number of features</text>'
    ).format(_px(frame.right), _px(frame.bottom + 35))
    return Markup("").join(lines) + titles


def _px(value: float) -> str:
    return f"{value:.1f}"
