"""The budget on the command line: the same options for all commands that take one."""

from typing import Annotated

import typer

PANEL = "The budget (of whole answers: decoding, choosing, the models run)"

MaxMeanMs = Annotated[float | None, typer.Option(help="Mean ms per image at most.", rich_help_panel=PANEL)]
MaxP90Ms = Annotated[
    float | None,
    typer.Option(
        help="Nine images of ten in so many ms at most, each model run at its own p90.", rich_help_panel=PANEL
    ),
]
MinAccuracy = Annotated[
    float | None,
    typer.Option(
        help="Right answers at least, a share such as 0.95: the fastest that reaches it is taken.",
        rich_help_panel=PANEL,
    ),
]
MaxEnergyMj = Annotated[
    float | None, typer.Option(help="Mean mJ per image at most, of the models run.", rich_help_panel=PANEL)
]
