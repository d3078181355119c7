"""`edgewise select paper`: the paper's comparison on any profile, as one page, one JSON file and a summary."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from edgewise.cli import options
from edgewise.cli.console import out as console
from edgewise.cli.console import percent, print_json, print_table, progress_bars, show_note
from edgewise.errors import UsageError
from edgewise.profile.outcomes import open_profile
from edgewise.select.criterion import Criterion

if TYPE_CHECKING:
    from edgewise.select.paper.study import Study

HTML, JSON = "paper.html", "paper.json"


def command(
    profile: Annotated[Path, typer.Argument(help="A folder that `edgewise profile` wrote.")],
    out: Annotated[
        Path | None,
        typer.Option(help="A folder, or the HTML file; paper.json lies beside it. Default: the profile's folder."),
    ] = None,
    criterion: Annotated[Criterion, typer.Option(help="What counts as right.")] = "top1",
    folds: Annotated[int, typer.Option(min=2, help="Folds of the cross-validation.")] = 10,
    cnn: Annotated[bool, typer.Option("--cnn/--no-cnn", help="Train the premodel that sees pixels, too.")] = True,
    seed: options.Seed = 0,
    json: options.Json = False,
    quiet: options.Quiet = False,
) -> None:
    """Compare the paper's premodels, features and models on a profile, beside what the papers publish.

    Draws one self-contained HTML page and writes every figure of it as JSON. About two minutes for 1,000 images.
    """
    from edgewise.images.features import CANDIDATES, FEATURES
    from edgewise.report.paper import Notes, paper_json, render_paper, save_paper_json
    from edgewise.report.paper_pixels import pixel_methods
    from edgewise.report.render import write_report
    from edgewise.select.paper.study import StudySettings, no_more, study
    from edgewise.store import see_that_writable

    html, values = _places(profile, out)
    outcomes = open_profile(profile)
    see_that_writable(html.parent)
    settings = StudySettings(FEATURES, criterion, folds, seed)
    with progress_bars(quiet=quiet or json) as progress:
        pixels = pixel_methods(outcomes, criterion, seed, progress) if cnn else None
        found = study(outcomes.trials(CANDIDATES), settings, pixels.methods if pixels else no_more, progress)
    missing = pixels.missing if pixels else "The CNN as a premodel was left out on request."
    notes = Notes((missing,) if missing else ())
    data = paper_json(outcomes, found, notes)
    write_report(html, render_paper(outcomes, found, title="The paper's comparison", notes=notes))
    save_paper_json(values, data)
    if json:
        print_json(data)
        return
    for line in notes.skipped if not quiet else ():
        show_note(line)
    _show(found)
    console.print(f"\n{html.resolve()}\n{values.resolve()}", soft_wrap=True, markup=False)


def _places(profile: Path, out: Path | None) -> tuple[Path, Path]:
    """Where the page and the JSON file go."""
    if out is not None and out.suffix.lower() in (".html", ".htm"):
        return out, out.with_suffix(".json")
    folder = profile if out is None else out
    if folder.is_file():
        raise UsageError(f"{folder} is a file, and no HTML one.", "Give --out a folder, or a name that ends in .html.")
    return folder / HTML, folder / JSON


def _show(found: "Study") -> None:
    """The figures that matter most, in 80 columns."""
    _show_answers(found)
    _show_refusals(found)
    _show_beside(found)


def _show_answers(found: "Study") -> None:
    from edgewise.report.figures import digits_ms
    from edgewise.report.paper_rows import COINS

    table = found.table
    digits = digits_ms([row.mean_ms for row in table.rows])
    print_table(
        f"{table.images:,} images, {table.folds}-fold nested cross-validation, {table.criterion}.\n"
        'On "all fail" the most accurate model runs.\n'
        "The coin mixes single models at random for the same mean time.",
        ["", "right %", "mean ms", "coin %", "the coin"],
        [
            [
                row.name,
                percent(row.accuracy.value),
                f"{row.mean_ms:.{digits}f}",
                percent(row.mixing_accuracy) if row.verdict and row.mixing_accuracy is not None else "",
                COINS[row.verdict],
            ]
            for row in table.rows
        ],
    )


def _show_refusals(found: "Study") -> None:
    print_table(
        '\nRefusing on "all fail"; the paper counts a justified refusal as a success',
        ["", "as the paper %", "right %", "refused %", "choice F1"],
        [
            [
                one.name,
                percent(one.as_the_paper.value),
                percent(one.right.value),
                percent(one.refused),
                f"{one.choices.f1:.3f}",
            ]
            for one in found.namings
        ],
    )


def _show_beside(found: "Study") -> None:
    from edgewise.report.fair_rows import NONE
    from edgewise.report.paper_beside import beside

    print_table(
        "\nBeside the published figures (of other networks, images and machines)",
        ["", "published", "here"],
        [[one.published.what, one.published.text, one.ours] for one in beside(found) if one.ours != NONE],
        left=3,
    )
    console.print("(fig): read off a figure. The page says what each figure here is.", style="dim")
