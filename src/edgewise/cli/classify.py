"""`edgewise classify`: answer images, folders of images, videos and cameras."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Annotated, Any

import typer

from edgewise.cli import budget_options, options
from edgewise.cli.console import milliseconds, out, print_json, print_json_line, print_table, progress_bars, show_error
from edgewise.cli.console import show_note as note
from edgewise.errors import ImageError, UsageError
from edgewise.images.below import images_below
from edgewise.images.decode import SUFFIXES
from edgewise.images.stream import frames, is_stream
from edgewise.select.budget.budget import Budget
from edgewise.serve.engine import Classification, Engine
from edgewise.text import printable

_WIDE_ENOUGH_FOR_WHY = 120  # columns
_WORTH_A_BAR = 32  # images


@dataclass(frozen=True)
class Answered:
    """One image: its answer, or what was wrong with it."""

    image: str
    reply: Classification | None
    error: ImageError | None = None

    def to_json(self) -> dict[str, Any]:
        """The answer's fields; or `error` and `hint`."""
        if self.reply is not None:
            return {"image": self.image, **asdict(self.reply), "total_ms": self.reply.total_ms}
        assert self.error is not None
        return {"image": self.image, "error": self.error.message, "hint": self.error.hint}


def command(
    images: Annotated[
        list[str], typer.Argument(help="Image files, folders of them, video files, or a camera such as camera:0.")
    ],
    selector: Annotated[
        Path | None,
        typer.Option(help="A folder written by `edgewise select fit`. Default: the bundled one, for drawn objects."),
    ] = None,
    models: Annotated[
        Path | None, typer.Option(help="The folder with the model files, where they are not where the selector was.")
    ] = None,
    trust_code: Annotated[
        bool, typer.Option("--trust-code", help="Run the Python code that makes the selector's torch: models.")
    ] = False,
    max_mean_ms: budget_options.MaxMeanMs = None,
    max_p90_ms: budget_options.MaxP90Ms = None,
    min_accuracy: budget_options.MinAccuracy = None,
    max_energy_mj: budget_options.MaxEnergyMj = None,
    every: Annotated[int, typer.Option(min=1, help="Videos and cameras: answer every Nth frame.")] = 1,
    limit: Annotated[int | None, typer.Option(min=1, help="Videos and cameras: stop after so many answers.")] = None,
    runtime: options.Runtime = "fastest",
    threads: options.FastestThreads = None,
    json: options.Json = False,
    json_lines: Annotated[
        bool, typer.Option("--json-lines", help="Print one JSON object a line, each as soon as it is answered.")
    ] = False,
    quiet: options.Quiet = False,
) -> None:
    """Answer each image with the model that the selector chooses for it.

    A budget holds for this request; `edgewise select fit` leaves a choice of several. An image that cannot be used is
    named on stderr and does not stop the others; the exit code is then 3.
    """
    if json and json_lines:
        raise UsageError("Both --json and --json-lines were given.", "Give one of them.")
    budget = Budget(max_mean_ms, max_p90_ms, max_energy_mj, min_accuracy)

    def tell(name: str) -> None:
        if not quiet:
            note(f"measuring what runs {name} fastest on this device; it is remembered")

    engine = Engine(selector, threads=threads, runtime=runtime, tell=tell, models=models, trust_code=trust_code)
    if selector is None and not quiet:
        note("the bundled selector knows ten drawn objects only; name your own with --selector")
    live = json_lines or any(map(is_stream, images))
    answered: list[Answered] = []
    try:
        for one in _answers(engine, budget, images, every, limit, quiet=quiet or live):
            if one.error is not None:
                show_error(one.error)
            if live and not json:
                _show_now(one, as_json=json_lines)
            if not live or json or one.error is not None:
                answered.append(one)
    finally:  # what was answered is shown even when a model fails after it, or the user has seen enough
        if json:
            print_json([one.to_json() for one in answered])
        elif not live:
            show([(one.image, one.reply) for one in answered if one.reply is not None])
    if any(one.error is not None for one in answered):
        raise typer.Exit(ImageError.exit_code)


def _answers(
    engine: Engine, budget: Budget, sources: Sequence[str], every: int, limit: int | None, *, quiet: bool
) -> Iterator[Answered]:
    """Every image of every source, in order."""
    named = [(source, *_files(source)) for source in sources]
    total, done = sum(len(files) for _, files, _ in named), 0
    with progress_bars(quiet=quiet or total < _WORTH_A_BAR) as progress:
        for source, files, unread in named:
            yield from (Answered(printable(error.path), None, error) for error in unread)
            for file in files:
                progress("answering images", done, total)
                yield _answer(printable(file), lambda file=file: engine.classify(file, budget))
                done += 1
            if is_stream(source):
                yield from _stream(engine, budget, source, every, limit)
            elif not files and not unread:
                error = ImageError(source, "holds no images", f"Known by their names: {', '.join(sorted(SUFFIXES))}.")
                yield Answered(printable(source), None, error)
        progress("answering images", total, total)


def _stream(engine: Engine, budget: Budget, source: str, every: int, limit: int | None) -> Iterator[Answered]:
    try:
        for frame in frames(source, every=every, limit=limit):
            yield _answer(frame.name, lambda frame=frame: engine.classify(frame.pixels, budget))
    except ImageError as error:
        yield Answered(printable(source), None, error)


def _answer(name: str, classify: Callable[[], Classification]) -> Answered:
    try:
        return Answered(name, classify())
    except ImageError as error:
        return Answered(name, None, error)


def _files(source: str) -> tuple[list[Path], list[ImageError]]:
    """The file itself, or the images in a folder and what is wrong with folders in it; nothing for a stream."""
    if is_stream(source):
        return [], []
    path = Path(source)
    try:
        if path.is_dir():
            return images_below(path)
    except OSError:  # a name too long, a folder closed to us: reading it says so, and the other images are answered
        pass
    return [path], []


def _show_now(one: Answered, *, as_json: bool) -> None:
    if as_json:
        print_json_line(one.to_json())
    elif one.reply is not None:
        reply = one.reply
        sure = f"{100 * reply.top[0][1]:3.0f} %" if reply.top else ""
        ran = " > ".join(reply.ran)
        out.print(
            f"{one.image}  {reply.label or 'refused'}  {sure}  {milliseconds(reply.total_ms)} ms  {ran}", markup=False
        )


def show(replies: Sequence[tuple[str, Classification]]) -> None:
    """Print answers, one row an image; why they were chosen where the output is wide enough for it."""
    if not replies:
        return
    columns = ["image", "answer", "%", "models run", "decode ms", "choose ms", "infer ms", "why"]
    rows = [
        [
            Path(name).name,
            reply.label or "refused",
            f"{100 * reply.top[0][1]:.0f}" if reply.top else "",
            " > ".join(reply.ran) or "none",
            milliseconds(reply.decode_ms),
            milliseconds(reply.choose_ms),
            milliseconds(reply.infer_ms),
            reply.why,
        ]
        for name, reply in replies
    ]
    kept = len(columns) if out.width >= _WIDE_ENOUGH_FOR_WHY else len(columns) - 1
    print_table("", columns[:kept], [row[:kept] for row in rows], left=2)
