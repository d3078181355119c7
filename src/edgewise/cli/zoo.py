"""`edgewise zoo`: the classifiers themselves."""

from collections.abc import Sequence
from fnmatch import fnmatch
from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table
from rich.text import Text

from edgewise.cli import options
from edgewise.cli.console import out, percent, print_json, print_table, progress_bars, show_note
from edgewise.errors import UsageError
from edgewise.zoo.description import Description, Input, describe_classifier
from edgewise.zoo.listing import Listed, list_source
from edgewise.zoo.loaders import load
from edgewise.zoo.sources import KINDS, Source, find, find_one, is_kind

app = typer.Typer(help="The classifiers: list and describe them; train the bundled ones.", no_args_is_help=True)

_FAMILIES = (
    "these are bundled; name others: onnx:PATH, tflite:PATH, 'timm:*mobilenet*', 'torchvision:resnet*', "
    "hf:OWNER/NAME, torch:PATH.py:FACTORY, ensemble:A+B"
)
_UNITS = ((1e9, "G"), (1e6, "M"), (1e3, "k"))


@app.command("list")
def list_models(
    names: Annotated[list[str] | None, typer.Argument(help="Classifiers, as for --zoo. Default: tiny:*.")] = None,
    match: Annotated[str | None, typer.Option(help="Only names that match this pattern: *small*.")] = None,
    kind: Annotated[str | None, typer.Option(help=f"Only one kind: {', '.join(KINDS)}.")] = None,
    max_macs: Annotated[float | None, typer.Option(min=0, help="Only at most so many MACs: 300e6.")] = None,
    max_params: Annotated[float | None, typer.Option(min=0, help="Only at most so many parameters: 5e6.")] = None,
    json: options.Json = False,
    quiet: options.Quiet = False,
) -> None:
    """List classifiers with what is known of them without loading them.

    A limit on MACs or parameters builds each of timm's networks to count them, which takes a second or two each.
    """
    if kind is not None and not is_kind(kind):
        raise UsageError(f"--kind {kind} is no kind.", f"Allowed: {', '.join(KINDS)}.")
    chosen = [
        source
        for source in find(names or ["tiny:*"])
        if (match is None or fnmatch(source.name, match)) and kind in (None, source.kind)
    ]
    limits = {key: limit for key, limit in (("macs", max_macs), ("params", max_params)) if limit is not None}
    listed = _look_at(chosen, measure=bool(limits), quiet=quiet or json)
    kept = [row for row in listed if all((getattr(row, key) or float("inf")) <= limits[key] for key in limits)]
    if json:
        print_json(kept)
        return
    _show_list(kept)
    if quiet:
        return
    if not kept:
        show_note("no classifier is left by these filters")
    unknown = sum(any(getattr(row, key) is None for key in limits) for row in listed)
    if unknown:
        show_note(f"{unknown} left out: nothing says how large they are")
    if not names:
        show_note(_FAMILIES)


def _look_at(chosen: Sequence[Source], *, measure: bool, quiet: bool) -> list[Listed]:
    listed: list[Listed] = []
    with progress_bars(quiet=quiet or not measure) as progress:
        for i, source in enumerate(chosen):
            progress("measuring", i, len(chosen))
            listed.append(list_source(source, measure=measure))
        progress("measuring", len(chosen), len(chosen))
    return listed


def _show_list(listed: Sequence[Listed]) -> None:
    """A table of what is known; a column that nothing is known of is left out."""
    columns = {
        "source": [row.source for row in listed],
        "name": ["" if row.source.endswith(row.name) else row.name for row in listed],
        "px": [_figure(row.size_px) for row in listed],
        "classes": [_figure(row.classes) for row in listed],
        "MACs": [_figure(row.macs) for row in listed],
        "params": [_figure(row.params) for row in listed],
        "bytes": [_figure(row.bytes) for row in listed],
        "licence": [row.licence for row in listed],
    }
    known = {title: cells for title, cells in columns.items() if any(cells)}
    if known:
        print_table("", list(known), list(zip(*known.values(), strict=True)), left=2 if "name" in known else 1)


@app.command("describe")
def describe(
    name: Annotated[str, typer.Argument(help="One classifier, as for --zoo.")],
    weights: options.Weights = None,
    threads: options.Threads = 1,
    json: options.Json = False,
    quiet: options.Quiet = False,
) -> None:
    """Load one classifier and show all that it is: engine, input, classes, cost, licence."""
    source = find_one(name, weights or ())
    known = list_source(source)
    with progress_bars(quiet=quiet or json) as progress:
        progress("loading", 0, 1)
        found = describe_classifier(load(source, threads=threads), known.bytes)
        progress("loading", 1, 1)
    if json:
        print_json(found)
        return
    table = Table.grid(padding=(0, 2))
    for label, value in _rows(found):
        table.add_row(label, Text(value, overflow="fold"))
    out.print(table)


def _rows(found: Description) -> list[tuple[str, str]]:
    """Labels and values for people; what is not known is left out."""
    first = ", ".join(found.first_classes)
    rows = [
        ("name", found.name),
        ("source", found.source),
        ("engine", found.engine),
        ("members", ", ".join(found.members)),
        *(_input_rows(found.input) if found.input else [("input", "each member's own")]),
        ("classes", f"{found.classes:,}: {first}{', ...' if found.classes > len(found.first_classes) else ''}"),
        ("output", found.output + (f", after the first {found.skip_outputs}" if found.skip_outputs else "")),
        ("MACs", _figure(found.macs)),
        ("params", _figure(found.params)),
        ("bytes", _figure(found.bytes)),
        ("licence", found.licence),
        ("paper", found.paper),
        ("fingerprint", found.fingerprint[:16]),
    ]
    return [(label, value) for label, value in rows if value]


def _input_rows(shown: Input) -> list[tuple[str, str]]:
    prepared = shown.preprocess
    resized = "the whole image squashed" if prepared.resize == "squash" else f"short side to {prepared.resize_px}"
    cropped = "" if prepared.resize == "squash" else ", centre crop"
    return [
        ("input", f"{shown.number} {shown.layout.upper()}, {prepared.size_px} x {prepared.size_px}"),
        ("resize", f"{resized}{cropped}, {prepared.interpolation}"),
        ("mean", ", ".join(f"{value:.4g}" for value in prepared.mean)),
        ("std", ", ".join(f"{value:.4g}" for value in prepared.std)),
    ]


def _figure(value: int | None) -> str:
    """A count with three or four digits and a unit."""
    if value is None:
        return ""
    for size, unit in _UNITS:
        if value >= 10 * size or (value >= size and size > 1e3):
            return f"{value / size:.3g} {unit}"
    return f"{value:,}"


@app.command("train-tiny")
def train_tiny(
    out: Annotated[Path, typer.Option(help="The folder for weights, ONNX files and cards.")],
    per_class: Annotated[int, typer.Option(min=1, help="Drawn training images per class.")] = 1800,
    epochs: Annotated[int, typer.Option(min=1, help="Passes over them.")] = 14,
    seed: options.Seed = 0,
    threads: options.Threads = 2,
    json: options.Json = False,
    quiet: options.Quiet = False,
) -> None:
    """Train the four bundled networks again on the drawn data set; needs the extra "torch".

    With the defaults it gives the networks that are shipped, to the bit on one kind of machine. About ten minutes.
    """
    from edgewise.runtime.torch import import_torch

    import_torch("edgewise zoo train-tiny")
    from edgewise.zoo.tiny.train import train_tiny

    with progress_bars(quiet=quiet or json) as progress:
        results = train_tiny(out, per_class=per_class, epochs=epochs, seed=seed, threads=threads, progress=progress)
    if json:
        print_json(results)
        return
    rows = [
        [r.card.name, percent(r.holdout_accuracy), f"{r.card.macs:,}", f"{r.card.params:,}", f"{r.training_s:.0f}"]
        for r in results
    ]
    print_table(f"Trained into {out}", ["network", "held-out top-1 %", "MACs", "params", "s"], rows)
