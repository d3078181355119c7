"""Options that several commands share."""

from typing import Annotated

import typer

Json = Annotated[bool, typer.Option("--json", help="Print the result as JSON on stdout.")]
Quiet = Annotated[bool, typer.Option("--quiet", "-q", help="Show no progress.")]
Threads = Annotated[int, typer.Option("--threads", min=1, help="Threads of each model's engine.")]
Seed = Annotated[int, typer.Option("--seed", min=0, help="Seed of everything random.")]
