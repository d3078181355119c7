"""Find a place for every label: near its point, clear of all other labels and points, or say that there is none.

Positions around each point are tried from near to far, first with the whole text in a line, then in two lines, then
the short text. Labels are placed one by one in several orders, improved in turn, and the best arrangement is kept.
Nothing is random, so that a report is the same each time.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from edgewise.report.geometry import Box, Line
from edgewise.report.lettering import LINE_PX, width_px

_DISTANCES_PX = (0.0, 6.0, 16.0, 30.0, 48.0, 70.0, 96.0)
_DIRECTIONS = tuple((math.cos(i * math.pi / 8), math.sin(i * math.pi / 8)) for i in range(16))
_GAP_PX = 4.0
_LEADER_FROM_PX = 9.0  # a label further off gets a line to its point
_COST_SOFT, _COST_SHORTER, _COST_NONE = 12.0, 30.0, 1000.0
_ROUNDS = 2


@dataclass(frozen=True)
class Label:
    """A point that wants a label; `texts` from the most to the least wanted, each a tuple of lines."""

    x: float
    y: float
    radius_px: float
    texts: tuple[tuple[str, ...], ...]


@dataclass(frozen=True)
class Placed:
    """A label's place. `leader` joins it to its point where it stands apart."""

    lines: tuple[str, ...]
    box: Box
    leader: Line | None
    cost: float


def place(labels: Sequence[Label], bounds: Box, keep_clear: Sequence[Line] = ()) -> tuple[Placed | None, ...]:
    """A place inside `bounds` for each label, None where there is none.

    No box meets another box, another box's leader or any point; lines of `keep_clear` are avoided where possible.
    """
    markers = [_marker(label) for label in labels]
    options = [_options(label, bounds, markers[:i] + markers[i + 1 :], keep_clear) for i, label in enumerate(labels)]
    orders = (
        sorted(range(len(labels)), key=lambda i: len(options[i])),
        sorted(range(len(labels)), key=lambda i: labels[i].y),
        sorted(range(len(labels)), key=lambda i: -labels[i].y),
        sorted(range(len(labels)), key=lambda i: labels[i].x),
    )
    return min((_arrange(order, options) for order in orders), key=_total)


def _marker(label: Label) -> Box:
    r = label.radius_px
    return Box(label.x - r, label.y - r, 2 * r, 2 * r)


def _options(label: Label, bounds: Box, others: Sequence[Box], keep_clear: Sequence[Line]) -> list[Placed]:
    """All places that clash with no point, cheapest first; `others` are the other points."""
    own = _marker(label)
    found: list[Placed] = []
    for rank, lines in enumerate(label.texts):
        width, height = max(map(width_px, lines)), LINE_PX * len(lines)
        for distance in _DISTANCES_PX:
            reach = label.radius_px + _GAP_PX + distance
            for turn, (dx, dy) in enumerate(_DIRECTIONS):
                left = label.x + reach * dx - width * (1 - dx) / 2
                top = label.y + reach * dy - height * (1 - dy) / 2
                box = Box(left, top, width, height)
                if not box.inside(bounds) or box.meets(own) or any(box.meets(other) for other in others):
                    continue
                leader = _leader(label, box) if distance > _LEADER_FROM_PX else None
                if leader is not None and any(leader.meets(other) for other in others):
                    continue
                crossed = sum(line.meets(box) for line in keep_clear)
                cost = distance + _direction_cost(turn) + _COST_SOFT * crossed + _COST_SHORTER * rank
                found.append(Placed(lines, box, leader, cost))
    return sorted(found, key=lambda placed: placed.cost)


def _direction_cost(turn: int) -> float:
    """Right of the point reads best, then left; straight above or below is where error bars run."""
    return {0: 0.0, 8: 1.0}.get(turn, 2.0 if turn % 4 else 3.0)


def _leader(label: Label, box: Box) -> Line:
    x, y = box.nearest(label.x, label.y)
    length = math.hypot(x - label.x, y - label.y)
    start = label.radius_px + 1
    return Line(label.x + (x - label.x) * start / length, label.y + (y - label.y) * start / length, x, y)


def _arrange(order: Sequence[int], options: Sequence[Sequence[Placed]]) -> tuple[Placed | None, ...]:
    placed: list[Placed | None] = [None] * len(options)
    for _ in range(1 + _ROUNDS):
        for i in order:
            others = [other for j, other in enumerate(placed) if j != i and other is not None]
            placed[i] = next((option for option in options[i] if not any(_clash(option, o) for o in others)), None)
    return tuple(placed)


def _clash(a: Placed, b: Placed) -> bool:
    return (
        a.box.meets(b.box)
        or (a.leader is not None and a.leader.meets(b.box))
        or (b.leader is not None and b.leader.meets(a.box))
    )


def _total(arrangement: Sequence[Placed | None]) -> float:
    return sum(_COST_NONE if placed is None else placed.cost for placed in arrangement)
