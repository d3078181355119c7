"""How well flags tell wrong choices from right ones, drawn as the curve that every setting lies on."""

from collections.abc import Sequence
from itertools import pairwise

from markupsafe import Markup

from edgewise.report.geometry import Box
from edgewise.report.scale import Scale
from edgewise.select.paper.operating_point import Flags
from edgewise.select.paper.published import PUBLISHED
from edgewise.select.paper.study import Study

# What each curve is, and the kind of row whose colour and sign it borrows.
CURVES = {
    "p-value": ("conformal, p-value below epsilon", "selector"),
    "singleton": ("conformal, not the only likely choice", "oracle"),
    "votes": ("votes within a radius, below a share", "single"),
}
_LEFT_PX, _RIGHT_PX, _TOP_PX, _BOTTOM_PX = 44.0, 14.0, 26.0, 42.0


def curves(study: Study) -> dict[str, Sequence[Flags]]:
    """What was flagged by each kind of flag, at all its settings; empty where no choice was wrong, or none right."""
    kinds: dict[str, Sequence[Flags]] = {**study.soundness, "votes": study.votes}
    first = study.votes[0]
    return kinds if first.wrong and first.right else {}


def draw_flags(study: Study, width: int, height: int) -> Markup:
    """Wrong choices flagged against right ones flagged, with the published point as a ring, as one `<svg>`.

    The dashed line is a flag that looks at nothing.
    """
    frame = Box(_LEFT_PX, _TOP_PX, width - _LEFT_PX - _RIGHT_PX, height - _TOP_PX - _BOTTOM_PX)
    x, y = Scale(0, 1, frame.left, frame.right), Scale(0, 1, frame.bottom, frame.top)
    parts = [
        _grid(x, y, frame),
        Markup('<path class="mixing blind" d="M{} {}L{} {}"/>').format(
            *map(_px, (frame.left, frame.bottom, frame.right, frame.top))
        ),
        *(_curve(kind, flags, x, y) for kind, flags in curves(study).items()),
        _published(x, y),
    ]
    return Markup('<svg class="plane" viewBox="0 0 {} {}" role="img" aria-label="{}">{}</svg>').format(
        width, height, "Wrong choices flagged against right ones; the tables below have the figures.",
        Markup("").join(parts),
    )  # fmt: skip


def _grid(x: Scale, y: Scale, frame: Box) -> Markup:
    lines = [
        Markup(
            '<path class="grid" d="M{left} {place}H{right}"/>'
            '<text class="tick" x="{before}" y="{base}" text-anchor="end">{share:.0f}%</text>'
        ).format(
            left=_px(frame.left), right=_px(frame.right), place=_px(y.place(share)), before=_px(frame.left - 6),
            base=_px(y.place(share) + 4), share=100 * share,
        )
        for share in (0, 0.2, 0.4, 0.6, 0.8, 1)
    ] + [
        Markup('<text class="tick" x="{}" y="{}" text-anchor="middle">{:.0f}%</text>').format(
            _px(x.place(share)), _px(frame.bottom + 16), 100 * share
        )
        for share in (0, 0.2, 0.4, 0.6, 0.8, 1)
    ]  # fmt: skip
    titles = Markup(
        '<text class="axis" x="2" y="13">wrong choices flagged</text>'
        '<text class="axis" x="{}" y="{}" text-anchor="end">right choices flagged</text>'
    ).format(_px(frame.right), _px(frame.bottom + 35))
    return Markup("").join(lines) + titles


def _curve(kind: str, flags: Sequence[Flags], x: Scale, y: Scale) -> Markup:
    colour = CURVES[kind][1]
    places = sorted((x.place(one.false_alarm_rate), y.place(one.detection_rate)) for one in flags)
    lines = [
        Markup('<path class="course {}" d="M{} {}L{} {}"/>').format(colour, *map(_px, (*start, *end)))
        for start, end in pairwise(places)
    ]
    points = [
        Markup('<circle class="mark {}" cx="{}" cy="{}" r="3.5"/>').format(colour, _px(px), _px(py))
        for px, py in places
    ]
    return Markup("").join([*lines, *points])


def _published(x: Scale, y: Scale) -> Markup:
    caught, alarmed = PUBLISHED["wrong flagged"], PUBLISHED["false alarms"]
    px, py = x.place(alarmed.value / 100), y.place(caught.value / 100)
    return Markup(
        '<circle class="published" cx="{}" cy="{}" r="5"/><text class="label" x="{}" y="{}">published</text>'
    ).format(_px(px), _px(py), _px(px + 10), _px(py + 4))


def _px(value: float) -> str:
    return f"{value:.1f}"
