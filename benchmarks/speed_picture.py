"""What pictures of networks against their speed share: axes, and names beside the points."""

from collections.abc import Container, Iterator, Mapping, Sequence

from markupsafe import Markup
from svg import GRID, INK, SOFT, line, text

from edgewise.report.geometry import Box, Line
from edgewise.report.labels import Label
from edgewise.report.labels import place as place_labels
from edgewise.report.scale import Scale

OTHERS, OURS = "#2f6db5", "#c0642b"


def names(
    places: Mapping[str, tuple[float, float]],
    said: Sequence[str],
    ours: Container[str],
    keep_clear: Sequence[Line],
    bounds: Box,
) -> Iterator[Markup]:
    """What is `said` of each point of `places`, in its colour, where there is room."""
    labels = [Label(*place, 6, ((one,),)) for place, one in zip(places.values(), said, strict=True)]
    for name, found in zip(places, place_labels(labels, bounds, keep_clear), strict=True):
        if found is None:
            continue
        colour = OURS if name in ours else OTHERS
        if found.leader:
            leader = found.leader
            yield line([(leader.x1, leader.y1), (leader.x2, leader.y2)], colour, 0.8)
        yield text(found.box.left, found.box.top + 11, found.lines[0], 11, colour)


def axes(x: Scale, y: Scale, frame: Box, unit: str, base: float, signed: bool = False) -> Iterator[Markup]:
    """A grid with its figures, in `unit` upwards, and a line at `base`."""
    for value in x.ticks(8):
        yield line([(x.place(value), frame.top), (x.place(value), frame.bottom)], GRID, 1)
        yield text(x.place(value), frame.bottom + 17, f"{value:g}x", 11, SOFT, "middle")
    for value in y.ticks(9):
        yield line([(frame.left, y.place(value)), (frame.right, y.place(value))], GRID, 1)
        yield text(frame.left - 6, y.place(value) + 4, f"{value:+g}" if signed else f"{value:g}", 11, SOFT, "end")
    yield line([(frame.left, y.place(base)), (frame.right, y.place(base))], INK, 1)
    yield text(frame.right, frame.bottom + 38, "times as fast as ResNet-50 at 224 px", 12, SOFT, "end")
    yield text(6, frame.top - 8, unit, 12, SOFT)
