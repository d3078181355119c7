"""Layers from the input to the output as columns, what was behind what is left, in panels above each other."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import accumulate, groupby

from markupsafe import Markup

from edgewise.report.geometry import Box
from edgewise.report.lettering import width_px
from edgewise.report.scale import Scale

_LEFT_PX, _RIGHT_PX, _TITLE_PX, _STAGES_PX, _GAP_PX = 44.0, 2.0, 24.0, 26.0, 12.0
_WIDEST_PX = 36.0  # from one column to the next
_FILLED = 0.8
_FEWEST_STAGES = 3
_BETWEEN_PX = 4.0  # names of stages
_TICK_SCALE = 11 / 12  # the letters of ticks beside those that widths are known of


@dataclass(frozen=True)
class Column:
    """One layer: `part` is what is left of `whole`, both in the panel's unit."""

    layer: str
    whole: float
    part: float
    words: str
    plain: bool = False  # drawn in grey: nothing was done to it


@dataclass(frozen=True)
class Panel:
    """One axis, from 0 to `top`; columns that are higher end there."""

    title: str
    columns: tuple[Column, ...]
    top: float
    height_px: float
    tick: Callable[[float], str]


def draw_columns(panels: Sequence[Panel], room_px: float, words: str) -> Markup:
    """One `<svg>` of at most `room_px`; all panels show the same layers, whose stages are named at the foot."""
    layers = [column.layer for column in panels[0].columns]
    pitch = min(_WIDEST_PX, (room_px - _LEFT_PX - _RIGHT_PX) / max(len(layers), 1))
    right = _LEFT_PX + pitch * len(layers)
    parts: list[Markup] = []
    down = 0.0
    for panel in panels:
        frame = Box(_LEFT_PX, down + _TITLE_PX, right - _LEFT_PX, panel.height_px)
        parts += [_axis(panel, frame), *_panel(panel, frame, pitch)]
        down = frame.bottom + _GAP_PX
    foot = down - _GAP_PX
    parts += _stages(layers, pitch, foot)
    width = max(right + _RIGHT_PX, *(width_px(panel.title) + 4 for panel in panels))
    return Markup(
        '<svg class="plane columns-drawn" viewBox="0 0 {w} {h}" style="max-width:{w}px" role="img" '
        'aria-label="{words}">{parts}</svg>'
    ).format(w=_px(min(width, room_px)), h=_px(foot + _STAGES_PX), words=words, parts=Markup("").join(parts))


def stages_of(layers: Sequence[str]) -> list[tuple[str, int]]:
    """Runs of layers whose paths begin alike, with their lengths: by one name, or by two where one says little."""
    names = [layer.split(".") for layer in layers]
    depth = 1 if len({name[0] for name in names}) >= _FEWEST_STAGES else 2
    return [(stage, len(list(run))) for stage, run in groupby(".".join(name[:depth]) for name in names)]


def _axis(panel: Panel, frame: Box) -> Markup:
    y = Scale(0.0, panel.top, frame.bottom, frame.top)
    lines = [
        Markup('<path class="grid" d="M{} {}H{}"/><text class="tick" x="{}" y="{}" text-anchor="end">{}</text>').format(
            _px(frame.left),
            _px(y.place(at)),
            _px(frame.right),
            _px(frame.left - 6),
            _px(y.place(at) + 4),
            panel.tick(at),
        )
        for at in y.ticks(max(2, int(frame.height / 32)))
    ]
    return Markup('<text class="axis" x="2" y="{}">{}</text>').format(_px(frame.top - 10), panel.title) + Markup(
        ""
    ).join(lines)


def _panel(panel: Panel, frame: Box, pitch: float) -> list[Markup]:
    y = Scale(0.0, panel.top, frame.bottom, frame.top)
    found: list[Markup] = []
    for place, column in enumerate(panel.columns):
        left, wide = frame.left + pitch * (place + (1 - _FILLED) / 2), pitch * _FILLED
        bars = [("plain" if column.plain else "part", column.part)]
        bars = bars if column.plain else [("whole", column.whole), *bars]
        drawn = [
            Markup('<rect class="{}" x="{}" y="{}" width="{}" height="{}"/>').format(
                kind, _px(left), _px(top), _px(wide), _px(frame.bottom - top)
            )
            for kind, value in bars
            for top in [y.place(min(value, panel.top))]
        ]
        found.append(Markup("<g>{}<title>{}</title></g>").format(Markup("").join(drawn), column.words))
    return found


def _stages(layers: Sequence[str], pitch: float, top: float) -> list[Markup]:
    """Marks where stages begin, longer ones with their names: in the middle of a stage, or from its mark on.

    Where not all names have room, those of the longest stages stand.
    """
    stages = stages_of(layers)
    ends = list(accumulate((pitch * length for _, length in stages), initial=_LEFT_PX))
    named: dict[int, Box] = {}
    for place in sorted(range(len(stages)), key=lambda place: -stages[place][1]):
        left, right, wide = ends[place], ends[place + 1], _TICK_SCALE * width_px(stages[place][0])
        box = Box((left + right - wide) / 2 if wide <= right - left else left, top, wide + _BETWEEN_PX, 1.0)
        if box.left + wide <= ends[-1] and not any(box.meets(other) for other in named.values()):
            named[place] = box
    marks = [
        Markup('<path class="stage" d="M{} {}V{}"/>').format(_px(left), _px(top), _px(top + (6 if i in named else 3)))
        for i, left in enumerate(ends[:-1])
    ]
    return marks + [
        Markup('<text class="tick" x="{}" y="{}">{}</text>').format(_px(box.left), _px(top + 17), stages[i][0])
        for i, box in sorted(named.items())
    ]


def _px(value: float) -> str:
    return f"{value:.1f}"
