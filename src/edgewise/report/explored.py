"""The page of a sweep over accelerators: all that were tried, those that none beats, and what they are."""

from collections.abc import Sequence
from pathlib import Path

from markupsafe import Markup

from edgewise.accel.accelerator import Accelerator
from edgewise.accel.explore import Point
from edgewise.report.cloud import Axes, Dot, draw_cloud
from edgewise.report.cloud import Path as Line
from edgewise.report.figures import percent
from edgewise.report.render import environment, package_file, write_report

_SIZES_PX = {"wide": (992, 480), "medium": (640, 420), "narrow": (358, 380)}
_MANY = 10_000  # for whole percents with a decimal


def write_explored(
    path: Path, source: str, what: str, accelerator: Accelerator, points: Sequence[Point], best: Sequence[Point]
) -> None:
    """Write the page. `best`: those of the points that none beats. Raises `StoreError` where it cannot be written."""
    write_report(path, render_explored(source, what, accelerator, points, best))


def render_explored(
    source: str, what: str, accelerator: Accelerator, points: Sequence[Point], best: Sequence[Point]
) -> str:
    """The page as one HTML text that loads nothing."""
    quickest, smallest = min(best, key=lambda one: one.ms), min(best, key=lambda one: one.mm2)
    return (
        environment()
        .get_template("explored.html.j2")
        .render(
            css=Markup(package_file("report.css")),
            source=source,
            what=what,
            accelerator=accelerator,
            points=points,
            best=best,
            quickest=quickest,
            smallest=smallest,
            planes={size: _plane(points, best, size) for size in _SIZES_PX},
            dataflows=sorted({one.dataflow for one in points}),
            rows=[_row(one) for one in best],
        )
    )


def _plane(points: Sequence[Point], best: Sequence[Point], size: str) -> Markup:
    beaten = set(points) - set(best)
    dots = [Dot(one.mm2, one.ms, f"{one.dataflow} beaten", 1.6) for one in points if one in beaten]
    dots += [Dot(one.mm2, one.ms, one.dataflow, 3.6, _words(one)) for one in best]
    words = (
        f"Time against area of {len(points):,} accelerators; {len(best)} are not beaten. The table has their figures."
    )
    stairs = Line(_stairs(best), "edge")
    axes = Axes("area, mm2, logarithmic", "time, ms, logarithmic")
    return draw_cloud(dots, [stairs], axes, _SIZES_PX[size], name=f"explored-{size}", words=words)


def _stairs(best: Sequence[Point]) -> tuple[tuple[float, float], ...]:
    """The least time that an area allows."""
    places: list[tuple[float, float]] = []
    for one in sorted(best, key=lambda one: (one.mm2, one.ms)):
        if places and one.ms >= places[-1][1]:
            continue
        if places:
            places.append((one.mm2, places[-1][1]))
        places.append((one.mm2, one.ms))
    return tuple(places)


def _words(one: Point) -> str:
    return (
        f"{one.rows} x {one.columns}, {one.dataflow}-stationary, {one.sram_kib:,.0f} KiB: "
        f"{one.ms:.3g} ms, {one.mj:.3g} mJ, {one.mm2:.3g} mm2"
    )


def _row(one: Point) -> tuple[str, ...]:
    figures = [f"{one.ms:.3g}", f"{one.mj:.3g}", f"{one.mm2:.3g}", percent(one.utilisation, _MANY)]
    return (
        f"{one.rows} x {one.columns}",
        one.dataflow,
        f"{one.sram_kib:,.0f}",
        *figures,
        f"{one.dram_bytes / 1e6:,.1f}",
    )
