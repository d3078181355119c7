"""Pictures of the docs: the report's own drawings as SVG files that stand alone."""

from importlib import resources
from pathlib import Path

from edgewise.report.plane import draw_plane
from edgewise.select.judge.fair_table import FairTable

PICTURES = Path(__file__).parent.parent / "docs" / "pictures"
_WIDTH_PX, _HEIGHT_PX = 940, 560


def write_plane(name: str, table: FairTable) -> str:
    """Draw the accuracy-time plane of a table into docs/pictures/NAME.svg; returns the Markdown that shows it."""
    style = resources.files("edgewise.report").joinpath("report.css").read_text(encoding="utf-8")
    drawn = str(draw_plane(table.rows, table.mixing_line, table.images, (_WIDTH_PX, _HEIGHT_PX)))
    opening = f'<svg xmlns="http://www.w3.org/2000/svg" width="{_WIDTH_PX}" height="{_HEIGHT_PX}" '
    background = f'<rect width="{_WIDTH_PX}" height="{_HEIGHT_PX}" fill="#fff"/>'
    body, end = drawn.replace("<svg ", opening, 1).split(">", 1)
    return write_svg(name, f"{body}><style>{style}</style>{background}{end}", "accuracy against time per image")


def write_svg(name: str, svg: str, words: str) -> str:
    """Write docs/pictures/NAME.svg; returns the Markdown that shows it. `words`: for who cannot see it."""
    PICTURES.mkdir(parents=True, exist_ok=True)
    (PICTURES / f"{name}.svg").write_text(svg + "\n", encoding="utf-8")
    return f"![{words}](pictures/{name}.svg)"
