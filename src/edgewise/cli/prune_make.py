"""`edgewise prune --model ...`: a user's network out of a generic one."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from edgewise.cli import options
from edgewise.cli.console import out as console
from edgewise.cli.console import print_json, print_table, progress_bars, show_note
from edgewise.errors import UsageError
from edgewise.prune.criteria import CRITERIA, criteria_here, see_that_offered
from edgewise.prune.request import Request

if TYPE_CHECKING:
    from edgewise.prune.choose import Choice
    from edgewise.prune.record import Written
    from edgewise.prune.user_maker import Made
    from edgewise.prune.user_record import Foretold
    from edgewise.zoo.classes import ClassSet

_SHOWN_LAYERS = 12


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
    made, written = found.made, found.written
    if json:
        print_json(written.record)
        return
    if made.choice:
        _show_choice(made.choice)
    _show(made, written, found.known)
    if found.foretold:
        _show_foretold(found.foretold)
    for error in found.skipped if not quiet else ():
        show_note(error)


def _show_choice(choice: "Choice") -> None:
    rows = [
        [one.base.name, f"{100 * one.share:.0f}", f"{one.drop_points:.2f}"]
        for one in sorted(choice.looked, key=lambda one: -one.share)
    ]
    print_table("Looked at, restricted to the user's classes", ["network", "% of the time", "expected drop"], rows)
    rows = [
        [
            one.name,
            f"{one.ms:.1f}",
            f"{one.expected_drop_points:.2f} ({one.low_points:.2f} to {one.high_points:.2f})",
            "chosen" if one.chosen else "let in" if one.accepted else "not let in",
        ]
        for one in choice.tried
    ]
    print_table("Tried", ["network", "ms", "expected drop, points", "the guard"], rows)
    for reason in choice.failed:
        show_note(reason)


def _show_foretold(found: "Foretold") -> None:
    console.print(
        f"\nFor {found.device} it was made by what was foretold: {found.ms:.1f} ms ({found.low_ms:.1f} to "
        f"{found.high_ms:.1f}), the generic network {found.generic_ms:.1f} ms: {found.speedup:.2f}x as fast. "
        f"Of {found.networks} networks measured there, left out one by one, half are off by more than "
        f"{100 * found.median_error:.0f}%, the worst by {100 * found.worst_error:.0f}%.",
        soft_wrap=True,
        markup=False,
    )


def _show(found: "Made", written: "Written", known: "ClassSet") -> None:
    made, record = found.network, written.record
    named = ", ".join(known.short_name(index) for index in made.classes)
    rows = [
        [name, str(cut.channels), str(len(cut.kept)), f"{100 * len(cut.kept) / cut.channels:.0f}"]
        for name, cut in made.plan.cuts.items()
    ]
    if rows:
        print_table("Channels kept", ["group", "of", "kept", "%"], rows)
    steps = (*made.cost.steps, *(found.int8.cost if found.int8 else ()))
    seconds = ", ".join(f"{one.step} {one.seconds:.0f} s" for one in steps if one.seconds >= 0.5)
    console.print(
        f"\nFor {named}: {made.macs / 1e6:,.0f} of {made.macs_before / 1e6:,.0f} M MACs; on ONNX Runtime "
        f"{written.ms:.1f} ms, the generic network {written.generic_ms:.1f} ms: "
        f"{written.generic_ms / written.ms:.2f}x as fast.\n{_precision(record)}The guard: {found.evidence}\n"
        f"Made of {made.images} images in {sum(one.seconds for one in steps):.0f} s ({seconds}).\n\n"
        f"{written.model.resolve()}\n{written.report.resolve()}",
        soft_wrap=True,
        markup=False,
    )


def _precision(record: dict[str, Any]) -> str:
    """What int8 changes, where it is int8 that serves."""
    twin = record.get("fp32")
    if twin is None:
        return ""
    drop, float_drop = (one["evidence"]["found"]["drop_points"] for one in (record, twin))
    return (
        f"At int8: {record['file_bytes'] / 1e6:.1f} MB, an expected drop of {drop:.2f} points; at float32 "
        f"{twin['ms']:.1f} ms, {twin['file_bytes'] / 1e6:.1f} MB and {float_drop:.2f} points. The generic network at "
        f"int8: {record['generic_int8_ms']:.1f} ms, {record['generic_int8_ms'] / record['ms']:.2f} times as long.\n"
    )
