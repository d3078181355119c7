"""The command `edgewise` and its sub-commands, as Typer knows them."""

from pathlib import Path
from typing import Annotated, Any

import typer
from typer.core import TyperGroup

import edgewise
from edgewise.cli import (
    accel,
    benchmark,
    classify,
    demo,
    devices,
    doctor,
    export,
    fleet,
    live,
    profile,
    prune,
    report,
    select,
    serve,
    zoo,
)
from edgewise.cli.main import Ended
from edgewise.cli.settings import read_settings


class _Root(TyperGroup):
    """Lets an interrupt and a closed pipe out to `main`; Typer would end both without a word."""

    def invoke(self, ctx: Any) -> Any:
        try:
            return super().invoke(ctx)
        except (KeyboardInterrupt, BrokenPipeError) as error:
            raise Ended(error) from error


app = typer.Typer(
    name="edgewise",
    cls=_Root,
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
app.add_typer(prune.app, name="prune")
app.command("serve")(serve.command)
app.command("live")(live.command)
app.add_typer(zoo.app, name="zoo")
app.command("export")(export.command)
app.command("benchmark")(benchmark.command)
app.add_typer(devices.app, name="devices")
app.add_typer(accel.app, name="accel")
app.add_typer(fleet.app, name="fleet")
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
