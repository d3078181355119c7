"""The figures that a fleet comes down to, each as a function of users' rows."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Literal

import numpy as np

from edgewise.fleet.play import NEVER, Rows
from edgewise.fleet.ways import Knows, Way

Unit = Literal["times", "share", "ratio", "points"]  # a share is of 1; a ratio may be above it


@dataclass(frozen=True)
class Rival:
    """The best fixed way for the whole fleet, of those that know as much of users."""

    place: int  # among all ways
    way: Way
    as_right: bool  # at least as often right as networks of one's own; else the one that is most often right


def best_fixed(rows: Rows, ways: tuple[Way, ...], knows: Knows) -> Rival:
    """The fastest that is at least as often right as networks of one's own; if none is, the one most often right."""
    cost, right = rows["cost"].mean(axis=0), rows["right"].mean(axis=0)
    places = [place for place, way in enumerate(ways) if way.knows == knows]
    as_right = [place for place in places if right[place] >= right[0]]
    if as_right:
        place = min(as_right, key=lambda one: float(cost[one]))
    else:
        place = max(places, key=lambda one: float(right[one]))
    return Rival(place, ways[place], bool(as_right))


@dataclass(frozen=True)
class Headline:
    """One figure: its words, and what it is of users' rows."""

    name: str
    words: str
    unit: Unit
    of: Callable[[Rows], float]


def headlines(rivals: Mapping[Knows, Rival]) -> tuple[Headline, ...]:
    """All of them; rivals stay who they are, whoever is drawn or left out."""
    found = [
        Headline("times_as_fast", "an input, times as fast as by the generic network", "times", _times_as_fast),
        Headline("right", "answered right", "share", lambda rows: _mean(rows["right"][:, 0])),
        Headline("served", "inputs that a network of one's own answers", "share", lambda rows: _mean(rows["served"])),
        Headline("ever_served", "users who ever got one", "share", lambda rows: _reached(rows["first_served"])),
        Headline(
            "broke_even", "users whose network was ever paid for", "share", lambda rows: _reached(rows["broke_even"])
        ),
        Headline("in_profit", "users for whom it was, in the end, less work", "share", _in_profit),
        Headline("paid", "spent on making networks, of the generic network's whole work", "ratio", _paid),
    ]
    for knows, rival in rivals.items():
        whom = f"{rival.way.name} for everybody"
        found.append(Headline(f"points_over_{knows}", f"more often right than {whom}", "points", _points_over(rival)))
        found.append(Headline(f"speed_over_{knows}", f"times as fast as {whom}", "times", _speed_over(rival)))
    return tuple(found)


def _mean(values: np.ndarray) -> float:
    return float(np.mean(values, dtype=np.float64))


def _times_as_fast(rows: Rows) -> float:
    return 1 / _mean(rows["cost"][:, 0])


def _reached(inputs: np.ndarray) -> float:
    return _mean(inputs != NEVER)


def _in_profit(rows: Rows) -> float:
    return _mean(rows["cost"][:, 0] < 1)


def _paid(rows: Rows) -> float:
    return _mean(rows["paid"])


def _points_over(rival: Rival) -> Callable[[Rows], float]:
    return lambda rows: 100 * (_mean(rows["right"][:, 0]) - _mean(rows["right"][:, rival.place]))


def _speed_over(rival: Rival) -> Callable[[Rows], float]:
    return lambda rows: _mean(rows["cost"][:, rival.place]) / _mean(rows["cost"][:, 0])
