"""The picture of docs/fleet.md: each way to serve everybody, who breaks even, and how the simulation grows."""

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from markupsafe import Markup
from svg import GRID, INK, SOFT, diamond, dot, line, picture, text

_WIDTH_PX, _HEIGHT_PX, _TOP_PX, _BOTTOM_PX = 1080, 400, 64.0, 330.0
_PANELS = ((54.0, 400.0), (470.0, 730.0), (806.0, 1056.0))
_OWN, _TOLD, _ALL = "#b3410c", "#22679f", "#8a8a94"
_SHORT = {"ResNet-50 at ": "R50, ", "ResNet-18 at ": "R18, ", "MobileNetV2 int8 at ": "MobileNetV2 int8, "}
Place = Callable[[float], float]


def _logarithmic(low: float, high: float, start: float, end: float) -> Place:
    return lambda value: start + (end - start) * float(np.log(value / low) / np.log(high / low))


def _straight(low: float, high: float, start: float, end: float) -> Place:
    return lambda value: start + (end - start) * (value - low) / (high - low)


def draw(result: Mapping[str, Any]) -> str:
    """The whole file."""
    parts = [*_ways(result), *_paid(result), *_growth(result)]
    return picture(_WIDTH_PX, _HEIGHT_PX, "a fleet of users: speed and accuracy, break-even, cost of simulating", parts)


def _frame(panel: int, title: str, across: str) -> list[Markup]:
    left, right = _PANELS[panel]
    return [
        text(left - 34, 22, title, 13, INK, bold=True),
        line([(left, _BOTTOM_PX), (right, _BOTTOM_PX)], SOFT, 1),
        text(right, _BOTTOM_PX + 38, across, 11, SOFT, "end"),
    ]


def _ways(result: Mapping[str, Any]) -> list[Markup]:
    left, right = _PANELS[0]
    ways = result["result"]["ways"]
    own = result["result"]["figures"]["right"]["over_real_users"]
    rights = [100 * one["right"] for one in ways] + [100 * own["low"], 100 * own["high"]]
    x = _logarithmic(0.4, 10, left, right)
    low, high = min(rights) - 2, min(100.0, max(rights) + 2)
    y = _straight(low, high, _BOTTOM_PX, _TOP_PX)
    parts = [*_frame(0, "Right answers, %, against speed", "times as fast as the generic network")]
    parts += [text(x(value), _BOTTOM_PX + 16, f"{value:g}", 11, SOFT, "middle") for value in (0.5, 1, 2, 5, 10)]
    for value in range(int(np.ceil(low / 10)) * 10, int(high) + 1, 10):
        parts += [
            line([(left, y(value)), (right, y(value))], GRID, 1),
            text(left - 6, y(value) + 4, str(value), 11, SOFT, "end"),
        ]
    mine = ways[0]
    at = x(mine["times_as_fast"])
    fast = result["result"]["figures"]["times_as_fast"]["over_real_users"]
    ends = [min(10, max(0.4, fast[key])) for key in ("low", "high")]
    parts.append(line([(at, y(100 * own["low"])), (at, y(100 * own["high"]))], _OWN, 1.2))
    parts.append(line([(x(end), y(100 * mine["right"])) for end in ends], _OWN, 1.2))
    for one in ways[1:]:
        colour = _TOLD if one["way"]["knows"] == "classes" else _ALL
        parts.append(dot(x(one["times_as_fast"]), y(100 * one["right"]), 4, colour, one["way"]["name"]))
    parts.append(diamond(at, y(100 * mine["right"]), _OWN, mine["way"]["name"]))
    best = max((one for one in ways if one["way"]["knows"] == "classes"), key=lambda one: one["times_as_fast"])
    above = y(100 * best["right"]) - 9
    parts.append(text(right + 16, above, _short(best["way"]["name"]), 11, _TOLD, "end"))
    labels = (
        ("a network of one's own", _OWN, left - 34, 38),
        ("one fixed network, told the classes", _TOLD, left + 122, 38),
        ("one fixed network, told nothing", _ALL, left + 122, 51),
    )
    return [*parts, *(text(at, height, label, 11, colour) for label, colour, at, height in labels)]


def _short(name: str) -> str:
    name = name.partition(",")[0]
    for long, short in _SHORT.items():
        name = name.replace(long, short)
    return name


def _paid(result: Mapping[str, Any]) -> list[Markup]:
    left, right = _PANELS[1]
    lives = result["lives"]
    x = _logarithmic(lives[0]["inputs"], lives[-1]["inputs"], left, right)
    y = _straight(0, 100, _BOTTOM_PX, _TOP_PX)
    parts = _frame(1, "Users, %, by the length of a life", "inputs")
    for value in (0, 25, 50, 75, 100):
        parts += [
            line([(left, y(value)), (right, y(value))], GRID, 1),
            text(left - 6, y(value) + 4, str(value), 11, SOFT, "end"),
        ]
    for one in lives:
        parts.append(text(x(one["inputs"]), _BOTTOM_PX + 16, f"{one['inputs'] / 1000:g}k", 11, SOFT, "middle"))
    for name, words, colour, at in (
        ("ever_served", "got a network of their own", _TOLD, 42),
        ("in_profit", "spent less time in the end", _OWN, 54),
    ):
        values = [100 * one["figures"][name]["value"] for one in lives]
        parts.append(line([(x(one["inputs"]), y(value)) for one, value in zip(lives, values, strict=True)], colour))
        for one, value in zip(lives, values, strict=True):
            bounds = one["figures"][name]["without_one"]
            ends = [(x(one["inputs"]), y(100 * bounds[key])) for key in ("low", "high")]
            parts += [line(ends, colour, 1), dot(x(one["inputs"]), y(value), 3.5, colour, f"{value:.1f}%")]
        parts.append(text(left, at - 4, words, 11, colour))
    return parts


def _growth(result: Mapping[str, Any]) -> list[Markup]:
    left, right = _PANELS[2]
    rows, million = result["growth"], result["million"]
    times = [row["cpu_seconds"] for row in rows] + [million["cpu_seconds"]]
    users = [row["users"] for row in rows] + [million["users"]]
    x = _logarithmic(users[0], users[-1], left, right)
    lowest, highest = 10 ** np.floor(np.log10(min(times))), 10 ** np.ceil(np.log10(max(times)))
    y = _logarithmic(lowest, highest, _BOTTOM_PX, _TOP_PX)
    parts = _frame(2, "Processor time of the simulation, s", "users")
    for power in range(int(np.log10(lowest)), int(np.log10(highest)) + 1):
        parts += [
            line([(left, y(10.0**power)), (right, y(10.0**power))], GRID, 1),
            text(left - 6, y(10.0**power) + 4, f"{10**power:,}", 11, SOFT, "end"),
        ]
    for count in users:
        shown = "1M" if count >= 1_000_000 else f"{count:,}"
        parts.append(text(x(count), _BOTTOM_PX + 16, shown, 11, SOFT, "middle"))
    points = [(x(count), y(time)) for count, time in zip(users, times, strict=True)]
    parts += [line(points[:-1], _TOLD), line(points[-2:], _TOLD, 1.5, "4 4")]
    parts += [dot(*point, 4, _TOLD) for point in points[:-1]]
    parts.append(text(points[-1][0] - 8, points[-1][1] - 8, "extrapolated", 11, SOFT, "end"))
    return parts
