"""`edgewise zoo`: the classifiers themselves."""

from pathlib import Path
from typing import Annotated

import typer

from edgewise.cli import options
from edgewise.cli.console import percent, print_json, print_table, progress_bars
from edgewise.zoo.sources import find

app = typer.Typer(help="The classifiers: list them, train the bundled ones.", no_args_is_help=True)


@app.command("list")
def list_models(
    names: Annotated[list[str] | None, typer.Argument(help="Classifiers, as for --zoo. Default: tiny:*.")] = None,
    json: options.Json = False,
) -> None:
    """List classifiers with what their cards say, without loading them."""
    cards = [{"name": s.name, "source": s.text, **dict(s.card.given)} for s in find(names or ["tiny:*"])]
    if json:
        print_json(cards)
        return
    rows = [
        [
            str(card["name"]),
            str(card["source"]),
            *(_figure(card.get(key)) for key in ("size_px", "macs", "params")),
            str(card.get("licence", "")),
        ]
        for card in cards
    ]
    print_table("", ["name", "source", "input px", "MACs", "params", "licence"], rows, left=2)


def _figure(value: object) -> str:
    return f"{value:,}" if isinstance(value, int) else ""


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
