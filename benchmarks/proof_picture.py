"""The picture of `proof.py`: networks for one user, how often they are right against how fast they are."""

from collections.abc import Mapping
from typing import Any

from proof_words import made_for
from speed_picture import OTHERS, OURS, axes, names
from svg import diamond, dot, line, picture, text

from edgewise.report.geometry import Box, Line
from edgewise.report.scale import Scale

_PALE_OTHERS, _PALE_OURS = "#cfdef0", "#f0d9cb"  # of intervals, which names may cross
_WIDTH_PX, _HEIGHT_PX = 940, 620


def draw(users: Mapping[str, Any]) -> str:
    """A dot for each rival and a diamond for each network of edgewise, with their intervals."""
    frame = Box(70, 84, _WIDTH_PX - 70 - 30, _HEIGHT_PX - 84 - 54)
    ours = {way["name"] for way in users["ways"] if way["ours"]}
    nothing = {own for own in ours if not made_for(users, own)}
    found = {
        name: (row["to_generic"]["speed"]["value"], [100 * row["accuracy"][key] for key in ("low", "value", "high")])
        for name, row in users["over_users"].items()
        if name not in nothing
    }
    speeds, ends = [speed for speed, _ in found.values()], [end for _, right in found.values() for end in right]
    x = Scale(min(speeds) * 0.85, max(speeds) * 1.4, frame.left, frame.right, logarithmic=True)
    y = Scale(min(ends) - 1, min(100.0, max(ends) + 1), frame.bottom, frame.top)
    parts = [
        text(16, 28, "Networks for one user: right answers against speed", 16, bold=True),
        dot(24, 52, 4.5, OTHERS),
        text(34, 56, "what its users would pick instead", 12),
        diamond(330, 52, OURS),
        text(344, 56, "edgewise, with ResNet-50 where its guard refused; lines are 95% intervals", 12),
        *axes(x, y, frame, "right %", y.low),
    ]
    bars: list[Line] = []
    for name, (speed, (low, _, high)) in found.items():
        across, pale = x.place(speed), _PALE_OURS if name in ours else _PALE_OTHERS
        bars.append(Line(across, y.place(low), across, y.place(high)))
        parts.append(line([(across, y.place(low)), (across, y.place(high))], pale, 3))
    for name, (speed, (_, value, _)) in found.items():
        place = x.place(speed), y.place(value)
        parts.append(diamond(*place, OURS, name) if name in ours else dot(*place, 4.5, OTHERS))
    places = {name: (x.place(speed), y.place(right[1])) for name, (speed, right) in found.items()}
    return picture(
        _WIDTH_PX, _HEIGHT_PX, "Right answers against speed", [*parts, *names(places, list(places), ours, bars, frame)]
    )
