"""The picture of `prune_users.py`: points lost against speed."""

from collections.abc import Mapping
from itertools import pairwise
from typing import Any

from prune_users_page import front
from speed_picture import OTHERS, OURS, axes, names
from svg import diamond, dot, line, picture, text

from edgewise.report.geometry import Box, Line
from edgewise.report.scale import Scale


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
        dot(24, 52, 4.5, OTHERS),
        text(34, 56, "a network restricted to the user's classes", 12),
        diamond(330, 52, OURS),
        text(344, 56, "made for the user; lines are 95% over users and images", 12),
        *axes(x, y, frame, "points", 0, signed=True),
    ]
    best = [
        (x.place(summary[n]["times_as_fast"]), y.place(-100 * summary[n]["drop"]["value"]))
        for n in front(summary, made)
    ]
    parts.append(line(best, OTHERS, 1.4, "6 4"))
    places = {
        name: (x.place(row["times_as_fast"]), y.place(-100 * row["drop"]["value"])) for name, row in summary.items()
    }
    bars: list[Line] = []
    for name in made:
        across, ends = places[name][0], [y.place(-100 * summary[name]["drop"][end]) for end in ("high", "low")]
        bars.append(Line(across, ends[0], across, ends[1]))
        parts.append(line([(across, ends[0]), (across, ends[1])], OURS, 1.4))
    for name, (across, up) in places.items():
        parts.append(diamond(across, up, OURS, name) if name in made else dot(across, up, 4.5, OTHERS, name))
    strokes = [Line(*here, *there) for here, there in pairwise(best)]
    strokes.append(Line(frame.left, y.place(0), frame.left + frame.width, y.place(0)))
    said = [name.replace(", restricted", "").replace(" asked for", "").replace(" at ", ", ") for name in places]
    bounds = Box(frame.left, frame.top, frame.width + 24, frame.height)
    parts += names(places, said, made, [*bars, *strokes], bounds)
    return picture(width, height, "Accuracy against speed", parts)
