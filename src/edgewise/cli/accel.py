"""`edgewise accel`: networks on a systolic array."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from edgewise.accel.array import Array, Dataflow
from edgewise.accel.run import LayerRun, Pass, run_layers
from edgewise.cli import options
from edgewise.cli.console import percent, print_json, print_table, progress_bars, show_note
from edgewise.errors import UsageError
from edgewise.text import printable
from edgewise.zoo.sources import find_one

if TYPE_CHECKING:
    from edgewise.accel.convolution import Convolution

app = typer.Typer(help="What a network takes on a systolic array, forwards and backwards.", no_args_is_help=True)


@app.callback()
def accel() -> None:
    """What a network takes on a systolic array, forwards and backwards."""


@app.command("run")
def run(
    source: Annotated[
        str,
        typer.Argument(
            help="A classifier: onnx:PATH, timm:NAME, torchvision:NAME, torch:PATH.py:FN; or a topology of SCALE-Sim: "
            "PATH.csv."
        ),
    ],
    rows: Annotated[int, typer.Option(min=1, help="Of multipliers.")] = 64,
    columns: Annotated[int, typer.Option(min=1, help="Of multipliers.")] = 64,
    dataflow: Annotated[Dataflow, typer.Option(help="What stays in the array while the rest streams past.")] = "weight",
    shadow: Annotated[
        bool,
        typer.Option(
            "--shadow/--serial", help="Whether the next tile is loaded, or the last one drained, while the array works."
        ),
    ] = True,
    clock_mhz: Annotated[float, typer.Option(min=1, help="Of the array.")] = 480.0,
    batch: Annotated[int, typer.Option(min=1, help="Images.")] = 1,
    what: Annotated[Pass, typer.Option("--pass", help="The answers, the gradients, or both.")] = "forward",
    input: Annotated[
        int | None, typer.Option(min=8, metavar="PX", help="Height and width of the image. Default: the network's own.")
    ] = None,
    weights: options.Weights = None,
    json: options.Json = False,
    quiet: options.Quiet = False,
) -> None:
    """Count the cycles of each layer's products of matrices.

    The array alone: its memory is taken to keep up, and what is no product (batch norm, activations, pooling) to be
    done elsewhere. timm's and torchvision's networks are built without their weights, which change nothing here.
    """
    array = Array(rows, columns, dataflow, shadow)
    with progress_bars(quiet=quiet or json) as progress:
        progress("looking at the network", 0, 1)
        named, layers = _layers(source, weights or [], batch, input)
        progress("looking at the network", 1, 1)
    found = run_layers(layers, array, what)
    cycles, macs = sum(one.cycles for one in found), sum(one.macs for one in found)
    share, ms = macs / (cycles * rows * columns), cycles / clock_mhz / 1e3
    height, width = layers[0].size
    if json:
        about = {"source": named, "batch": batch, "size": [height, width], "pass": what, "array": array}
        whole = {"cycles": cycles, "macs": macs, "utilisation": share, "clock_mhz": clock_mhz, "ms": ms}
        print_json({**about, **whole, "layers": found})
        return
    _show(
        f"{named}, {batch} x {height} x {width}, {what}: {cycles:,} cycles, {ms:.3g} ms at {clock_mhz:g} MHz; "
        f"{macs / 1e6:,.1f} M MACs, {percent(share)}% of {rows} x {columns} multipliers used",
        found,
    )
    if not quiet:
        show_note("the array alone: memory is taken to keep up; what is no product of matrices does not count")


def _layers(source: str, weights: list[str], batch: int, input_px: int | None) -> "tuple[str, tuple[Convolution, ...]]":
    """What is looked at, and its layers."""
    if source.lower().endswith(".csv"):
        from edgewise.accel.topology import read_topology

        if batch > 1 or input_px is not None:
            raise UsageError("A topology has its own sizes, and one image.", "Leave --batch and --input out.")
        return printable(source), read_topology(Path(source))
    from edgewise.runtime.torch import import_torch

    torch = import_torch("edgewise accel run")
    from edgewise.accel.traced import layers_of
    from edgewise.prune.source import network_of

    found = find_one(source, weights)
    network, size_px = network_of(found)
    side = input_px or size_px
    return found.text, layers_of(network, torch.zeros(batch, 3, side, side))


def _show(title: str, found: tuple[LayerRun, ...]) -> None:
    cycles = sum(one.cycles for one in found)
    columns = ["layer", "product", "m x k x n", "M MACs", "folds", "cycles", "% of all", "used %"]
    print_table(title, columns, [_row(one, cycles) for one in found], left=3)


def _row(one: LayerRun, cycles: int) -> list[str]:
    shapes = [
        f"{gemm.m} x {gemm.k} x {gemm.n}{f', {gemm.count} times' if gemm.count > 1 else ''}" for gemm in one.gemms
    ]
    shown = shapes[0] if len(shapes) == 1 else f"{shapes[0]} and {len(shapes) - 1} more"
    share = [percent(one.cycles / cycles), percent(one.utilisation)]
    return [one.name, one.kind, shown, f"{one.macs / 1e6:,.2f}", f"{one.folds:,}", f"{one.cycles:,}", *share]
