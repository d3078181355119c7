"""`edgewise select robustness`: a deployed selector on images that get worse."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, cast

import typer

from edgewise.cli import options
from edgewise.cli.console import milliseconds, percent, print_json, print_table, progress_bars
from edgewise.cli.console import out as console
from edgewise.cli.console import show_note as note
from edgewise.errors import UsageError
from edgewise.images.corrupt import KINDS, PARAMETERS, Kind

if TYPE_CHECKING:
    from edgewise.robustness.results import CellResult, Robustness

HTML, JSON = "robustness.html", "robustness.json"
RESULT_KIND, RESULT_SCHEMA = "robustness", 1


def command(
    selector: Annotated[Path, typer.Argument(help="A folder that `edgewise select fit` wrote.")],
    data: Annotated[Path, typer.Option(help="Class folders, a CSV of file,label, or Parquet.")],
    kinds: Annotated[str, typer.Option(help="Corruptions, separated by commas.")] = ",".join(KINDS),
    severities: Annotated[str, typer.Option(help="From 1 to 5, as in 1-5, 3 or 1,3,5.")] = "1-5",
    limit: Annotated[int | None, typer.Option(min=1, help="So many images, drawn by the seed. Default: all.")] = None,
    out: Annotated[
        Path | None, typer.Option(help="A folder for the answers, a page and a JSON file; goes on where it stopped.")
    ] = None,
    models: Annotated[
        Path | None, typer.Option(help="The folder with the model files, where they are not where the selector was.")
    ] = None,
    trust_code: Annotated[
        bool, typer.Option("--trust-code", help="Run the Python code that makes the selector's torch: models.")
    ] = False,
    threads: options.Threads = 1,
    seed: options.Seed = 0,
    json: options.Json = False,
    quiet: options.Quiet = False,
) -> None:
    """Answer clean images, and the same with blur, noise, JPEG, more brightness and less contrast.

    Beside the selector runs its most capable model by itself. With --out, a run that was cut off goes on when it is
    started again, and a later one may ask for more kinds and severities.
    """
    from edgewise.images.dataset import read_dataset
    from edgewise.robustness.measure import measure
    from edgewise.robustness.results import results
    from edgewise.robustness.subject import Subject

    chosen_kinds, chosen_severities = _kinds(kinds), _severities(severities)
    subject = Subject(selector, threads=threads, models=models, trust_code=trust_code)
    dataset = read_dataset(data)
    with progress_bars(quiet=quiet or json) as progress:
        measured = measure(
            subject,
            dataset,
            kinds=chosen_kinds,
            severities=chosen_severities,
            limit=limit,
            seed=seed,
            out=out,
            progress=progress,
        )
    fitted = subject.deployment.selector
    found = results(measured, fitted.kind, fitted.models, subject.single_name, seed)
    if out is not None:
        _write(out, found, f"{selector.absolute().name} on worse images")
    if json:
        print_json(found)
        return
    _show(found)
    if not quiet:
        for image, reason in found.skipped:
            note(f"{image}: {reason}")
    if out is not None:
        console.print(f"\n{(out / HTML).resolve()}\n{(out / JSON).resolve()}", soft_wrap=True, markup=False)


def _kinds(text: str) -> tuple[Kind, ...]:
    named = [name.strip() for name in text.split(",")]
    unknown = [name for name in named if name not in KINDS]
    if unknown:
        raise UsageError(f"There is no corruption {unknown[0]!r}.", f"There are: {', '.join(KINDS)}.")
    return cast("tuple[Kind, ...]", tuple(named))


def _severities(text: str) -> tuple[int, ...]:
    """What `1-5`, `3` or `1,3,5` mean."""
    try:
        parts = [part.split("-") for part in text.split(",")]
        found = sorted({level for part in parts for level in range(int(part[0]), int(part[-1]) + 1) if len(part) < 3})
    except ValueError:
        found = []
    if not found or found[0] < 1 or found[-1] > 5:
        raise UsageError(f"The severities are {text!r}.", "Write some of 1 to 5, as in 1-5, 3 or 1,3,5.")
    return tuple(found)


def _write(out: Path, found: "Robustness", title: str) -> None:
    from dataclasses import asdict

    from edgewise.report.render import write_report
    from edgewise.report.robustness import render_robustness
    from edgewise.store import write_json

    write_report(out / HTML, render_robustness(found, title=title))
    write_json(out / JSON, RESULT_KIND, RESULT_SCHEMA, asdict(found))


def _show(found: "Robustness") -> None:
    alone = found.models == (found.single,)
    beside = [] if alone else [f"{found.single} %", "its ms", "over it, points"]
    print_table(
        f"{found.images:,} images, clean and worse by severity (95% intervals). Mean ms holds decoding, choosing and\n"
        "the models run. Escalated: more than one model ran. Same: the answer that the clean image got.",
        ["", "right %", "mean ms", "escalated %", "refused %", "same %", *beside],
        [_row(cell, alone=alone) for cell in found.cells],
    )
    tested = {cell.kind for cell in found.cells}
    print_table(
        "\nThe severities (Hendrycks and Dietterich 2019)",
        ["", *map(str, range(1, 6)), "is"],
        [
            [kind, *(f"{value:g}" for value in parameter.values), parameter.meaning]
            for kind, parameter in PARAMETERS.items()
            if kind in tested
        ],
    )


def _row(cell: "CellResult", *, alone: bool) -> list[str]:
    over = cell.over_single
    return [
        f"{cell.kind} {cell.severity}" if cell.kind else "clean",
        f"{percent(cell.accuracy.value)} ({percent(cell.accuracy.low)}-{percent(cell.accuracy.high)})",
        milliseconds(cell.mean_ms),
        percent(cell.escalated),
        percent(cell.refused) if cell.refused else "",
        percent(cell.same_as_clean),
        *(
            []
            if alone
            else [
                percent(cell.single_accuracy.value),
                milliseconds(cell.single_ms),
                f"{100 * over.value:+.1f} ({100 * over.low:+.1f}..{100 * over.high:+.1f})",
            ]
        ),
    ]
