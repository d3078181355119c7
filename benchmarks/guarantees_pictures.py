"""The pictures of `guarantees.py`, as SVG that stands alone."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np
from markupsafe import Markup

from edgewise.report.geometry import Box
from edgewise.report.scale import Scale

_INK, _SOFT, _GRID, _BLUE, _RED, _GREEN = "#1b1b1b", "#5c5c5c", "#e4e4e4", "#2f6db5", "#c0392b", "#2b8a57"
_WIDTH_PX, _HEIGHT_PX = 940, 380
_BINS = 32


def draw_bounds(shown: Mapping[str, Any], controls: Sequence[Mapping[str, Any]], images: int) -> str:
    """Left, the harm of many calibration splits at one alpha; right, what is escalated at every alpha."""
    parts = [*_histogram(shown, Box(56, 66, 370, 244)), *_escalation(controls, Box(546, 66, 370, 244))]
    title = f"{len(shown['harms']):,} calibrations on {images} images each"
    return _svg(_WIDTH_PX, _HEIGHT_PX, title, parts)


def _histogram(shown: Mapping[str, Any], frame: Box) -> Iterable[Markup]:
    alpha, harms = shown["alpha"], np.array(shown["harms"])
    x = Scale(0.0, max(2 * alpha, float(harms.max()) * 1.02), frame.left, frame.right)
    counts, edges = np.histogram(harms, bins=np.linspace(x.low, x.high, 2 * _BINS + 1))
    y = Scale(0, float(counts.max()) * 1.3, frame.bottom, frame.top)
    yield _text(frame.left, 26, f"Images harmed, at alpha = {alpha:.0%}", 15, bold=True)
    yield _text(frame.left, 44, f"{len(harms):,} calibrations; the true share of each, by formula", 12, _SOFT)
    yield from _across(x, frame, "images answered wrong that the large model answers right")
    for count, low, high in zip(counts, edges[:-1], edges[1:], strict=True):
        if count:
            left, right, top = x.place(low), x.place(high), y.place(count)
            yield Markup('<rect x="{:.1f}" y="{:.1f}" width="{:.1f}" height="{:.1f}" fill="{}" opacity=".75"/>').format(
                left + 0.5, top, right - left - 1, frame.bottom - top, _BLUE
            )
    yield _rule(x.place(alpha), frame.top, frame.bottom, _RED, "")
    yield _rule(x.place(shown["harm"]), frame.top + 26, frame.bottom, _INK, "4 3")
    yield _text(x.place(alpha) - 6, frame.top + 11, f"promised on average: {alpha:.0%} at most", 12, _RED, "end")
    yield _text(x.place(alpha) + 6, frame.top + 32, f"mean of all: {shown['harm']:.2%}", 12, _INK)
    yield _rule(x.place(0.0), frame.top + 26, frame.bottom, _GREEN, "")
    yield _text(x.place(0.0) + 5, frame.top + 32, "always escalating: 0%", 12, _GREEN)


def _escalation(controls: Sequence[Mapping[str, Any]], frame: Box) -> Iterable[Markup]:
    x = Scale(0.0, max(one["alpha"] for one in controls) * 1.04, frame.left, frame.right)
    y = Scale(0.0, 1.0, frame.bottom, frame.top)
    yield _text(frame.left, 26, "Images escalated, for every alpha", 15, bold=True)
    yield _text(frame.left, 44, "mean over calibrations, against the least that keeps alpha", 12, _SOFT)
    yield from _across(x, frame, "alpha, the harm that is allowed")
    for share in y.ticks(6):
        yield Markup('<path d="M{} {:.1f}H{}" stroke="{}"/>').format(frame.left, y.place(share), frame.right, _GRID)
        yield _text(frame.left - 7, y.place(share) + 4, f"{share:.0%}", 11, _SOFT, "end")
    yield _line([(x.place(0.0), y.place(1.0)), (frame.right, y.place(1.0))], _GREEN, "")
    yield _text(frame.right - 4, y.place(1.0) + 16, "always escalating", 12, _GREEN, "end")
    least = [(x.place(one["alpha"]), y.place(one["least_escalated"])) for one in controls]
    found = [(x.place(one["alpha"]), y.place(one["escalated"])) for one in controls]
    yield _line(least, _INK, "4 3")
    yield _line(found, _BLUE, "")
    for px, py in found:
        yield Markup('<circle cx="{:.1f}" cy="{:.1f}" r="4" fill="{}"/>').format(px, py, _BLUE)
    middle_x, middle_y = found[len(found) // 2]
    yield _text(middle_x + 10, middle_y - 10, "conformal risk control", 12, _BLUE)
    low_x, low_y = least[-2]
    yield _text(low_x - 12, low_y + 26, "dashed: the least, with the risk known", 12, _INK, "end")


def draw_unfamiliar(shares: Mapping[str, Mapping[str, float]], false_alarms: float) -> str:
    """A group of bars for each kind of image, a bar for each way of watching."""
    ways, kinds = list(shares), list(next(iter(shares.values())))
    colours = ["#8a8a8a", "#9cc3ea", "#f0b27a", "#2f6db5", "#c0642b"][: len(ways)]
    row_px, bar_px, left = 14 * len(ways) + 16, 13, 150
    frame = Box(left, 62 + 20 * len(ways), 700, row_px * len(kinds))
    x = Scale(0.0, 1.0, frame.left, frame.right)
    parts = [_text(16, 28, "Images flagged as unfamiliar", 15, bold=True)]
    for place, (way, colour) in enumerate(zip(ways, colours, strict=True)):
        parts.append(Markup('<rect x="16" y="{}" width="12" height="12" fill="{}"/>').format(43 + 20 * place, colour))
        parts.append(_text(34, 53 + 20 * place, way, 12))
    parts += _across(x, frame, "")
    for row, kind in enumerate(kinds):
        top = frame.top + row_px * row + 8
        parts.append(_text(frame.left - 10, top + bar_px * len(ways) / 2 + 4, kind, 12, anchor="end"))
        for place, way in enumerate(ways):
            share, y = shares[way][kind], top + bar_px * place
            parts.append(
                Markup('<rect x="{}" y="{:.1f}" width="{:.1f}" height="{}" fill="{}"/>').format(
                    frame.left, y, x.place(share) - frame.left, bar_px - 2, colours[place]
                )
            )
            parts.append(_text(x.place(share) + 4, y + 9, ">99%" if 0.995 <= share < 1 else f"{share:.0%}", 10, _SOFT))
    parts.append(_rule(x.place(false_alarms), frame.top, frame.bottom, _RED, "4 3"))
    parts.append(
        _text(x.place(false_alarms) + 4, frame.top - 5, f"allowed: {false_alarms:.0%} of familiar images", 11, _RED)
    )
    return _svg(880, int(frame.bottom) + 34, "Images flagged as unfamiliar", parts)


def _across(x: Scale, frame: Box, title: str) -> Iterable[Markup]:
    for value in x.ticks(6):
        px = x.place(value)
        yield Markup('<path d="M{:.1f} {}V{}" stroke="{}"/>').format(px, frame.top, frame.bottom, _GRID)
        yield _text(px, frame.bottom + 17, f"{100 * value:g}%", 11, _SOFT, "middle")
    yield Markup('<path d="M{} {}H{}" stroke="{}"/>').format(frame.left, frame.bottom, frame.right, _SOFT)
    yield _text(frame.left + frame.width / 2, frame.bottom + 40, title, 12, _SOFT, "middle")


def _rule(x: float, top: float, bottom: float, colour: str, dash: str) -> Markup:
    return Markup('<path d="M{:.1f} {}V{}" stroke="{}" stroke-width="2" stroke-dasharray="{}"/>').format(
        x, top, bottom, colour, dash
    )


def _line(points: Sequence[tuple[float, float]], colour: str, dash: str) -> Markup:
    path = "M" + "L".join(f"{x:.1f} {y:.1f}" for x, y in points)
    return Markup('<path d="{}" fill="none" stroke="{}" stroke-width="2" stroke-dasharray="{}"/>').format(
        path, colour, dash
    )


def _text(
    x: float, y: float, text: str, size_px: int, colour: str = _INK, anchor: str = "start", *, bold: bool = False
) -> Markup:
    return Markup(
        '<text x="{:.1f}" y="{:.1f}" font-size="{}" font-weight="{}" fill="{}" text-anchor="{}">{}</text>'
    ).format(x, y, size_px, 600 if bold else 400, colour, anchor, text)


def _svg(width_px: int, height_px: int, title: str, parts: Iterable[Markup]) -> str:
    return str(
        Markup(
            '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {w} {h}" width="{w}" height="{h}" role="img" '
            'aria-label="{title}" font-family="system-ui, sans-serif">\n'
            '<rect width="{w}" height="{h}" fill="#ffffff"/>\n{parts}\n</svg>\n'
        ).format(w=width_px, h=height_px, title=title, parts=Markup("\n").join(parts))
    )
