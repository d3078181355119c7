"""`edgewise prune report`: the page of a user's network, drawn again."""

from pathlib import Path
from typing import Annotated

import typer

from edgewise.cli import options
from edgewise.cli.console import out as console
from edgewise.cli.console import print_json


def command(
    folder: Annotated[Path, typer.Argument(help="A folder that `edgewise prune` wrote.")],
    out: Annotated[Path | None, typer.Option(help="The HTML file to write. Default: report.html in it.")] = None,
    json: options.Json = False,
    quiet: options.Quiet = False,
) -> None:
    """Draw what was cut, what it costs in accuracy and saves in time, and what making it took."""
    from edgewise.report.user_network import write_report

    page = write_report(folder, out)
    if json:
        print_json({"report": page})
    elif not quiet:
        console.print(str(page.resolve()), soft_wrap=True, markup=False)
