"""`edgewise accel`: networks on a systolic array."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from edgewise.accel.accelerator import (
    DEFAULT,
    Accelerator,
    preset_names,
    preset_plugins,
    read_accelerator,
    read_plugin,
)
from edgewise.accel.area import parts_of
from edgewise.accel.array import Dataflow
from edgewise.accel.mapping import read_mapping, write_mapping
from edgewise.accel.run import LayerRun, Pass, Total, blocks_of, run_layers, total_of
from edgewise.cli import accel_explore, accel_options, accel_study, options
from edgewise.cli.console import percent, print_json, print_table, progress_bars, show_note
from edgewise.errors import EdgewiseError
from edgewise.text import printable

if TYPE_CHECKING:
    from edgewise.accel.convolution import Convolution

app = typer.Typer(help="What a network takes on a systolic array, forwards and backwards.", no_args_is_help=True)
app.command("explore")(accel_explore.explore)
app.command("study")(accel_study.study)


@app.callback()
def accel() -> None:
    """What a network takes on a systolic array, forwards and backwards."""


@app.command("run")
def run(
    source: accel_options.Source,
    preset: accel_options.Preset = DEFAULT,
    rows: Annotated[int | None, typer.Option(min=1, help="Of multipliers, in place of the preset's.")] = None,
    columns: Annotated[int | None, typer.Option(min=1, help="Of multipliers.")] = None,
    dataflow: Annotated[
        Dataflow | None, typer.Option(help="What stays in the array while the rest streams past.")
    ] = None,
    shadow: Annotated[
        bool | None,
        typer.Option(
            "--shadow/--serial",
            help="Tiles are loaded while the array works, or one after the other.",
            show_default=False,
        ),
    ] = None,
    sram: accel_options.SramKib = None,
    bandwidth: Annotated[float | None, typer.Option(min=0.001, metavar="GB/S", help="Of the DRAM.")] = None,
    clock_mhz: Annotated[float | None, typer.Option(min=1, help="Of the array.")] = None,
    batch: accel_options.Batch = 1,
    what: accel_options.What = "forward",
    first: accel_options.First = None,
    input: accel_options.Input = None,
    mapping: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Blocks of some layers, a TOML file; others' are chosen.")
    ] = None,
    save_mapping: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Write the blocks that were chosen, as far as a name tells them apart."),
    ] = None,
    html: accel_options.Html = None,
    weights: options.Weights = None,
    json: options.Json = False,
    quiet: options.Quiet = False,
) -> None:
    """Cycles, stalls, traffic and energy of each layer's products of matrices.

    What is no product (batch norm, activations, pooling) is taken to be done elsewhere. timm's and torchvision's
    networks are built without their weights, which change nothing here.
    """
    accelerator = accel_options.with_changes(
        read_accelerator(preset), rows, columns, dataflow, shadow, sram, bandwidth, clock_mhz
    )
    with progress_bars(quiet=quiet or json) as progress:
        progress("looking at the network", 0, 1)
        named, layers = accel_options.layers_of_source(source, weights or [], batch, input)
        progress("looking at the network", 1, 1)
    layers = accel_options.from_first(layers, first)
    found = run_layers(layers, accelerator, what, read_mapping(mapping) if mapping else None)
    if save_mapping:
        write_mapping(save_mapping, blocks_of(found))
    total = total_of(found, accelerator)
    if html:
        from edgewise.report.accelerated import write_accelerated

        write_accelerated(html, named, what, accelerator, found, total)
    if json:
        about = {"source": named, "batch": batch, "size": list(layers[0].size), "pass": what}
        print_json({**about, "accelerator": accelerator, "total": _written(total), "layers": found})
        return
    _show(_title(named, layers, what, total, accelerator), found)
    if not quiet:
        show_note(_spent(total))
        show_note("what is no product of matrices does not count; how far to trust this: docs/accelerator.md")


@app.command("presets")
def presets(json: options.Json = False, quiet: options.Quiet = False) -> None:
    """The accelerators that are installed, other packages' too, what their figures are from, and their silicon."""
    found = [read_accelerator(name) for name in preset_names()]
    for plugin in preset_plugins():
        try:
            found.append(read_plugin(plugin))
        except EdgewiseError as error:  # another package's, which takes nothing of ours down
            show_note(f"left out: {error.message}")
    if json:
        print_json([{"accelerator": one, "area": parts_of(one)} for one in found])
        return
    for one in found:
        parts = parts_of(one)
        support = sum(part.mm2 for part in parts if part.for_pruning)
        rows = [
            [part.name, "pruning" if part.for_pruning else "", f"{part.count:,.0f}", f"{part.mm2:.3f}"]
            for part in parts
        ]
        print_table(
            f"{one.name}: {sum(part.mm2 for part in parts):.1f} mm2 ({one.technology.name}), "
            f"{support:.2f} of them for pruning",
            ["part", "for", "count", "mm2"],
            rows,
            left=2,
        )
        if not quiet:
            show_note(one.source)


def _title(named: str, layers: "tuple[Convolution, ...]", what: Pass, total: Total, accelerator: Accelerator) -> str:
    height, width = layers[0].size
    array = accelerator.array
    return (
        f"{printable(named)}, {layers[0].batch} x {height} x {width}, {what}, on {accelerator.name}, {array.rows} x "
        f"{array.columns}: {total.ms:.3g} ms, {total.mj:.3g} mJ; {total.macs / 1e6:,.1f} M MACs, "
        f"{percent(total.utilisation)}% of the multipliers used"
    )


def _spent(total: Total) -> str:
    energy = {name.removesuffix("_uj"): uj for name, uj in {**vars(total.energy), "static": total.static_uj}.items()}
    return (
        f"{total.cycles:,.0f} cycles, {total.compute_cycles:,.0f} of them if memory kept up, and "
        f"{total.dispatch_ms:.3g} ms to start layers; {total.dram_bytes / 1e6:,.1f} MB of DRAM; mJ: "
        + ", ".join(f"{name} {uj / 1e3:.3g}" for name, uj in energy.items())
    )


def _written(total: Total) -> dict[str, object]:
    return {**vars(total), "energy": vars(total.energy), "ms": total.ms, "mj": total.mj}


def _show(title: str, found: tuple[LayerRun, ...]) -> None:
    cycles = sum(one.cycles for one in found)
    columns = ["layer", "product", "m x k x n", "M MACs", "cycles", "stalls %", "of all %", "used %", "DRAM KB", "uJ"]
    print_table(title, columns, [_row(one, cycles) for one in found], left=3)


def _row(one: LayerRun, cycles: float) -> list[str]:
    shapes = [
        f"{gemm.m} x {gemm.k} x {gemm.n}{f', {gemm.count} times' if gemm.count > 1 else ''}" for gemm in one.gemms
    ]
    shown = shapes[0] if len(shapes) == 1 else f"{shapes[0]} and {len(shapes) - 1} more"
    shares = [1 - one.compute_cycles / one.cycles, one.cycles / cycles, one.utilisation]
    figures = [f"{one.macs / 1e6:,.2f}", f"{one.cycles:,.0f}", *map(percent, shares)]
    return [one.name, one.kind, shown, *figures, f"{one.dram_bytes / 1e3:,.1f}", f"{one.energy.uj:,.1f}"]
