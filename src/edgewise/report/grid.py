"""The grid of a plane: lines at round values, their figures, and what stands along both axes."""

from markupsafe import Markup

from edgewise.report.geometry import Box
from edgewise.report.scale import Scale

_TICK_EVERY_PX = 76.0


def draw_grid(x: Scale, y: Scale, frame: Box, across: str, up: str) -> Markup:
    """`across` and `up` say what the axes are; the vertical one's words stand level above it, easier to read."""
    lines = [
        Markup(
            '<path class="grid" d="M{} {}V{}"/><text class="tick" x="{}" y="{}" text-anchor="middle">{}</text>'
        ).format(_px(x.place(value)), frame.top, frame.bottom, _px(x.place(value)), frame.bottom + 16, f"{value:g}")
        for value in x.ticks(int(frame.width / _TICK_EVERY_PX))
    ] + [
        Markup('<path class="grid" d="M{} {}H{}"/><text class="tick" x="{}" y="{}" text-anchor="end">{}</text>').format(
            frame.left, _px(y.place(value)), frame.right, frame.left - 6, _px(y.place(value) + 4), f"{value:g}"
        )
        for value in y.ticks(int(frame.height / _TICK_EVERY_PX) + 3)
    ]
    titles = Markup(
        '<text class="axis" x="2" y="13">{}</text><text class="axis" x="{}" y="{}" text-anchor="end">{}</text>'
    ).format(up, frame.right, frame.bottom + 35, across)
    return Markup("").join(lines) + titles


def _px(value: float) -> str:
    return f"{value:.1f}"
