"""Draws from what the real code was measured to do."""

from bisect import bisect
from collections.abc import Iterable, Sequence
from functools import cached_property
from itertools import pairwise
from typing import TypeVar

import numpy as np

from edgewise.errors import UsageError
from edgewise.fleet.calibration import Again, Calibration, Learned, MadeNetwork, Noticed, Verdict

_NEAR = 8  # measured rows nearest to a share that changed, of which one is drawn
_Row = TypeVar("_Row", Again, Noticed)


class Chances:
    """Of one calibration.

    A user of a number of classes that was not measured is like one of the next lower or the next higher number, the
    nearer the likelier. Of a share of inputs that changed, one of the eight measured changes nearest to it is drawn.
    """

    def __init__(self, calibration: Calibration) -> None:
        self._calibration = calibration

    def learned(self, classes: int, rng: np.random.Generator) -> Learned:
        """One stream of the real observer."""
        rows = self._learned[_neighbour(self._counts, classes, rng)]
        return rows[int(rng.integers(len(rows)))]

    def able(self, classes: int, rng: np.random.Generator) -> Learned:
        """One whose classes were settled, so that it is known what networks answer right."""
        rows = [one for one in self._learned[_neighbour(self._counts, classes, rng)] if one.right]
        if not rows:
            raise UsageError(f"No measured user of about {classes} classes was ever learned.", "Ask for fewer classes.")
        return rows[int(rng.integers(len(rows)))]

    def again(self, changed: float, rng: np.random.Generator) -> Again:
        """What follows an alarm."""
        rows = self._again if changed else self._again_unchanged
        return _near(rows, changed, rng)

    def delay(self, changed: float, rng: np.random.Generator, *, at_once: bool) -> int | None:
        """Inputs until a changed share is noticed; None: not within those that were watched."""
        return _near(self._noticed_at_once if at_once else self._noticed, changed, rng).after

    def false_alarm(self, rng: np.random.Generator) -> int | None:
        """After how many inputs a network that fits is given up; None: not within those that were watched."""
        rows = self._calibration.unchanged
        return rows[int(rng.integers(len(rows)))].at

    @cached_property
    def _learned(self) -> dict[int, list[Learned]]:
        found: dict[int, list[Learned]] = {}
        for one in self._calibration.learned:
            found.setdefault(one.classes, []).append(one)
        return found

    @cached_property
    def _counts(self) -> list[int]:
        return sorted(self._learned)

    @cached_property
    def _again(self) -> list[Again]:
        return _in_order(one for one in self._calibration.again if one.changed > 0)

    @cached_property
    def _again_unchanged(self) -> list[Again]:
        return [one for one in self._calibration.again if one.changed == 0]

    @cached_property
    def _noticed(self) -> list[Noticed]:
        return _in_order(one for one in self._calibration.noticed if not one.early)

    @cached_property
    def _noticed_at_once(self) -> list[Noticed]:
        return _in_order(self._calibration.noticed_at_once)


def verdict(made: MadeNetwork, most_points: float, attempts: int, rng: np.random.Generator) -> Verdict:
    """One of the real guard's on that network, or a milder one.

    Raises `UsageError` for a greatest drop that was not measured.
    """
    of_drop = [one for one in made.guarded if one.max_drop_points == most_points]
    if not of_drop:
        known = ", ".join(sorted({f"{one.max_drop_points:g}" for one in made.guarded}))
        raise UsageError(
            f"The guard was not measured at a greatest drop of {most_points:g} points.", f"It was at {known}."
        )
    nearest = min(of_drop, key=lambda one: abs(one.attempts - attempts))
    return nearest.verdicts[int(rng.integers(len(nearest.verdicts)))]


def _neighbour(counts: Sequence[int], classes: int, rng: np.random.Generator) -> int:
    """One of the measured numbers on either side."""
    if classes <= counts[0]:
        return counts[0]
    for low, high in pairwise(counts):
        if classes <= high:
            return high if rng.random() < (classes - low) / (high - low) else low
    return counts[-1]


def _near(rows: Sequence[_Row], changed: float, rng: np.random.Generator) -> _Row:
    """One of the nearest of rows that are in order."""
    place = bisect(rows, changed, key=_changed)
    around = rows[max(0, place - _NEAR) : place + _NEAR]
    nearest = sorted(around, key=lambda one: abs(one.changed - changed))[:_NEAR]
    return nearest[int(rng.integers(len(nearest)))]


def _changed(row: Again | Noticed) -> float:
    return row.changed


def _in_order(rows: Iterable[_Row]) -> list[_Row]:
    return sorted(rows, key=_changed)
