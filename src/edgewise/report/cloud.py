"""Many points over two logarithmic axes, and lines among them, as SVG."""

from collections.abc import Sequence
from dataclasses import dataclass

from markupsafe import Markup

from edgewise.report.geometry import Box
from edgewise.report.grid import draw_grid
from edgewise.report.scale import Scale

_LEFT_PX, _RIGHT_PX, _TOP_PX, _BOTTOM_PX = 52.0, 10.0, 26.0, 42.0
_MARGIN = 0.06  # of an axis, at both ends


@dataclass(frozen=True)
class Dot:
    """`kind` is its class in the style sheet; `words` are shown where it is pointed at, if there are any."""

    x: float
    y: float
    kind: str
    radius_px: float = 2.0
    words: str = ""


@dataclass(frozen=True)
class Path:
    """A line through places; `kind` as of a dot."""

    places: tuple[tuple[float, float], ...]
    kind: str


@dataclass(frozen=True)
class Axes:
    """What stands along them."""

    x: str
    y: str


def draw_cloud(
    dots: Sequence[Dot], paths: Sequence[Path], axes: Axes, size_px: tuple[int, int], *, name: str, words: str
) -> Markup:
    """One `<svg>`; later dots lie over earlier ones. `name` is its own on the page; `words` say what is seen.

    The axes reach as far as the dots; lines may leave the frame.
    """
    width_px, height_px = size_px
    frame = Box(_LEFT_PX, _TOP_PX, width_px - _LEFT_PX - _RIGHT_PX, height_px - _TOP_PX - _BOTTOM_PX)
    x = _scale([dot.x for dot in dots], frame.left, frame.right)
    y = _scale([dot.y for dot in dots], frame.bottom, frame.top)
    drawn = Markup("").join([*(_path(one, x, y) for one in paths), *(_dot(one, x, y) for one in dots)])
    return Markup(
        '<svg class="plane cloud" viewBox="0 0 {w} {h}" role="img" aria-label="{words}">'
        '<clipPath id="{name}"><rect x="{x}" y="{y}" width="{fw}" height="{fh}"/></clipPath>{grid}'
        '<g clip-path="url(#{name})">{drawn}</g></svg>'
    ).format(
        w=width_px,
        h=height_px,
        words=words,
        name=name,
        x=frame.left,
        y=frame.top,
        fw=frame.width,
        fh=frame.height,
        grid=draw_grid(x, y, frame, axes.x, axes.y),
        drawn=drawn,
    )


def _scale(values: Sequence[float], start_px: float, end_px: float) -> Scale:
    low, high = min(values), max(values)
    margin = max((high / low) ** _MARGIN, 1.05)
    return Scale(low / margin, high * margin, start_px, end_px, logarithmic=True)


def _dot(one: Dot, x: Scale, y: Scale) -> Markup:
    place = (one.kind, _px(x.place(one.x)), _px(y.place(one.y)), f"{one.radius_px:g}")
    if not one.words:
        return Markup('<circle class="dot {}" cx="{}" cy="{}" r="{}"/>').format(*place)
    return Markup('<circle class="dot {}" cx="{}" cy="{}" r="{}"><title>{}</title></circle>').format(*place, one.words)


def _path(one: Path, x: Scale, y: Scale) -> Markup:
    places = "L".join(f"{_px(x.place(across))} {_px(y.place(up))}" for across, up in one.places)
    return Markup('<path class="path {}" d="M{}"/>').format(one.kind, places)


def _px(value: float) -> str:
    return f"{value:.1f}"
