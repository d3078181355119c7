"""The picture of `prune_users.py`: points lost against speed."""

from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise
from typing import Any

from markupsafe import Markup
from prune_users_page import front
from svg import GRID, INK, SOFT, diamond, dot, line, picture, text

from edgewise.report.geometry import Box, Line
from edgewise.report.labels import Label
from edgewise.report.labels import place as place_labels
from edgewise.report.scale import Scale

_BLUE, _ORANGE = "#2f6db5", "#c0642b"


def draw(result: Mapping[str, Any]) -> str:
    """Baselines and their front, and the users' networks with their intervals."""
    width, height = 940, 460
    frame = Box(70, 84, width - 70 - 30, height - 84 - 54)
    summary, made = result["over_users"], result["made"]
    speeds = [row["times_as_fast"] for row in summary.values()]
    lows = [-100 * row["drop"]["high"] for row in summary.values()]
    highs = [-100 * row["drop"]["low"] for row in summary.values()]
    x = Scale(min(speeds) * 0.85, max(speeds) * 1.25, frame.left, frame.right, logarithmic=True)
    y = Scale(min(lows) - 0.5, max(highs) + 0.5, frame.bottom, frame.top)
    parts = [
        text(16, 28, "Accuracy lost or won against ResNet-50, by speed", 16, bold=True),
        dot(24, 52, 4.5, _BLUE),
        text(34, 56, "a network restricted to the user's classes", 12),
        diamond(330, 52, _ORANGE),
        text(344, 56, "made for the user; lines are 95% over users and images", 12),
        *_axes(x, y, frame),
    ]
    best = [
        (x.place(summary[n]["times_as_fast"]), y.place(-100 * summary[n]["drop"]["value"]))
        for n in front(summary, made)
    ]
    parts.append(line(best, _BLUE, 1.4, "6 4"))
    places = {
        name: (x.place(row["times_as_fast"]), y.place(-100 * row["drop"]["value"])) for name, row in summary.items()
    }
    bars: list[Line] = []
    for name in made:
        across, ends = places[name][0], [y.place(-100 * summary[name]["drop"][end]) for end in ("high", "low")]
        bars.append(Line(across, ends[0], across, ends[1]))
        parts.append(line([(across, ends[0]), (across, ends[1])], _ORANGE, 1.4))
    for name, (across, up) in places.items():
        parts.append(diamond(across, up, _ORANGE, name) if name in made else dot(across, up, 4.5, _BLUE, name))
    strokes = [Line(*here, *there) for here, there in pairwise(best)]
    strokes.append(Line(frame.left, y.place(0), frame.left + frame.width, y.place(0)))
    parts += _names(places, made, [*bars, *strokes], frame)
    return picture(width, height, "Accuracy against speed", parts)


def _names(
    places: Mapping[str, tuple[float, float]], made: Sequence[str], keep_clear: Sequence[Line], frame: Box
) -> Iterator[Markup]:
    short = [name.replace(", restricted", "").replace(" asked for", "").replace(" at ", ", ") for name in places]
    labels = [Label(*place, 6, ((said,),)) for place, said in zip(places.values(), short, strict=True)]
    bounds = Box(frame.left, frame.top, frame.width + 24, frame.height)
    for name, found in zip(places, place_labels(labels, bounds, keep_clear), strict=True):
        if found is None:
            continue
        colour = _ORANGE if name in made else _BLUE
        if found.leader:
            leader = found.leader
            yield line([(leader.x1, leader.y1), (leader.x2, leader.y2)], colour, 0.8)
        yield text(found.box.left, found.box.top + 11, found.lines[0], 11, colour)


def _axes(x: Scale, y: Scale, frame: Box) -> Iterator[Markup]:
    for value in x.ticks(8):
        yield line([(x.place(value), frame.top), (x.place(value), frame.bottom)], GRID, 1)
        yield text(x.place(value), frame.bottom + 17, f"{value:g}x", 11, SOFT, "middle")
    for value in y.ticks(9):
        yield line([(frame.left, y.place(value)), (frame.right, y.place(value))], INK if value == 0 else GRID, 1)
        yield text(frame.left - 6, y.place(value) + 4, f"{value:+g}", 11, SOFT, "end")
    yield text(frame.right, frame.bottom + 38, "times as fast as ResNet-50 at 224 px", 12, SOFT, "end")
    yield text(6, frame.top - 8, "points", 12, SOFT)
