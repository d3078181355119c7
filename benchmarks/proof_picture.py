"""The picture of `proof.py`: networks for one user, how often they are right against how fast they are."""

from collections.abc import Iterator, Mapping
from typing import Any

from markupsafe import Markup
from svg import GRID, INK, SOFT, diamond, dot, line, picture, text

from edgewise.report.geometry import Box, Line
from edgewise.report.labels import Label
from edgewise.report.labels import place as place_labels
from edgewise.report.scale import Scale

_BLUE, _ORANGE = "#2f6db5", "#c0642b"
_WIDTH_PX, _HEIGHT_PX = 940, 460


def draw(users: Mapping[str, Any]) -> str:
    """A dot for each rival and a diamond for each network of edgewise, with their intervals."""
    frame = Box(70, 84, _WIDTH_PX - 70 - 30, _HEIGHT_PX - 84 - 54)
    ours = {way["name"] for way in users["ways"] if way["ours"]}
    found = {
        name: (row["to_generic"]["speed"]["value"], [100 * row["accuracy"][key] for key in ("low", "value", "high")])
        for name, row in users["over_users"].items()
    }
    speeds, ends = [speed for speed, _ in found.values()], [end for _, right in found.values() for end in right]
    x = Scale(min(speeds) * 0.85, max(speeds) * 1.4, frame.left, frame.right, logarithmic=True)
    y = Scale(min(ends) - 1, min(100.0, max(ends) + 1), frame.bottom, frame.top)
    parts = [
        text(16, 28, "Networks for one user: right answers against speed", 16, bold=True),
        dot(24, 52, 4.5, _BLUE),
        text(34, 56, "what its users would pick instead", 12),
        diamond(330, 52, _ORANGE),
        text(344, 56, "edgewise; lines are 95% intervals", 12),
        *_axes(x, y, frame),
    ]
    bars: list[Line] = []
    for name, (speed, (low, value, high)) in found.items():
        across, colour = x.place(speed), _ORANGE if name in ours else _BLUE
        bars.append(Line(across, y.place(low), across, y.place(high)))
        parts.append(line([(across, y.place(low)), (across, y.place(high))], colour, 1.4))
        draws = (
            diamond(across, y.place(value), colour, name) if name in ours else dot(across, y.place(value), 4.5, colour)
        )
        parts.append(draws)
    places = {name: (x.place(speed), y.place(right[1])) for name, (speed, right) in found.items()}
    return picture(_WIDTH_PX, _HEIGHT_PX, "Right answers against speed", [*parts, *_names(places, ours, bars, frame)])


def _names(
    places: Mapping[str, tuple[float, float]], ours: set[str], keep_clear: list[Line], frame: Box
) -> Iterator[Markup]:
    labels = [Label(*place, 6, ((name,),)) for name, place in places.items()]
    for name, found in zip(places, place_labels(labels, frame, keep_clear), strict=True):
        if found is None:
            continue
        colour = _ORANGE if name in ours else _BLUE
        if found.leader:
            yield line([(found.leader.x1, found.leader.y1), (found.leader.x2, found.leader.y2)], colour, 0.8)
        yield text(found.box.left, found.box.top + 11, found.lines[0], 11, colour)


def _axes(x: Scale, y: Scale, frame: Box) -> Iterator[Markup]:
    for value in x.ticks(8):
        yield line([(x.place(value), frame.top), (x.place(value), frame.bottom)], GRID, 1)
        yield text(x.place(value), frame.bottom + 17, f"{value:g}x", 11, SOFT, "middle")
    for value in y.ticks(9):
        yield line([(frame.left, y.place(value)), (frame.right, y.place(value))], GRID, 1)
        yield text(frame.left - 6, y.place(value) + 4, f"{value:g}", 11, SOFT, "end")
    yield line([(frame.left, frame.bottom), (frame.right, frame.bottom)], INK, 1)
    yield text(frame.right, frame.bottom + 38, "times as fast as ResNet-50 at 224 px", 12, SOFT, "end")
    yield text(6, frame.top - 8, "right %", 12, SOFT)
