"""`edgewise classify`: answer images."""

from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from edgewise.cli import options
from edgewise.cli.console import milliseconds, print_json, print_table, show_error
from edgewise.errors import ImageError
from edgewise.serve.engine import Classification, Engine


def command(
    images: Annotated[list[Path], typer.Argument(help="Image files.")],
    selector: Annotated[
        Path | None, typer.Option(help="A folder written by `edgewise select fit`. Default: the bundled selector.")
    ] = None,
    threads: options.Threads = 1,
    json: options.Json = False,
) -> None:
    """Answer each image with the model that the selector chooses for it."""
    engine = Engine(selector, threads=threads)
    replies: list[tuple[Path, Classification]] = []
    failures: list[ImageError] = []
    for path in images:
        try:
            replies.append((path, engine.classify(path)))
        except ImageError as error:
            failures.append(error)
    if json:
        print_json([{"image": path, **asdict(reply), "total_ms": reply.total_ms} for path, reply in replies])
    elif replies:
        show(replies)
    for error in failures:
        show_error(error)
    if failures:
        raise typer.Exit(ImageError.exit_code)


def show(replies: list[tuple[Path, Classification]]) -> None:
    """Print answers, one row an image."""
    rows = [
        [
            path.name,
            reply.label or "refused",
            f"{100 * reply.top[0][1]:.0f}" if reply.top else "",
            " > ".join(reply.ran) or "none",
            milliseconds(reply.decode_ms),
            milliseconds(reply.choose_ms),
            milliseconds(reply.infer_ms),
            reply.why,
        ]
        for path, reply in replies
    ]
    print_table("", ["image", "answer", "%", "models run", "decode ms", "choose ms", "infer ms", "why"], rows, left=2)
