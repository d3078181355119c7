"""`edgewise prune --model ...`: a user's network out of a generic one."""

from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from edgewise.cli import options
from edgewise.cli.console import out as console
from edgewise.cli.console import print_json, print_table, progress_bars, show_note
from edgewise.errors import UsageError
from edgewise.prune.guard import Guard
from edgewise.zoo.sources import find

if TYPE_CHECKING:
    from edgewise.prune.make import UserNetwork
    from edgewise.prune.record import Written
    from edgewise.zoo.classes import ClassSet

_SHOWN_LAYERS = 12


def command(
    ctx: typer.Context,
    model: Annotated[
        str | None, typer.Option(help="A PyTorch classifier: timm:NAME, torchvision:NAME or torch:PATH.py:FUNCTION.")
    ] = None,
    data: Annotated[Path | None, typer.Option(help="A folder of this user's images; no labels are used.")] = None,
    classes: Annotated[
        str, typer.Option(help="The user's classes, separated by commas; auto: those that the images show.")
    ] = "auto",
    out: Annotated[Path | None, typer.Option(help="The folder to write the network to.")] = None,
    target_speedup: Annotated[
        float, typer.Option(help="How many times as fast as the generic network at its own input size, measured.")
    ] = 2,
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
        typer.Option(help="What to cut: reconstruction, taylor, taylor-blind, activation, firing, l1, l2 or random."),
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
    """
    if ctx.invoked_subcommand is not None:
        return
    for name, given in (("--model", model), ("--data", data), ("--out", out)):
        if given is None:
            raise UsageError(f"{name} is missing.", "See `edgewise prune --help`.")
    assert model is not None and data is not None and out is not None  # noqa: PT018
    from edgewise.runtime.torch import import_torch

    torch = import_torch("edgewise prune")
    from edgewise.prune.make import make_user_network
    from edgewise.prune.onnx_clock import OnnxClock
    from edgewise.prune.record import check_out, write_user_network
    from edgewise.prune.settings import Settings
    from edgewise.prune.source import trained
    from edgewise.prune.stream import read_stream
    from edgewise.prune.walk import Stride

    guard = Guard(max_drop, alpha, when_undecided=undecided)
    sources = find([model], weights or ())
    if len(sources) != 1:
        raise UsageError(f"{model!r} means {len(sources)} classifiers.", "Name one; `edgewise zoo list` shows them.")
    check_out(out)
    torch.set_num_threads(threads)
    classifier, network = trained(sources[0], threads=threads)
    card = classifier.card if input is None else replace(classifier.card, preprocess=_at(classifier.card, input))
    named = [name.strip() for name in classes.split(",") if name.strip()]
    own = None if named == ["auto"] else card.classes.indices(named)
    settings = Settings(
        target_speedup=target_speedup,
        criterion=criterion,
        where=where,
        recovery=() if recovery == "none" else tuple(recovery.split(",")),  # type: ignore[arg-type] - checked there
        stride=Stride(max_drop_points=max_drop, memory_mb=memory_mb),
        memory_mb=memory_mb,
        reads=reads,
        streams=streams,
        held_out=held_out,
        temperature=temperature,
        seed=seed,
    )
    clock = cache(lambda: OnnxClock(network, classifier.card.preprocess.size_px, threads=threads))
    with progress_bars(quiet=quiet or json) as progress:
        stream = read_stream(data, card.preprocess, limit=limit, seed=seed, progress=progress)
        if target_ms is not None:
            settings = replace(settings, target_speedup=clock().reference_ms() / target_ms)
        made = make_user_network(
            network,
            stream.images,
            own,
            settings,
            guard,
            measured=lambda changed: clock().share(changed, card.preprocess.size_px),
            source=sources[0].text,
            progress=progress,
        )
        made.evidence.require()
        progress("writing", 0, 1)
        written = write_user_network(out, made, card, classifier, threads=threads)
        progress("writing", 1, 1)
    if json:
        print_json(written.record)
        return
    _show(made, written, card.classes)
    for error in stream.skipped if not quiet else ():
        show_note(str(error))


def _at(card: Any, size_px: int) -> Any:
    """The card's preprocessing at another size, with the same share of the image."""
    prepared = card.preprocess
    return replace(prepared, size_px=size_px, resize_px=round(prepared.resize_px * size_px / prepared.size_px))


def _show(made: "UserNetwork", written: "Written", known: "ClassSet") -> None:
    named = ", ".join(known.short_name(index) for index in made.classes)
    rows = [
        [name, str(cut.channels), str(len(cut.kept)), f"{100 * len(cut.kept) / cut.channels:.0f}"]
        for name, cut in made.plan.cuts.items()
    ]
    print_table("Channels kept", ["group", "of", "kept", "%"], rows)
    seconds = ", ".join(f"{one.step} {one.seconds:.0f} s" for one in made.cost.steps if one.seconds >= 0.5)
    console.print(
        f"\nFor {named}: {made.macs / 1e6:,.0f} of {made.macs_before / 1e6:,.0f} M MACs; on ONNX Runtime "
        f"{written.ms:.1f} ms, the generic network {written.generic_ms:.1f} ms: "
        f"{written.generic_ms / written.ms:.2f}x as fast.\nThe guard: {made.evidence}\n"
        f"Made of {made.images} images in {made.cost.seconds:.0f} s ({seconds}).\n\n{written.model.resolve()}\n"
        f"{written.report.resolve()}",
        soft_wrap=True,
        markup=False,
    )
