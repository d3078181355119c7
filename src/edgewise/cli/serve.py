"""`edgewise serve`: answer images over HTTP, and learn the users meanwhile."""

import os
from contextlib import closing
from pathlib import Path
from typing import Annotated

import typer

from edgewise.cli import learning_options, options
from edgewise.cli.console import out as console
from edgewise.cli.console import print_json_line, progress_bars
from edgewise.cli.opened import opened
from edgewise.errors import DataError, MissingExtra, UsageError
from edgewise.text import printable

_TOKEN = "EDGEWISE_TOKEN"


def command(
    state: Annotated[Path, typer.Option(help="The folder that the device remembers its users in.")],
    model: Annotated[
        str | None,
        typer.Option(
            help="The generic classifier: onnx:PATH, timm:NAME, torchvision:NAME or torch:PATH.py:FUNCTION. "
            "Needed once; from then on the state folder holds it."
        ),
    ] = None,
    host: Annotated[
        str, typer.Option(help="The address to listen at. Others than this machine's need a token.")
    ] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=0, max=65535, help="0: any that is free.")] = 8080,
    token_file: Annotated[
        Path | None, typer.Option(help="A file with the token that requests must bring; else $EDGEWISE_TOKEN.")
    ] = None,
    smaller: learning_options.Smaller = None,
    target_speedup: learning_options.TargetSpeedup = None,
    max_drop: learning_options.MaxDrop = 1.0,
    memory_mb: learning_options.MemoryMb = 200,
    keep_images: learning_options.KeepImages = False,
    pruning_memory_mb: learning_options.PruningMemoryMb = None,
    open_share: learning_options.OpenShare = 0.5,
    temperature: learning_options.Temperature = 1.0,
    weights: options.Weights = None,
    runtime: options.Runtime = "fastest",
    threads: options.FastestThreads = None,
    seed: options.Seed = 0,
    json: options.Json = False,
    quiet: options.Quiet = False,
) -> None:
    """Answer images over HTTP, and learn which classes each user meets; nothing leaves the device.

    While a user's classes are not known the generic network answers. Once they are, a process beside the service makes
    smaller networks for them out of what inference left behind. The guard tries these on live traffic, and those that
    --smaller names, and lets them serve where they lose no more than --max-drop. When the user changes, the generic
    network answers again.
    """
    try:
        from edgewise.serve.app import create_app
        from edgewise.serve.guarding import token_problem
        from edgewise.serve.server import Server
    except ImportError as error:
        raise MissingExtra("edgewise serve", "serve") from error
    from edgewise.personal.generic import FOLDER
    from edgewise.personal.learning import Learning
    from edgewise.serve.device import Device
    from edgewise.serve.fastest import Ways
    from edgewise.serve.listening import bind

    token = _token(token_file)
    problem = token_problem(token, host)
    if problem:
        raise UsageError(problem, f"Put 16 random characters or more into a file: --token-file FILE, or ${_TOKEN}.")
    learning = Learning(
        memory_mb=memory_mb,
        keep_images=keep_images,
        pruning_memory_mb=pruning_memory_mb,
        target_speedups=tuple(target_speedup or Learning.target_speedups),
        max_drop_points=max_drop,
        temperature=temperature,
        seed=seed,
    )
    with closing(bind(host, port)) as listening:
        with progress_bars(quiet=quiet or json) as progress:
            parts = opened(state / FOLDER, model, smaller or [], weights or [], open_share, progress)

        def tell(name: str) -> None:
            if not quiet and not json:
                console.print(f"measuring what runs {name} fastest on this device; it is remembered", markup=False)

        def say_where() -> None:
            address = f"http://{'[' + host + ']' if ':' in host else host}:{listening.getsockname()[1]}"
            if json:
                said = {"address": address, "model": parts.name, "classes": len(parts.classes), "pid": os.getpid()}
                print_json_line(said)
            elif not quiet:
                console.print(f"{parts.name} answers at {address}, and learns into {printable(state)}.", markup=False)
                console.print("Ctrl-C ends it; what was learned stays.", markup=False)

        with Device(state, learning, ways=Ways(runtime, threads, tell)) as device:
            Server(create_app(lambda: device, token=token), begun=say_where).run([listening])


def _token(file: Path | None) -> str | None:
    if file is None:
        return os.environ.get(_TOKEN) or None
    try:
        return file.read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise DataError(f"The token file {printable(file)} cannot be read: {error}.") from error
