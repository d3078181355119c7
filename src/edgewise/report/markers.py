"""The sign of each kind of row: a shape and a colour of its own, the same in the plane, the legend and the table."""

from markupsafe import Markup

from edgewise.select.judge.fair_table import Kind

RADIUS_PX = 6.0
_SHAPES: dict[Kind, str] = {
    "single": '<circle class="mark single" cx="{x}" cy="{y}" r="4.5"/>',
    "baseline": '<path class="mark baseline" d="M{x} {y}m-4 -4h8v8h-8z"/>',
    "selector": '<path class="mark selector" d="M{x} {y}m0 -7l7 7l-7 7l-7 -7z"/>',
    "control": '<path class="mark control" d="M{x} {y}m-5 -5l10 10m0 -10l-10 10"/>',
    "oracle": (
        '<path class="mark oracle" d="M{x} {y}m0 -7.5l2.1 5l5.4 .4l-4.2 3.5l1.3 5.3l-4.6 -2.9l-4.6 2.9l1.3 -5.3'
        'l-4.2 -3.5l5.4 -.4z"/>'
    ),
}
WORDS: dict[Kind, str] = {
    "single": "single model",
    "baseline": "chosen without looking",
    "selector": "selector",
    "control": "control",
    "oracle": "perfect choice",
}


def mark(kind: Kind, x: float, y: float) -> Markup:
    """The sign as an SVG element around a point."""
    return Markup(_SHAPES[kind]).format(x=f"{x:.1f}", y=f"{y:.1f}")


def sign(kind: Kind) -> Markup:
    """The sign as a small picture for running text; the word beside it says the same, so it is hidden from readers."""
    return Markup('<svg class="sign" viewBox="-9 -9 18 18" width="16" height="16" aria-hidden="true">{}</svg>').format(
        mark(kind, 0, 0)
    )
