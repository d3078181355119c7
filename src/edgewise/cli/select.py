"""`edgewise select`: judge selectors fairly, fit one, compare the paper's."""

import typer

from edgewise.cli import evaluate, fit, paper

app = typer.Typer(help="Selectors: which model answers which image.", no_args_is_help=True)
app.command("evaluate")(evaluate.command)
app.command("fit")(fit.command)
app.command("paper")(paper.command)
