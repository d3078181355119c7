"""The pictures of `select_published.py`."""

from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise
from typing import Any

import numpy as np
from markupsafe import Markup
from select_published_page import GOAL_RATIO
from svg import GRID, INK, SOFT, diamond, dot, line, picture, text

from edgewise.report.geometry import Box, Line
from edgewise.report.labels import Label, place
from edgewise.report.lettering import LINE_PX
from edgewise.report.scale import Scale

_BLUE, _ORANGE, _GREEN, _GREY = "#2f6db5", "#c0642b", "#2b8a57", "#9aa4ae"
_PATHS = {"agreement": _GREEN, "ranked votes": _ORANGE}
_LOWEST = 0.73  # accuracies under it are of no interest here
_GOAL_UNDER = 0.002
_CURVE_STEPS = 24


def draw_plane(zoo: Mapping[str, Any], title: str, goal: str) -> str:
    """Accuracy against MACs: networks, random mixing, both paths, and what the training folds chose."""
    width, height = 940, 560
    frame = Box(56, 92, width - 56 - 20, height - 92 - 54)
    networks, rows, curves = zoo["networks"], zoo["rows"], zoo["curves"]
    accuracies = [one["accuracy"] for one in networks.values()]
    shown = [one["gmacs"] for one in networks.values() if one["accuracy"] >= _LOWEST]
    x = Scale(min(shown) * 0.75, max(shown) * 1.25, frame.left, frame.right, logarithmic=True)
    tops = [*accuracies, *(max(curves[name]["accuracy"]) for name in _PATHS)]
    y = Scale(_LOWEST, max(tops) + 0.004, frame.bottom, frame.top)
    mixing = [(x.place(gmacs), y.place(share)) for gmacs, share in _bent(zoo["mixing_line"], x)]
    parts = [
        *_axes(x, y, frame),
        *_goal(networks[goal], goal, x, y, frame),
        line(mixing, _BLUE, 1.6, "6 4"),
        *_legend(title),
    ]
    for name, colour in _PATHS.items():
        parts += _path(curves[name], colour, x, y, dotted=name == "agreement")
    marks = {name: one for name, one in networks.items() if one["accuracy"] >= _LOWEST and one["gmacs"] >= x.low}
    for name, one in marks.items():
        colour = INK if name == goal else _BLUE
        parts.append(dot(x.place(one["gmacs"]), y.place(one["accuracy"]), 4.5, colour, _told(name, one)))
    strokes = [mixing, *(_placed(curves[name], x, y) for name in _PATHS)]
    parts += _names(marks, zoo["mixing_line"], goal, strokes, x, y, frame)
    for name, colour in _PATHS.items():
        parts += _chosen(name, rows[name], colour, x, y)
    return picture(width, height, f"{title}: accuracy against MACs", parts)


def _axes(x: Scale, y: Scale, frame: Box) -> Iterator[Markup]:
    for value in x.ticks(9):
        yield line([(x.place(value), frame.top), (x.place(value), frame.bottom)], GRID, 1)
        yield text(x.place(value), frame.bottom + 17, f"{value:g}", 11, SOFT, "middle")
    for share in y.ticks(12):
        yield line([(frame.left, y.place(share)), (frame.right, y.place(share))], GRID, 1)
        yield text(frame.left - 6, y.place(share) + 4, f"{100 * share:g}%", 11, SOFT, "end")
    yield text(frame.right, frame.bottom + 38, "mean MACs per image, billions, logarithmic", 12, SOFT, "end")
    yield text(6, frame.top - 10, "right answers, top-1", 12, SOFT)


def _goal(network: Mapping[str, float], name: str, x: Scale, y: Scale, frame: Box) -> Iterator[Markup]:
    """The corner that has to be reached."""
    right, bottom = x.place(network["gmacs"] / GOAL_RATIO), y.place(network["accuracy"] - _GOAL_UNDER)
    yield Markup('<rect x="{:.1f}" y="{:.1f}" width="{:.1f}" height="{:.1f}" fill="#e6f2ea"/>').format(
        frame.left, frame.top, right - frame.left, bottom - frame.top
    )
    yield text(frame.left + 8, frame.top + 17, f"the goal: {GOAL_RATIO:g} times fewer MACs than {name},", 12, _GREEN)
    yield text(frame.left + 8, frame.top + 33, "no more than 0.2 points less right", 12, _GREEN)


def _legend(title: str) -> Iterator[Markup]:
    yield text(16, 28, title, 16, bold=True)
    yield dot(24, 48, 4.5, _BLUE)
    yield text(34, 52, "a network", 12)
    yield line([(118, 48), (146, 48)], _BLUE, 1.6, "6 4")
    yield text(152, 52, "random mixing of networks", 12)
    for row, (name, colour) in enumerate(_PATHS.items()):
        middle = 48 + 19 * row
        yield line([(350, middle), (376, middle)], colour)
        yield text(382, middle + 4, f"{name}, at every price", 12)
        yield diamond(566, middle, colour)
        yield text(580, middle + 4, "as chosen in the training folds, with its 95% interval", 12)


def _placed(curve: Mapping[str, Sequence[float]], x: Scale, y: Scale) -> list[tuple[float, float]]:
    """The positions of a path that are in the picture, px, cheapest first."""
    positions = sorted(set(zip(curve["gmacs"], curve["accuracy"], strict=True)))
    return [(x.place(gmacs), y.place(share)) for gmacs, share in positions if share >= _LOWEST and gmacs >= x.low]


def _path(curve: Mapping[str, Sequence[float]], colour: str, x: Scale, y: Scale, *, dotted: bool) -> Iterator[Markup]:
    placed = _placed(curve, x, y)
    if placed:
        yield line(placed, colour, 2)
    yield from (dot(px, py, 3, colour) for px, py in placed if dotted)


def _chosen(name: str, row: Mapping[str, Any], colour: str, x: Scale, y: Scale) -> Iterator[Markup]:
    at, accuracy = x.place(row["gmacs"]["value"]), row["accuracy"]
    low, high = y.place(accuracy["low"]), y.place(accuracy["high"])
    yield line([(at, low), (at, high)], colour, 1.4)
    yield from (line([(at - 4, end), (at + 4, end)], colour, 1.4) for end in (low, high))
    times, under = row["times_fewer_macs"]["value"], 100 * row["against_goal_network"]["value"]
    yield diamond(at, y.place(accuracy["value"]), colour, f"{name}: {times:.2f} times fewer MACs, {under:+.2f} points")


def _bent(corners: Sequence[Sequence[float]], x: Scale) -> list[tuple[float, float]]:
    """Random mixing as many points: straight in MACs, so bent on a logarithmic axis; level after its end."""
    points: list[tuple[float, float]] = []
    for (g1, a1), (g2, a2) in pairwise(corners):
        steps = g1 * (g2 / g1) ** (np.arange(_CURVE_STEPS) / _CURVE_STEPS)
        points += [(float(g), float(a1 + (a2 - a1) * (g - g1) / (g2 - g1))) for g in steps]
    points += [(corners[-1][0], corners[-1][1]), (x.high, corners[-1][1])]
    return [(gmacs, share) for gmacs, share in points if share >= _LOWEST and gmacs >= x.low]


def _told(name: str, one: Mapping[str, float]) -> str:
    return f"{name}: {100 * one['accuracy']:.2f}% at {one['gmacs']:.2f} billion MACs"


def _names(
    marks: Mapping[str, Mapping[str, float]],
    corners: Sequence[Sequence[float]],
    goal: str,
    strokes: Sequence[Sequence[tuple[float, float]]],
    x: Scale,
    y: Scale,
    frame: Box,
) -> Iterator[Markup]:
    """Names of the networks at the corners of the mixing line, of the goal's, and of all where they are few."""
    known = {gmacs for gmacs, _ in corners}
    wanted = [name for name, one in marks.items() if len(marks) <= 12 or name == goal or one["gmacs"] in known]
    spots = {name: (x.place(marks[name]["gmacs"]), y.place(marks[name]["accuracy"])) for name in marks}
    labels = [Label(*spots[name], 6.0, ((name.removesuffix("_tf"),),)) for name in wanted]
    avoided = [Line(*a, *b) for stroke in strokes for a, b in pairwise(stroke)]
    avoided += [Line(px - 4, py, px + 4, py) for name, (px, py) in spots.items() if name not in wanted]
    for name, put in zip(wanted, place(labels, frame, avoided), strict=True):
        if put is None:
            continue
        if put.leader is not None:
            yield line([(put.leader.x1, put.leader.y1), (put.leader.x2, put.leader.y2)], _GREY, 0.8)
        middle = put.box.left + put.box.width / 2
        for number, words in enumerate(put.lines):
            yield text(
                middle, put.box.top + (number + 0.8) * LINE_PX, words, 12, INK if name == goal else _BLUE, "middle"
            )


def draw_ceilings(result: Mapping[str, Any]) -> str:
    """Left, a perfect choice against the size of the zoo; right, how many networks Algorithm 1 keeps against theta."""
    width, height = 940, 400
    left, right = Box(56, 70, 390, 270), Box(536, 70, 384, 270)
    parts = [*_by_size(result["zoos"], left), *_over_theta(result["members_over_theta"], right)]
    return picture(width, height, "What a perfect choice could reach, and what Algorithm 1 keeps", parts)


def _by_size(zoos: Mapping[str, Any], frame: Box) -> Iterator[Markup]:
    curves = {"of the paper's eleven": ("paper", _ORANGE), "of all networks": ("all", _BLUE)}
    steps = {key: zoos[key]["perfect_choice_by_size"] for key, _ in curves.values()}
    ceilings = [step["ceiling_points"] for own in steps.values() for step in own]
    x = Scale(0.5, max(len(own) for own in steps.values()) + 0.5, frame.left, frame.right)
    y = Scale(min(ceilings) - 1, max(ceilings) + 1, frame.bottom, frame.top)
    yield text(frame.left - 40, 26, "A perfect choice, by the size of the zoo", 15, bold=True)
    yield text(frame.left - 40, 46, "right answers; grown from the most accurate network", 12, SOFT)
    yield from _plain_axes(x, y, frame, "networks", "%")
    for words, (key, colour) in curves.items():
        points = [(x.place(step["size"]), y.place(step["ceiling_points"])) for step in steps[key]]
        yield line(points, colour)
        for (px, py), step in zip(points, steps[key], strict=True):
            yield dot(px, py, 3.5, colour, f"{step['network']}: {step['gain_points']:+.2f} points")
        px, py = points[5]
        if key == "paper":
            yield text(px + 4, py + 20, words, 12, colour)
        else:
            yield text(px - 4, py - 12, words, 12, colour, "end")


def _over_theta(methods: Mapping[str, Sequence[Mapping[str, Any]]], frame: Box) -> Iterator[Markup]:
    most = max(len(step["members"]) for own in methods.values() for step in own)
    x = Scale(0.0, max(step["theta_points"] for own in methods.values() for step in own), frame.left, frame.right)
    y = Scale(0.0, most + 0.5, frame.bottom, frame.top)
    yield text(frame.left - 40, 26, "Algorithm 1: networks kept, by theta", 15, bold=True)
    yield text(frame.left - 40, 46, "the paper's eleven; its theta is 0.5 points", 12, SOFT)
    yield from _plain_axes(x, y, frame, "theta, points", "")
    yield line([(x.place(0.5), frame.top), (x.place(0.5), frame.bottom)], _GREY, 1.2, "4 3")
    for number, ((method, steps), colour) in enumerate(zip(methods.items(), (_BLUE, _ORANGE, _GREEN), strict=True)):
        # Drawn a little apart where they are the same.
        lift = 3.0 * (number - 1)
        points = [(x.place(step["theta_points"]), y.place(len(step["members"])) - lift) for step in steps]
        corners = [corner for (x1, y1), (x2, _) in pairwise(points) for corner in ((x1, y1), (x2, y1))]
        yield line([*corners, points[-1]], colour)
        yield line(
            [(frame.right - 132, frame.top + 12 + 20 * number), (frame.right - 106, frame.top + 12 + 20 * number)],
            colour,
        )
        yield text(frame.right - 100, frame.top + 16 + 20 * number, f"by {method}", 12, colour)


def _plain_axes(x: Scale, y: Scale, frame: Box, title: str, unit: str) -> Iterator[Markup]:
    for value in x.ticks(9):
        yield text(x.place(value), frame.bottom + 17, f"{value:g}", 11, SOFT, "middle")
    for value in y.ticks(8):
        yield line([(frame.left, y.place(value)), (frame.right, y.place(value))], GRID, 1)
        yield text(frame.left - 7, y.place(value) + 4, f"{value:g}{unit}", 11, SOFT, "end")
    yield line([(frame.left, frame.bottom), (frame.right, frame.bottom)], SOFT, 1)
    yield text(frame.right, frame.bottom + 38, title, 12, SOFT, "end")
