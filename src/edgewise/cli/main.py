"""The command `edgewise`."""

import os
import sys
from pathlib import Path
from typing import Annotated

import typer

import edgewise
from edgewise.cli import classify, demo, doctor, profile, report, select, zoo
from edgewise.cli.console import show_error, show_note
from edgewise.cli.settings import read_settings
from edgewise.errors import EdgewiseError

_INTERRUPTED = 130  # what shells report for Ctrl-C

app = typer.Typer(
    name="edgewise",
    help="Vision inference that fits itself to its user and to each input, on the device.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode="rich",
    context_settings={"help_option_names": ["-h", "--help"]},
)
app.command("demo")(demo.command)
app.command("profile")(profile.command)
app.add_typer(select.app, name="select")
app.command("classify")(classify.command)
app.command("report")(report.command)
app.add_typer(zoo.app, name="zoo")
app.command("doctor")(doctor.command)


def _version(show: bool) -> None:
    if show:
        typer.echo(f"edgewise {edgewise.__version__}")
        raise typer.Exit


@app.callback()
def options(
    context: typer.Context,
    settings: Annotated[
        Path | None,
        typer.Option(
            envvar="EDGEWISE_SETTINGS", help="A TOML file with a table per command: \\[profile], \\[select.fit]."
        ),
    ] = None,
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    """Options before the command."""
    if settings is not None:
        context.default_map = read_settings(settings, context.command)


def main() -> None:
    """Run the command; an expected error becomes two lines on stderr and its exit code."""
    try:
        app()
    except EdgewiseError as error:
        show_error(error)
        sys.exit(error.exit_code)
    except KeyboardInterrupt:
        show_note("interrupted")
        sys.exit(_INTERRUPTED)
    except BrokenPipeError:
        # The reader of our output has gone, as in `edgewise ... | head`; Python must not complain at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(0)
