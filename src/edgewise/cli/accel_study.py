"""`edgewise accel study`: one user's networks on four kinds of device."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from edgewise.accel.accelerator import DEFAULT, read_accelerator
from edgewise.accel.study import Retraining, Row, Shape
from edgewise.accel.study import study as study_all
from edgewise.cli import accel_options, options
from edgewise.cli.console import milliseconds, print_json, print_table, progress_bars, show_note
from edgewise.errors import UsageError
from edgewise.progress import Progress

if TYPE_CHECKING:
    from torch import nn

_HALF = 0.5


def study(
    folders: Annotated[
        list[Path],
        typer.Argument(
            metavar="FOLDER...", help="Users' networks that `edgewise prune` wrote, all of one generic network."
        ),
    ],
    preset: accel_options.Preset = DEFAULT,
    first: Annotated[
        str | None,
        typer.Option(
            metavar="LAYER", help="From which on the network is open. Default: so that half of its work is behind it."
        ),
    ] = None,
    images: Annotated[int, typer.Option(min=1, help="To retrain with.")] = 256,
    epochs: Annotated[int, typer.Option(min=1, help="How often each is seen.")] = 10,
    batch: Annotated[int, typer.Option(min=1, help="Images of a step.")] = 16,
    html: accel_options.Html = None,
    json: options.Json = False,
    quiet: options.Quiet = False,
) -> None:
    """Serve and make a user's network: on a CPU, an int8 array, one with block floating point, an FP16 one.

    Making it is retraining by gradients, of the open tail with what serving has computed already, or of the whole
    network. A model throughout: nothing is measured; the CPU is the preset's host.
    """
    accelerator = read_accelerator(preset)
    with progress_bars(quiet=quiet or json) as progress:
        generic, users = _shapes(folders, progress)
        how = Retraining(first or _default_first(users[0]), images, epochs, batch)
        rows = study_all(generic, users, accelerator, how)
    if html:
        from edgewise.report.studied import write_studied

        write_studied(html, generic, users, accelerator, how, rows)
    if json:
        written = [
            {**vars(row), **{f"break_even_{how}": row.break_even(shared=how == "shared") for how in ("shared", "full")}}
            for row in rows
        ]
        print_json({"generic": generic.name, "accelerator": accelerator, "retraining": how, "rows": written})
        return
    print_table(
        f"{generic.name} on {accelerator.name}: one image, and {how.steps} steps of {how.batch} from {how.first} on",
        ["network", "device", "generic ms", "ms", "mJ", "shared s", "J", "full s", "J", "mm2", "pays after"],
        [_row(row) for row in rows],
        left=2,
    )
    if not quiet:
        show_note("shared: the open tail alone is retrained, behind activations that serving has computed")
        show_note("pays after: images until the time saved has made up for the shared retraining")
        show_note("nothing of this is measured; how far to trust it: docs/accelerator.md")


def _shapes(folders: list[Path], progress: Progress) -> tuple[Shape, list[Shape]]:
    """The generic network, and the users'."""
    progress("looking at the networks", 0, len(folders) + 1)
    from edgewise.runtime.torch import import_torch

    torch = import_torch("edgewise accel study")
    from edgewise.accel.traced import trace
    from edgewise.prune.load import PLAN, load_pruned
    from edgewise.prune.plan import Plan
    from edgewise.prune.source import network_of
    from edgewise.zoo.sources import find_one

    plans = [Plan.read(folder / PLAN) for folder in folders]
    source, size = plans[0].source, plans[0].input
    if any((one.source, one.input) != (source, size) for one in plans):
        raise UsageError("These are of several generic networks, or sizes of images.", "Give those of one.")
    network, _ = network_of(find_one(source))

    def shape(name: str, one: "nn.Module") -> Shape:
        found = trace(one.eval(), torch.zeros(1, *size))
        return Shape(name, found.layers, found.rest)

    generic, users = shape(source, network), []
    for done, folder in enumerate(folders, start=1):
        users.append(shape(folder.resolve().name, load_pruned(folder, network)))
        progress("looking at the networks", done + 1, len(folders) + 1)
    return generic, users


def _default_first(user: Shape) -> str:
    """Half of the work is behind it."""
    left, half = user.macs, _HALF * user.macs
    for one in user.layers:
        if left <= half:
            return one.name
        left -= one.forward.macs
    return user.layers[-1].name


def _row(row: Row) -> list[str]:
    pays = row.break_even(shared=True)
    figures = [row.generic.ms, row.user.ms, row.user.mj, row.shared.ms / 1e3, row.shared.mj / 1e3]
    figures += [row.full.ms / 1e3, row.full.mj / 1e3, row.mm2]
    shown = [milliseconds(one) if one else "-" for one in figures]
    return [row.network, row.device, *shown, "never" if pays is None else f"{pays:,}"]
