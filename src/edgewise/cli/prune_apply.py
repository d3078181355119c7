"""`edgewise prune apply`: a plan carried out again on the network that it was made for."""

from pathlib import Path
from typing import Annotated

import typer

from edgewise.cli import options
from edgewise.cli.console import out as console
from edgewise.cli.console import print_json, progress_bars
from edgewise.errors import UsageError
from edgewise.zoo.sources import find


def command(
    plan: Annotated[Path, typer.Argument(help="A plan.json that `edgewise prune` wrote, or its folder.")],
    out: Annotated[Path, typer.Option(help="The folder to write the smaller network to.")],
    model: Annotated[str | None, typer.Option(help="The network. Default: the one that the plan names.")] = None,
    weights: options.Weights = None,
    json: options.Json = False,
    quiet: options.Quiet = False,
) -> None:
    """Cut a network by a plan: the channels that the plan keeps, with the weights that they have, to the bit.

    Nothing is recovered: what was solved anew lies in the weights beside the plan. Plan and weights are written.
    """
    from edgewise.runtime.torch import import_torch

    torch = import_torch("edgewise prune apply")
    from edgewise.prune.load import PLAN, save_pruned
    from edgewise.prune.plan import Plan
    from edgewise.prune.record import check_out
    from edgewise.prune.source import trained
    from edgewise.prune.surgery import cut

    read = Plan.read(plan / PLAN if plan.is_dir() else plan)
    named = model or read.source
    sources = find([named], weights or ()) if named else ()
    if len(sources) != 1:
        raise UsageError(f"{named or 'Nothing'} means {len(sources)} networks.", "Name one with --model.")
    check_out(out)
    with progress_bars(quiet=quiet or json) as progress:
        progress("cutting", 0, 1)
        _, network = trained(sources[0])
        smaller = cut(network, read, torch.zeros(1, *read.input))
        progress("cutting", 1, 1)
    before, after = (sum(weight.numel() for weight in one.parameters()) for one in (network, smaller))
    out.mkdir(parents=True, exist_ok=True)
    save_pruned(out, read, smaller)
    if json:
        print_json({"out": out, "parameters_before": before, "parameters": after, "groups": len(read.cuts)})
        return
    console.print(
        f"{len(read.cuts)} groups cut: {after:,} of {before:,} parameters.\n{out.resolve()}",
        soft_wrap=True,
        markup=False,
    )
