"""How a device learns its users, on the command line: the same options for all commands that begin a service."""

from typing import Annotated

import typer

Smaller = Annotated[
    list[str] | None,
    typer.Option(
        help="A smaller classifier of the same classes, as --model names one, or tflite:PATH. Repeat it for several. "
        "Among the user's classes it answers what it is sure of. Needed once, as --model is."
    ),
]
TargetSpeedup = Annotated[
    list[float] | None,
    typer.Option(
        help="How many times as fast a user's tail is to be as the part that it replaces, measured. Repeat it for "
        "several, the quickest first: each input is answered by the first that is sure.",
        show_default="2, 1.5",
    ),
]
MaxDrop = Annotated[float, typer.Option(min=0, help="Points of accuracy that a user's network may lose at most.")]
MemoryMb = Annotated[float, typer.Option(min=1, help="For what inference leaves behind for pruning, a user, in MB.")]
KeepImages = Annotated[
    bool,
    typer.Option(
        "--keep-images/--no-keep-images",
        help="Keep a user's images too, within --memory-mb, until a network is made: it may then be pruned from its "
        "first layer on, which is quicker than a second half alone.",
    ),
]
PruningMemoryMb = Annotated[
    float | None,
    typer.Option(min=1, help="That the process which makes users' networks may hold, in MB. Kept to on Linux."),
]
OpenShare = Annotated[
    float, typer.Option(help="The share of the MACs, from the output on, that users' networks replace.")
]
Temperature = Annotated[float, typer.Option(min=0.01, help="Of the generic model's probabilities, if it is known.")]
