"""Latency, accuracy and agreement over the inputs of a play, with phases as shades and events as marks."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from markupsafe import Markup

from edgewise.live.story import Story, Stretch
from edgewise.report.lettering import width_px
from edgewise.report.live_rows import SHORT, USERS
from edgewise.report.scale import Scale, share_scale

WINDOW = 51  # inputs
_POINTS = 400
_LEFT_PX, _RIGHT_PX, _USERS_PX, _LANE_PX, _TITLE_PX, _FOOT_PX = 46.0, 10.0, 20.0, 17.0, 34.0, 36.0
_MARK_PX = 8.0
_ABOVE = 1.15
_BOLD = 1.1  # as wide as the letters that widths are known of


@dataclass(frozen=True)
class Curve:
    """One figure, a value for each input of some runs of them; `kind` decides its look."""

    kind: str
    runs: tuple[tuple[int, np.ndarray], ...]  # the first input, and the values


@dataclass(frozen=True)
class Panel:
    """One axis and its curves."""

    title: str
    curves: tuple[Curve, ...]
    of: Callable[[np.ndarray], float]  # the inputs of a window
    height_px: float
    shares: bool


def draw_live(story: Story, room_px: float) -> Markup:
    """One `<svg>`; marks bear the numbers of the story's events, from 1."""
    inputs = sum(part.inputs for part in story.parts)
    x = Scale(0, inputs, _LEFT_PX, room_px - _RIGHT_PX)
    lanes = _lanes([x.place(one.at) for one in story.events])
    top = _USERS_PX + _LANE_PX * (max(lanes, default=-1) + 1) + 6
    parts, down = [], top
    for panel in _panels(story):
        down += _TITLE_PX
        parts += _panel(panel, x, down)
        down += panel.height_px
    frame = [*_shades(story, x, top, down), *_users(story, x, down), *_marks(story, x, lanes, down)]
    return Markup('<svg class="plane" viewBox="0 0 {w} {h}" role="img" aria-label="{words}">{parts}</svg>').format(
        w=_px(room_px),
        h=_px(down + _FOOT_PX),
        words=_in_words(story),
        parts=Markup("").join([*frame, *parts, *_axis(x, down)]),
    )


def rolling(values: np.ndarray, of: Callable[[np.ndarray], float], step: int = 1) -> list[tuple[int, float]]:
    """A figure of the inputs around each `step`-th and the last; fewer at the ends."""
    half = WINDOW // 2
    places = dict.fromkeys([*range(0, len(values), step), len(values) - 1])
    return [(at, float(of(values[max(0, at - half) : at + half + 1]))) for at in places]


def _panels(story: Story) -> tuple[Panel, ...]:
    """Agreement is drawn where a user's network serves: elsewhere there is nothing to compare."""
    told = story.inputs
    truth, answer, generic = (np.array(column) for column in (told.truth, told.answer, told.generic))
    own = [slice(one.first, one.first + one.inputs) for one in story.stretches if one.serving]
    agreement = Curve("agreement", tuple((rows.start, (answer == generic)[rows]) for rows in own))
    right = (Curve("generic", ((0, generic == truth),)), Curve("device", ((0, answer == truth),)))
    return (
        Panel("median ms of an input", (Curve("latency", ((0, np.array(told.ms)),)),), np.median, 150, shares=False),
        Panel("right answers, by the labels", right, np.mean, 110, shares=True),
        Panel("answers as the generic network's, right or not", (agreement,), np.mean, 80, shares=True),
    )


def _panel(panel: Panel, x: Scale, top: float) -> list[Markup]:
    step = max(1, round((x.high - x.low) / _POINTS))
    curves = [
        (curve.kind, [(first + at, value) for at, value in rolling(values, panel.of, step)])
        for curve in panel.curves
        for first, values in curve.runs
    ]
    bottom = top + panel.height_px
    return [
        Markup('<text class="axis" x="2" y="{}">{}</text>').format(_px(top - 12), panel.title),
        *(_drawn(panel, curves, x, (top, bottom)) if curves else []),
    ]


def _drawn(
    panel: Panel, curves: Sequence[tuple[str, Sequence[tuple[int, float]]]], x: Scale, ends_px: tuple[float, float]
) -> list[Markup]:
    """The axis of a panel, and its curves."""
    values = [value for _, points in curves for _, value in points]
    top, bottom = ends_px
    y = share_scale(values, bottom, top) if panel.shares else Scale(0, _ABOVE * max(values), bottom, top)
    found = [
        Markup('<path class="grid" d="M{} {}H{}"/><text class="tick" x="{}" y="{}" text-anchor="end">{}</text>').format(
            _px(x.start_px),
            _px(y.place(at)),
            _px(x.end_px),
            _px(x.start_px - 6),
            _px(y.place(at) + 4),
            f"{100 * at:g}%" if panel.shares else f"{at:g}",
        )
        for at in y.ticks(max(2, int(panel.height_px / 28)))
    ]
    for kind, points in curves:
        path = "M" + "L".join(f"{_px(x.place(at))} {_px(y.place(value))}" for at, value in points)
        found.append(Markup('<path class="course {}" d="{}"/>').format(kind, path))
    return found


def _shades(story: Story, x: Scale, top: float, bottom: float) -> list[Markup]:
    return [
        Markup('<rect class="phase {}" x="{}" y="{}" width="{}" height="{}"/>').format(
            shade_of(one),
            _px(x.place(one.first)),
            _px(top),
            _px(x.place(one.first + one.inputs) - x.place(one.first)),
            _px(bottom - top),
        )
        for one in story.stretches
    ]


def shade_of(one: Stretch) -> str:
    """The shade's name in the style sheet."""
    return "foreign" if one.foreign else one.phase


def _users(story: Story, x: Scale, bottom: float) -> list[Markup]:
    """Where a part begins, and whose it is."""
    found: list[Markup] = []
    for part in story.parts:
        left, right = x.place(part.first), x.place(part.first + part.inputs)
        found.append(Markup('<path class="change" d="M{} 4V{}"/>').format(_px(left), _px(bottom)))
        names = (name for name in (USERS[part.who], SHORT[part.who]) if _BOLD * width_px(name) + 6 <= right - left)
        name = next(names, "")
        found.append(Markup('<text class="user" x="{}" y="15">{}</text>').format(_px(left + 5), name))
    return found


def _marks(story: Story, x: Scale, lanes: Sequence[int], bottom: float) -> list[Markup]:
    found: list[Markup] = []
    for number, (event, lane) in enumerate(zip(story.events, lanes, strict=True), start=1):
        at, middle = x.place(event.at), _USERS_PX + _LANE_PX * (lane + 0.5) + 2
        found.append(
            Markup(
                '<g class="event"><path d="M{x} {from_}V{to}"/><circle cx="{x}" cy="{y}" r="{r}"/>'
                '<text x="{x}" y="{base}" text-anchor="middle">{number}</text><title>{words}</title></g>'
            ).format(
                x=_px(at),
                from_=_px(middle + _MARK_PX),
                to=_px(bottom),
                y=_px(middle),
                r=_px(_MARK_PX - 0.5),
                base=_px(middle + 3.6),
                number=number,
                words=f"input {event.at:,}, {event.kind}: {event.text}",
            )
        )
    return found


def _lanes(places: Sequence[float]) -> list[int]:
    """Rows of marks, so that none lies on another."""
    ends: list[float] = []
    found: list[int] = []
    for place in places:
        lane = next((lane for lane, end in enumerate(ends) if place - end >= 2 * _MARK_PX), len(ends))
        ends[lane : lane + 1] = [place]
        found.append(lane)
    return found


def _axis(x: Scale, bottom: float) -> list[Markup]:
    ticks = x.ticks(max(2, int((x.end_px - x.start_px) / 90)))
    return [
        *(
            Markup('<text class="tick" x="{}" y="{}" text-anchor="middle">{}</text>').format(
                _px(min(x.place(at), x.end_px - width_px(f"{at:,.0f}") / 2 + 4)), _px(bottom + 15), f"{at:,.0f}"
            )
            for at in ticks
        ),
        Markup('<text class="axis" x="{}" y="{}" text-anchor="end">inputs</text>').format(
            _px(x.end_px), _px(bottom + 32)
        ),
    ]


def _in_words(story: Story) -> str:
    return (
        f"The time of an input, right answers, and answers as the generic network's, over {len(story.inputs.ms):,} "
        f"inputs, with {len(story.events)} events. The tables have the figures."
    )


def _px(value: float) -> str:
    return f"{value:.1f}"
