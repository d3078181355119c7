"""`edgewise report`: a profile and its fair table as one HTML file."""

from pathlib import Path
from typing import Annotated

import typer

from edgewise.cli import options
from edgewise.cli.console import out as console
from edgewise.cli.console import print_json


def command(
    profile: Annotated[Path, typer.Argument(help="A folder that `edgewise profile` wrote, evaluated or not.")],
    out: Annotated[Path | None, typer.Option(help="The HTML file. Default: report.html in the folder.")] = None,
    selector: Annotated[
        Path | None,
        typer.Option(help="A folder that `edgewise select fit` wrote from this profile: say why it is this selector."),
    ] = None,
    title: Annotated[str, typer.Option(help="The report's heading.")] = "Which model answers which image",
    images: Annotated[bool, typer.Option("--images/--no-images", help="Show sample images.")] = True,
    json: options.Json = False,
    quiet: options.Quiet = False,
) -> None:
    """Write one self-contained HTML file: the story in words, the accuracy-time plane, the fair table, samples."""
    from edgewise.report.record import write_profile_report

    path = write_profile_report(
        profile, out or profile / "report.html", title=title, show_images=images, selector=selector
    )
    if json:
        print_json({"report": path.resolve()})
    else:
        console.print(str(path.resolve()), soft_wrap=True, markup=False)
