"""What a drawing is made of: coloured outlines in the object's own box, x to the right and y down, both -1..1."""

import math
from dataclasses import dataclass
from enum import IntEnum

import numpy as np
from numpy.typing import NDArray

Points = NDArray[np.float64]


class Paint(IntEnum):
    """Which colour of the object's palette a part takes; the scene decides what that colour is."""

    BODY = 0
    TRIM = 1
    DARK = 2
    LIGHT = 3


@dataclass(frozen=True)
class Part:
    """One outline: filled when `width` is 0, else a line of that width in units of the box.

    `points` is float [k, 2]. `closed` matters for lines only.
    """

    points: Points
    paint: Paint
    width: float = 0.0
    closed: bool = False


def polygon(paint: Paint, *corners: tuple[float, float]) -> Part:
    """A filled polygon through the corners (x, y)."""
    return Part(np.array(corners, dtype=np.float64), paint)


def box(paint: Paint, left: float, top: float, right: float, bottom: float) -> Part:
    """A filled upright rectangle."""
    return polygon(paint, (left, top), (right, top), (right, bottom), (left, bottom))


def line(paint: Paint, width: float, *points: tuple[float, float]) -> Part:
    """An open line through the points (x, y)."""
    return Part(np.array(points, dtype=np.float64), paint, width)


def ellipse(paint: Paint, x: float, y: float, across: float, down: float, width: float = 0.0) -> Part:
    """An ellipse with half axes `across` and `down`: filled, or a ring when `width` is given."""
    return Part(arc_points(x, y, across, down, 0.0, 360.0, 24), paint, width, closed=True)


def arc(paint: Paint, width: float, x: float, y: float, across: float, down: float, start: float, stop: float) -> Part:
    """An open piece of an ellipse from angle `start` to `stop` in degrees, clockwise from the right."""
    return Part(arc_points(x, y, across, down, start, stop, 14), paint, width)


def arc_points(x: float, y: float, across: float, down: float, start: float, stop: float, count: int) -> Points:
    """Points float [count, 2] along an ellipse from `start` to `stop` degrees."""
    angles = np.linspace(math.radians(start), math.radians(stop), count, endpoint=abs(stop - start) < 360.0)
    return np.stack([x + across * np.cos(angles), y + down * np.sin(angles)], axis=1)
