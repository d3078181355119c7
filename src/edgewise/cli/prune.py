"""`edgewise prune`: smaller networks out of larger ones."""

from typing import TYPE_CHECKING, Annotated

import typer

from edgewise.cli import options, prune_apply, prune_make, prune_report, prune_users
from edgewise.cli.console import milliseconds, out, percent, print_json, print_table, progress_bars, show_note
from edgewise.zoo.sources import find_one

if TYPE_CHECKING:
    from edgewise.prune.inspect import GroupCost, Inspection

app = typer.Typer(no_args_is_help=True)
app.callback(invoke_without_command=True)(prune_make.command)
app.command("apply")(prune_apply.command)
app.command("report")(prune_report.command)
app.command("users")(prune_users.command)

_BAR = 12  # characters of the longest bar
_EIGHTHS = " ▏▎▍▌▋▊▉"
_NAMED_LAYERS = 2


@app.command("inspect")
def inspect(
    source: Annotated[
        str, typer.Argument(help="A classifier: onnx:PATH, timm:NAME, torchvision:NAME, torch:PATH.py:FN.")
    ],
    weights: options.Weights = None,
    classes: Annotated[
        int | None, typer.Option(min=2, help="Outputs of a timm or torchvision network that is built without weights.")
    ] = None,
    input: Annotated[
        int | None, typer.Option(min=8, metavar="PX", help="Height and width of the image. Default: the network's own.")
    ] = None,
    runs: Annotated[int, typer.Option(min=1, help="Runs of which the median is taken.")] = 5,
    threads: options.Threads = 1,
    json: options.Json = False,
    quiet: options.Quiet = False,
) -> None:
    """Show the groups of channels that must go together, and what each costs.

    Latency is measured on PyTorch, module by module; no other engine runs a network as it does. Each layer counts with
    the group of its outputs. timm's and torchvision's networks are built without their weights, which change nothing
    here.
    """
    from edgewise.runtime.torch import import_torch

    torch = import_torch("edgewise prune inspect")
    from edgewise.prune.inspect import inspect as look_into
    from edgewise.prune.source import network_of

    named = find_one(source, weights or ())
    torch.set_num_threads(threads)
    with progress_bars(quiet=quiet or json) as progress:
        progress("finding and measuring groups", 0, 1)
        network, size_px = network_of(named, classes)
        side = input or size_px
        found = look_into(network, torch.zeros(1, 3, side, side), runs=runs)
        progress("finding and measuring groups", 1, 1)
    if json:
        print_json({"source": named.text, "engine": "PyTorch", "threads": threads, "inspection": found})
        return
    _show(found, named.text)
    if not quiet:
        show_note(f"latency: median of {found.runs} on PyTorch, {threads} thread(s), one image, hooks included")


def _show(found: "Inspection", source: str) -> None:
    channels, height, width = found.input
    longest = max((group.latency_share for group in found.groups), default=0.0)
    can = sum(group.whole is None for group in found.groups)
    print_table(
        f"{source} at {channels} x {height} x {width}: {found.macs / 1e6:,.1f} M MACs, "
        f"{found.parameter_bytes / 2**20:,.2f} MiB of parameters, {milliseconds(found.latency_ms)} ms; "
        f"{can} of {len(found.groups)} groups can be cut",
        ["group", "layers", "channels", "M MACs", "KiB", "latency %", "", "why it stays whole"],
        [_row(group, longest) for group in found.groups],
    )
    out.print(
        f"In no group: {percent(found.share_outside)}% of the latency (activations, pooling, sums, calls).",
        markup=False,
    )


def _row(group: "GroupCost", longest: float) -> list[str]:
    more = len(group.layers) - _NAMED_LAYERS
    named = ", ".join(group.layers[:_NAMED_LAYERS]) + (f" and {more} more" if more > 0 else "")
    each = group.outputs // group.channels
    return [
        group.name,
        named,
        f"{group.channels}" + (f" x {each}" if each > 1 else "") + (f", by {group.step}" if group.step > 1 else ""),
        f"{group.macs / 1e6:.2f}",
        f"{group.parameter_bytes / 1024:.1f}",
        percent(group.latency_share),
        _bar(group.latency_share / longest if longest else 0.0),
        group.whole or "",
    ]


def _bar(part: float) -> str:
    eighths = round(8 * _BAR * part)
    return "█" * (eighths // 8) + _EIGHTHS[eighths % 8].strip()
