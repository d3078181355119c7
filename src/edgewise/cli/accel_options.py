"""What the commands of `edgewise accel` share: a network's layers, and an accelerator with changes."""

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from edgewise.accel.accelerator import Accelerator
from edgewise.accel.array import Dataflow
from edgewise.accel.run import Pass
from edgewise.errors import UsageError
from edgewise.text import printable
from edgewise.zoo.sources import find_one

if TYPE_CHECKING:
    from edgewise.accel.convolution import Convolution

Source = Annotated[
    str,
    typer.Argument(
        metavar="MODEL", help='A PyTorch or ONNX classifier of `edgewise zoo list`, or "net.csv" of SCALE-Sim.'
    ),
]
Preset = Annotated[
    str, typer.Option(metavar="NAME", help="Of `edgewise accel presets`, or a file: NAME.toml, SCALE-Sim's NAME.cfg.")
]
SramKib = Annotated[
    float | None, typer.Option(min=0.001, metavar="KIB", help="Of all three buffers, which keep the preset's shares.")
]
Batch = Annotated[int, typer.Option(min=1, help="Images.")]
What = Annotated[Pass, typer.Option("--pass", help="The answers, the gradients, or both: a step of training.")]
First = Annotated[
    str | None,
    typer.Option(
        metavar="LAYER",
        help="Leave out what comes before: what pruning takes of a network whose tail alone is made anew.",
    ),
]
Html = Annotated[Path | None, typer.Option(metavar="PAGE", help="Draw it on one page.")]
Input = Annotated[
    int | None,
    typer.Option(min=8, max=4096, metavar="PX", help="Side of the image. Default: the network's own."),
]


def layers_of_source(
    source: str, weights: list[str], batch: int, input_px: int | None
) -> "tuple[str, tuple[Convolution, ...]]":
    """What is looked at, and its layers."""
    if source.lower().endswith(".csv"):
        from edgewise.accel.topology import read_topology

        if batch > 1 or input_px is not None:
            raise UsageError("A topology has its own sizes, and one image.", "Leave --batch and --input out.")
        return printable(source), read_topology(Path(source))
    from edgewise.runtime.torch import import_torch

    torch = import_torch("edgewise accel")
    from edgewise.accel.traced import layers_of
    from edgewise.prune.source import network_of

    found = find_one(source, weights)
    network, size_px = network_of(found)
    side = input_px or size_px
    return found.text, layers_of(network, torch.zeros(batch, 3, side, side))


def from_first(layers: "tuple[Convolution, ...]", first: str | None) -> "tuple[Convolution, ...]":
    """The layers from the named one on."""
    if first is None:
        return layers
    names = [one.name for one in layers]
    if first not in names:
        raise UsageError(f"There is no layer {first!r}.", f"There are: {', '.join(names)}.")
    return layers[names.index(first) :]


def with_changes(
    accelerator: Accelerator,
    rows: int | None,
    columns: int | None,
    dataflow: Dataflow | None,
    shadow: bool | None,
    sram_kib: float | None,
    gb_per_s: float | None,
    clock_mhz: float | None,
) -> Accelerator:
    """A preset with what was asked for in its place."""
    array = accelerator.array
    given = {"rows": rows, "columns": columns, "dataflow": dataflow, "shadow": shadow}
    array = replace(array, **{name: value for name, value in given.items() if value is not None})
    return replace(
        accelerator,
        array=array,
        sram=accelerator.sram if sram_kib is None else accelerator.sram.of_size(sram_kib),
        dram_gb_per_s=gb_per_s or accelerator.dram_gb_per_s,
        clock_mhz=clock_mhz or accelerator.clock_mhz,
    )
