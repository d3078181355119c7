"""`edgewise prune --model ...`: a user's network out of a generic one."""

from pathlib import Path
from typing import Annotated, Literal

import typer

from edgewise.cli import options
from edgewise.cli.console import print_json, progress_bars, show_note
from edgewise.cli.prune_made import show_foretold, show_made
from edgewise.errors import UsageError
from edgewise.prune.criteria import CRITERIA, criteria_here, see_that_offered
from edgewise.prune.request import Request


def _criteria(incomplete: str) -> list[str]:
    """What a shell offers after `--criterion`."""
    return [name for name in criteria_here() if name.startswith(incomplete)]


def command(
    ctx: typer.Context,
    model: Annotated[
        str | None,
        typer.Option(help="The classifier: onnx:PATH, timm:NAME, torchvision:NAME or torch:PATH.py:FUNCTION."),
    ] = None,
    data: Annotated[Path | None, typer.Option(help="A folder of this user's images; no labels are used.")] = None,
    classes: Annotated[
        str, typer.Option(help="The user's classes, separated by commas; auto: those that the images show.")
    ] = "auto",
    out: Annotated[Path | None, typer.Option(help="The folder to write the network to.")] = None,
    target_speedup: Annotated[
        float,
        typer.Option(
            help="How many times as fast as the generic network is at float32 and its own input size, measured on what "
            "serves: at int8, with --precision int8."
        ),
    ] = 2,
    precision: Annotated[
        Literal["fp32", "int8"],
        typer.Option(help="In what serves; int8 is made with images that the guard does not see, and judged by them."),
    ] = "fp32",
    target_ms: Annotated[float | None, typer.Option(help="The time of one image instead, in ms.")] = None,
    max_drop: Annotated[float, typer.Option(help="Points of accuracy that may be lost at most.")] = 1.0,
    alpha: Annotated[float, typer.Option(help="How likely the guard may let a worse network in.")] = 0.05,
    undecided: Annotated[
        Literal["refuse", "estimate"], typer.Option(help="What holds while too few images have been seen to be sure.")
    ] = "refuse",
    held_out: Annotated[float, typer.Option(help="The share of the images that is the guard's alone.")] = 0.5,
    temperature: Annotated[float, typer.Option(help="Of the generic model's probabilities, if it is known.")] = 1.0,
    criterion: Annotated[
        str,
        typer.Option(
            metavar="NAME",
            help=f"What to cut: by {', '.join(CRITERIA)}, or what another package adds.",
            autocompletion=_criteria,
        ),
    ] = "reconstruction",
    where: Annotated[
        Literal["latency", "global", "uniform", "bottom-up", "top-down"],
        typer.Option(help="Where to cut: by time, by cost alone, alike everywhere, or walking block by block."),
    ] = "latency",
    recovery: Annotated[
        str, typer.Option(help="How to recover, separated by commas: renormalise, solve, distil; none: not at all.")
    ] = "solve",
    memory_mb: Annotated[float, typer.Option(help="For activations that a walk or distillation keeps, in MB.")] = 600,
    reads: Annotated[
        float,
        typer.Option(help="The share of its inputs that a layer keeps which shares them with others; 1: all."),
    ] = 1.0,
    streams: Annotated[bool, typer.Option("--streams", help="Cut channels that several layers write, too.")] = False,
    input: Annotated[int | None, typer.Option(min=8, metavar="PX", help="A smaller input, in px.")] = None,
    base: Annotated[
        Literal["model", "auto"],
        typer.Option(help="What to make it of: --model itself, or the best of it and --zoo at several input sizes."),
    ] = "model",
    zoo: Annotated[
        list[str] | None,
        typer.Option(help="With --base auto: a classifier beside --model. Repeat for more."),
    ] = None,
    device: Annotated[
        str | None,
        typer.Option(help="A device of the table that it is made for: its times are foretold, not measured here."),
    ] = None,
    table: Annotated[
        Path | None, typer.Option(help="The folder of that table; see `edgewise devices list --help`.")
    ] = None,
    limit: Annotated[int | None, typer.Option(min=4, help="So many images at most, drawn by the seed.")] = None,
    weights: options.Weights = None,
    threads: options.Threads = 1,
    seed: options.Seed = 0,
    json: options.Json = False,
    quiet: options.Quiet = False,
) -> None:
    """Make a smaller network for one user's classes, of a few hundred of the user's images without labels.

    Channels go that the network misses least on these images; all layers are then solved anew, without a gradient. The
    guard bounds what it costs in accuracy on images that were kept apart; where it refuses, nothing is written and the
    exit code is 5. Out come a plan, weights, and an ONNX file that every edgewise command takes.

    With --precision int8 that file is quantised, the guard judges its own answers, and the float32 network lies beside
    it. Speed means its speed, so nothing is cut where int8 alone is as fast as asked.
    """
    if ctx.invoked_subcommand is not None:
        return
    for name, given in (("--model", model), ("--data", data), ("--out", out)):
        if given is None:
            raise UsageError(f"{name} is missing.", "See `edgewise prune --help`.")
    see_that_offered(criterion)
    assert model is not None and data is not None and out is not None  # noqa: PT018
    from edgewise.runtime.torch import import_torch

    import_torch("edgewise prune")
    from edgewise.prune.fulfil import fulfil

    named = tuple(name.strip() for name in classes.split(",") if name.strip())
    request = Request(
        model=model,
        images=str(data),
        classes=None if named == ("auto",) else named,
        weights=tuple(weights or ()),
        target_speedup=target_speedup,
        target_ms=target_ms,
        precision=precision,
        max_drop=max_drop,
        alpha=alpha,
        undecided=undecided,
        held_out=held_out,
        temperature=temperature,
        criterion=criterion,
        where=where,
        recovery=() if recovery == "none" else tuple(recovery.split(",")),
        memory_mb=memory_mb,
        reads=reads,
        streams=streams,
        input=input,
        base=base,
        zoo=tuple(zoo or ()),
        device=device,
        table=None if table is None else str(table),
        limit=limit,
        threads=threads,
        seed=seed,
    )
    with progress_bars(quiet=quiet or json) as progress:
        found = fulfil(request, out, progress)
    if json:
        print_json(found.written.record)
        return
    show_made(found.made, found.written, found.known)
    if found.foretold:
        show_foretold(found.foretold)
    for error in found.skipped if not quiet else ():
        show_note(error)
