"""The picture of `change_detection.py`: delay against false alarms."""

from collections.abc import Iterator, Mapping
from typing import Any

from markupsafe import Markup
from svg import GRID, SOFT, diamond, dot, line, picture, text

from edgewise.report.geometry import Box
from edgewise.report.scale import Scale

_PANELS = (
    "all of other classes",
    "half of other classes",
    "a tenth of other classes",
    "other classes come gradually",
)
_LINES = {
    "ranks": ("#2f6db5", "none", "rank test"),
    "cusum of scores": ("#c0642b", "none", "CUSUM of scores"),
    "cusum of rejections": ("#c0642b", "6 4", "CUSUM of rejections"),
    "k of the last 20": ("#7a7a7a", "none", "k of the last 20 rejected"),
}
_MARKS = {"both, 0.05": "#2f6db5", "cusum of scores, 390000": "#c0642b", "cusum of rejections, 390000": "#f0b27a"}
_MOST_FALSE = 0.5


def draw(result: Mapping[str, Any]) -> str:
    """A panel for each of four changes; lines choose their thresholds afterwards, marks have theirs before."""
    width, height = 940, 724
    parts = [text(16, 28, "How soon a change is noticed, by how often there is a false alarm", 16, bold=True)]
    for place, (colour, dash, words) in enumerate(_LINES.values()):
        left = 20 + 215 * place
        parts += [line([(left, 50), (left + 26, 50)], colour, 2.2, dash), text(left + 33, 54, words, 12)]
    parts += [diamond(33, 74, "#2f6db5"), text(53, 78, "both tests, alpha 5%", 12)]
    for place, colour in enumerate(list(_MARKS.values())[1:]):
        parts.append(dot(248 + 15 * place, 74, 5.5, colour))
    parts.append(text(276, 78, "CUSUM of scores, of rejections, as calibrated for a false alarm in 5% of streams", 12))
    for place, change in enumerate(_PANELS):
        frame = Box(60 + 465 * (place % 2), 124 + 316 * (place // 2), 395, 232)
        parts += _panel(result, change, frame)
    return picture(width, height, "Delay against false alarms", parts)


def _panel(result: Mapping[str, Any], change: str, frame: Box) -> Iterator[Markup]:
    curves = {name: _points(result["swept"][name], change) for name in _LINES}
    marks = {name: _points([result["set"][name]], change) for name in _MARKS}
    delays = [delay for points in (*curves.values(), *marks.values()) for _, delay in points]
    x = Scale(0.0, _MOST_FALSE, frame.left, frame.right)
    y = Scale(min(delays) / 1.3, max(delays) * 1.3, frame.bottom, frame.top, logarithmic=True)
    yield text(frame.left, frame.top - 12, change[0].upper() + change[1:], 13, bold=True)
    yield from _axes(x, y, frame)
    for name, points in curves.items():
        colour, dash, _ = _LINES[name]
        placed = [(x.place(share), y.place(delay)) for share, delay in points]
        if len(placed) > 1:
            yield line(placed, colour, 2.0, dash)
    for name, points in marks.items():
        for share, delay in points:
            where, title = (x.place(share), y.place(delay)), f"{name}: {delay:.0f} inputs, {share:.0%}"
            yield (
                diamond(*where, _MARKS[name], title)
                if name.startswith("both")
                else dot(*where, 5.5, _MARKS[name], title)
            )


def _points(rows: Any, change: str) -> list[tuple[float, float]]:
    """False alarms and the least median delay that goes with them, where there is one on the picture."""
    least: dict[float, float] = {}
    for row in rows:
        share, delay = row["false_alarms"], row["delays"][change]["median"]
        if delay is not None and share <= _MOST_FALSE:
            least[share] = min(delay, least.get(share, delay))
    return sorted(least.items())


def _axes(x: Scale, y: Scale, frame: Box) -> Iterator[Markup]:
    for value in x.ticks(6):
        yield line([(x.place(value), frame.top), (x.place(value), frame.bottom)], GRID, 1)
        yield text(x.place(value), frame.bottom + 16, f"{value:.0%}", 11, SOFT, "middle")
    for value in y.ticks(8):
        yield line([(frame.left, y.place(value)), (frame.right, y.place(value))], GRID, 1)
        yield text(frame.left - 6, y.place(value) + 4, f"{value:,.0f}", 11, SOFT, "end")
    yield text(frame.right, frame.bottom + 34, "streams of 20,000 with a false alarm", 11, SOFT, "end")
    yield text(frame.right, frame.top - 12, "median delay, inputs", 11, SOFT, "end")
