"""`edgewise accel explore`: thousands of accelerators for one network."""

from typing import Annotated, cast

import typer

from edgewise.accel.accelerator import DEFAULT, read_accelerator
from edgewise.accel.array import Dataflow
from edgewise.accel.explore import Point, Sweep, front
from edgewise.accel.explore import explore as explore_all
from edgewise.cli import accel_options, options
from edgewise.cli.console import percent, print_json, print_table, progress_bars, show_note

_DEFAULT = Sweep()
_SHOWN = 25


def explore(
    source: accel_options.Source,
    preset: accel_options.Preset = DEFAULT,
    rows: Annotated[list[int] | None, typer.Option(min=1, help="Of multipliers; repeatable.")] = None,
    columns: Annotated[list[int] | None, typer.Option(min=1, help="Of multipliers; repeatable.")] = None,
    sram: Annotated[
        list[float] | None, typer.Option(min=0.001, metavar="KIB", help="Of all buffers; repeatable.")
    ] = None,
    dataflow: Annotated[
        list[str] | None, typer.Option(metavar="WHAT", help="Stays in the array: weight, output, input; repeatable.")
    ] = None,
    batch: accel_options.Batch = 1,
    what: accel_options.What = "forward",
    first: accel_options.First = None,
    input: accel_options.Input = None,
    max_mm2: Annotated[float | None, typer.Option(min=0, help="Leave out what is larger.")] = None,
    threads: Annotated[int, typer.Option(min=1, help="To try with.")] = 2,
    html: accel_options.Html = None,
    weights: options.Weights = None,
    json: options.Json = False,
    quiet: options.Quiet = False,
) -> None:
    """Try arrays and buffers of all sizes, and show the Pareto front in time, energy and area.

    What is not swept (clock, bandwidth, formats, host) is the preset's.
    """
    accelerator = read_accelerator(preset)
    sweep = Sweep(
        tuple(rows or _DEFAULT.rows),
        tuple(columns or _DEFAULT.columns),
        tuple(sram or _DEFAULT.sram_kib),
        tuple(cast("list[Dataflow]", dataflow) or _DEFAULT.dataflows),  # an array refuses others
    )
    with progress_bars(quiet=quiet or json) as progress:
        progress("looking at the network", 0, 1)
        named, layers = accel_options.layers_of_source(source, weights or [], batch, input)
        progress("looking at the network", 1, 1)
        layers = accel_options.from_first(layers, first)
        points = explore_all(layers, accelerator, sweep, what, max_mm2=max_mm2, threads=threads, progress=progress)
    best = front(points)
    if html:
        from edgewise.report.explored import write_explored

        write_explored(html, named, what, accelerator, points, best)
    if json:
        print_json({"source": named, "pass": what, "tried": len(sweep), "fit": len(points), "front": best})
        return
    print_table(
        f"{named}, {what}: {len(sweep):,} accelerators like {accelerator.name}, {len(points):,} fit, {len(best)} of "
        f"them not beaten{f'; {_SHOWN} of these' if len(best) > _SHOWN else ''}",
        ["array", "stays", "SRAM KiB", "ms", "mJ", "mm2", "used %", "DRAM MB"],
        [_row(one) for one in _spread(best)],
        left=2,
    )
    if not quiet:
        show_note("the Pareto front: no other is as quick, as thrifty and as small at once")


def _spread(best: tuple[Point, ...]) -> list[Point]:
    """So many of them, from the quickest to the slowest."""
    if len(best) <= _SHOWN:
        return list(best)
    return [best[round(place * (len(best) - 1) / (_SHOWN - 1))] for place in range(_SHOWN)]


def _row(one: Point) -> list[str]:
    figures = [f"{one.sram_kib:,.0f}", f"{one.ms:.3g}", f"{one.mj:.3g}", f"{one.mm2:.3g}", percent(one.utilisation)]
    return [f"{one.rows} x {one.columns}", one.dataflow, *figures, f"{one.dram_bytes / 1e6:,.1f}"]
