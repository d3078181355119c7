"""The strokes that the benchmarks' pictures are drawn with: SVG that stands alone, on white."""

from collections.abc import Iterable, Sequence

from markupsafe import Markup

INK, SOFT, GRID = "#1b1b1b", "#5c5c5c", "#e4e4e4"


def text(
    x: float, y: float, words: str, size_px: int = 12, colour: str = INK, anchor: str = "start", *, bold: bool = False
) -> Markup:
    """Words that start, end or are centred at x."""
    return Markup(
        '<text x="{:.1f}" y="{:.1f}" font-size="{}" font-weight="{}" fill="{}" text-anchor="{}">{}</text>'
    ).format(x, y, size_px, 600 if bold else 400, colour, anchor, words)


def line(points: Sequence[tuple[float, float]], colour: str, width_px: float = 2.0, dash: str = "none") -> Markup:
    """Straight strokes from point to point."""
    path = "M" + "L".join(f"{x:.1f} {y:.1f}" for x, y in points)
    return Markup('<path d="{}" fill="none" stroke="{}" stroke-width="{}" stroke-dasharray="{}"/>').format(
        path, colour, width_px, dash
    )


def dot(x: float, y: float, radius_px: float, colour: str, title: str = "") -> Markup:
    """A filled circle; the title shows where a browser hovers over it."""
    return Markup(
        '<circle cx="{:.1f}" cy="{:.1f}" r="{}" fill="{}" stroke="#ffffff" stroke-width="1"><title>{}</title></circle>'
    ).format(x, y, radius_px, colour, title)


def diamond(x: float, y: float, colour: str, title: str = "") -> Markup:
    """A filled square on its corner."""
    return Markup(
        '<path d="M{:.1f} {:.1f}m0 -8l8 8l-8 8l-8 -8z" fill="{}" stroke="#ffffff" stroke-width="1">'
        "<title>{}</title></path>"
    ).format(x, y, colour, title)


def picture(width_px: int, height_px: int, title: str, parts: Iterable[Markup]) -> str:
    """The whole file."""
    return str(
        Markup(
            '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {w} {h}" width="{w}" height="{h}" role="img" '
            'aria-label="{title}" font-family="system-ui, sans-serif">\n'
            '<rect width="{w}" height="{h}" fill="#ffffff"/>\n{parts}\n</svg>'
        ).format(w=width_px, h=height_px, title=title, parts=Markup("\n").join(parts))
    )
