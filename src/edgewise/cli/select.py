"""`edgewise select`: what selection can win, selectors judged fairly and fitted, and the paper's comparison."""

import typer

from edgewise.cli import ceiling, evaluate, fit, paper, robustness

app = typer.Typer(help="Selectors: which model answers which image.", no_args_is_help=True)
app.command("ceiling")(ceiling.command)
app.command("evaluate")(evaluate.command)
app.command("fit")(fit.command)
app.command("paper")(paper.command)
app.command("robustness")(robustness.command)
