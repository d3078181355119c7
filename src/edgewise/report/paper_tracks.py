"""Intervals as places in percent of a table cell's width."""

from collections.abc import Sequence
from dataclasses import dataclass

from edgewise.report.scale import Scale
from edgewise.select.judge.fair_table import Interval


@dataclass(frozen=True)
class Track:
    """An interval in percent of its cell's width, with the published figure and the place of nothing, where known."""

    low: float
    value: float
    high: float
    published: float | None = None
    zero: float | None = None


def track_scale(intervals: Sequence[Interval], *, around_zero: bool = False) -> Scale:
    """One scale for the cells of a column that holds these intervals."""
    ends = [end for one in intervals for end in (one.low, one.high)] + ([0.0] if around_zero else [])
    low, high = min(ends), max(ends)
    return Scale(low, high, 3, 97) if high > low else Scale(low - 1, high + 1, 3, 97)


def track(scale: Scale, interval: Interval, published: float | None = None, zero: float | None = None) -> Track:
    """One interval on the scale of its column."""
    return Track(
        scale.place(interval.low),
        scale.place(interval.value),
        scale.place(interval.high),
        None if published is None else scale.place(published),
        None if zero is None else scale.place(zero),
    )
