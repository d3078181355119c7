"""`edgewise live`: a stream of images through the real service, and a report of what the device made of it."""

from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Annotated

import typer

from edgewise.cli import learning_options, options
from edgewise.cli.console import out as console
from edgewise.cli.console import print_json, print_table, show_note
from edgewise.cli.live_display import live_display
from edgewise.errors import MissingExtra, UsageError
from edgewise.zoo.sources import find

if TYPE_CHECKING:
    from edgewise.live.story import Story

DRAWN_MODEL = "tiny:l"
DRAWN_SPEEDUPS = (1.5,)  # that such a small network can be cut to


def command(
    model: Annotated[
        str | None,
        typer.Option(
            help="The generic classifier: onnx:PATH, timm:NAME, torchvision:NAME, torch:PATH.py:FUNCTION or "
            "tiny:NAME. Default: that of --state; else, with drawn images, tiny:l."
        ),
    ] = None,
    data: Annotated[
        Path | None,
        typer.Option(help="Class folders, a CSV of file,label, or Parquet; labels only judge. Default: drawn images."),
    ] = None,
    classes: Annotated[
        str | None, typer.Option(help="The user's classes, separated by commas. Default: three that are drawn.")
    ] = None,
    then: Annotated[
        str | None, typer.Option(help="Those after a change; then the first come back. Default: no change.")
    ] = None,
    inputs: Annotated[
        int, typer.Option(min=50, help="Images in each part of the stream, beside those of --making-rate.")
    ] = 1500,
    making_rate: Annotated[
        float,
        typer.Option(min=0.1, help="Images a second at most while a network is made, however long that takes."),
    ] = 5.0,
    state: Annotated[
        Path | None, typer.Option(help="The folder that the device remembers the user in. Default: one that goes.")
    ] = None,
    out: Annotated[Path, typer.Option(help="The report; all its figures lie beside it as JSON.")] = Path("live.html"),
    smaller: learning_options.Smaller = None,
    target_speedup: learning_options.TargetSpeedup = None,
    max_drop: learning_options.MaxDrop = 1.0,
    memory_mb: learning_options.MemoryMb = 200,
    keep_images: learning_options.KeepImages = False,
    pruning_memory_mb: learning_options.PruningMemoryMb = None,
    open_share: learning_options.OpenShare = 0.5,
    temperature: learning_options.Temperature = 1.0,
    weights: options.Weights = None,
    threads: options.Threads = 1,
    seed: options.Seed = 0,
    json: options.Json = False,
    quiet: options.Quiet = False,
) -> None:
    """Play a user through `edgewise serve`, and report what was learned when, what it cost, and what a change did.

    The service runs as a process of its own and answers over HTTP; it never sees a label. Without --data the images
    are drawn: a user with three classes, then one with three others, then the first again.
    """
    from edgewise.live.run import Settings, run
    from edgewise.live.service import missing_extras
    from edgewise.live.stream import DRAWN_THEN, DRAWN_USER, draw_items, make_stream, read_items
    from edgewise.report.live import write_live
    from edgewise.store import see_that_writable

    if missing := missing_extras():
        raise MissingExtra("edgewise live", ",".join(missing))
    if out.suffix.lower() not in (".html", ".htm"):
        raise UsageError(f"{out} is no HTML file.", "Give --out a name that ends in .html.")
    see_that_writable(out.absolute().parent)
    user, others = _named(classes), _named(then)
    if data is None and not user:
        user, others = DRAWN_USER, others or DRAWN_THEN
    if not user:
        raise UsageError("--classes is missing.", "Name the user's classes, separated by commas.")
    named = _model(model, state, data)
    serve = {
        "--smaller": tuple(smaller or ()),
        "--target-speedup": tuple(target_speedup or (DRAWN_SPEEDUPS if data is None else ())),
        "--max-drop": (max_drop,),
        "--memory-mb": (memory_mb,),
        "--keep-images": (True,) if keep_images else (),
        "--pruning-memory-mb": () if pruning_memory_mb is None else (pruning_memory_mb,),
        "--open-share": (open_share,),
        "--temperature": (temperature,),
        "--weights": tuple(weights or ()),
        "--runtime": ("onnxruntime",),  # what the story compares it with runs there
    }
    settings = Settings(str(data or "drawn images"), named, serve, making_rate, threads, seed)
    with TemporaryDirectory(prefix="edgewise-live-") as temporary, live_display(quiet=quiet or json) as display:
        drawn = Path(temporary) / "drawn"
        items = read_items(data) if data else draw_items(drawn, user, others, inputs, display.progress)
        stream = make_stream(items, user, others, inputs)
        story = run(stream, state or Path(temporary) / "state", settings, display, display.progress)
    values = write_live(out, story)
    if json:
        print_json(story)
        return
    show(story)
    for name, reason in story.skipped if not quiet else ():
        show_note(f"{name}: {reason}")
    console.print(f"\n{out.resolve()}\n{values.resolve()}", soft_wrap=True, markup=False)


def _named(text: str | None) -> tuple[str, ...]:
    return tuple(name.strip() for name in (text or "").split(",") if name.strip())


def _model(model: str | None, state: Path | None, data: Path | None) -> str | None:
    """What `edgewise serve` is to open; None: what the state folder holds."""
    from edgewise.personal.generic import FOLDER, RECORD

    if model is not None:
        if len(find([model])) != 1:
            raise UsageError(f"{model!r} means several classifiers.", "Name one; `edgewise zoo list` shows them.")
        return model
    if state is not None and (state / FOLDER / RECORD).is_file():
        return None
    if data is not None:
        raise UsageError("--model is missing.", "Name a classifier whose classes the images show.")
    return DRAWN_MODEL


def show(story: "Story") -> None:
    """The stretches of the stream, and the story in words."""
    from edgewise.report.live_rows import stretch_rows
    from edgewise.report.live_words import told

    print_table(
        f"{sum(part.inputs for part in story.parts):,} inputs through the service in {story.seconds:.0f} s. Right: "
        "against the labels, which only judge.\nAs generic: as the generic network answers, right or not.",
        ["", "inputs", "right %", "generic right %", "as generic %", "median ms", "p90", "own %", "turned away %"],
        [
            [
                row.name,
                row.inputs,
                f"{row.accuracy} ({row.accuracy_range})",
                row.generic_accuracy,
                row.agreement,
                row.median_ms,
                row.p90_ms,
                row.own,
                row.turned_away,
            ]
            for row in stretch_rows(story)
        ],
    )
    console.print()
    for line in told(story):
        console.print(line, soft_wrap=True, markup=False)
