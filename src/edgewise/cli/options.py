"""Options that several commands share."""

from pathlib import Path
from typing import Annotated

import typer

from edgewise.executors.executor import Name as ExecutorName
from edgewise.select.criterion import Criterion

Json = Annotated[bool, typer.Option("--json", help="Print the result as JSON on stdout.")]
Quiet = Annotated[bool, typer.Option("--quiet", "-q", help="Show neither progress nor notes.")]
Threads = Annotated[int, typer.Option("--threads", min=1, help="Threads of each model's engine.")]
Runtime = Annotated[
    str,
    typer.Option(
        "--runtime",
        help="What ONNX files run on: onnxruntime, openvino, or the fastest that is installed, measured once here.",
    ),
]
FastestThreads = Annotated[
    int | None,
    typer.Option("--threads", min=1, help="Threads of each model's runtime. Default: as many as are fastest here."),
]
Seed = Annotated[int, typer.Option("--seed", min=0, help="Seed of everything random.")]
Executor = Annotated[
    ExecutorName,
    typer.Option("--executor", help="Where it runs: on this machine, or a Ray cluster (the extra ray)."),
]
Address = Annotated[
    str | None,
    typer.Option(
        metavar="HOST:PORT",
        help="The Ray cluster. Default: RAY_ADDRESS, else the one that this machine is a node of.",
    ),
]
Jobs = Annotated[
    int | None,
    typer.Option(min=1, help="How many run at a time. Default: one on this machine, one a core on a cluster."),
]
Profile = Annotated[Path, typer.Argument(help="A folder that `edgewise profile` wrote.")]
Weights = Annotated[
    list[str] | None,
    typer.Option(
        "--weights",
        help="Local weights in the place of a download: FILE.safetensors, or NAME=FILE.safetensors where several "
        "classifiers take some. Repeat for more.",
    ),
]
CriterionOption = Annotated[Criterion, typer.Option(help="What counts as right.")]
Folds = Annotated[int, typer.Option(min=2, help="Folds of the cross-validation.")]


def complete_zoo(incomplete: str) -> list[str]:
    """What a shell offers after `--zoo`: the bundled networks, and how other names begin."""
    from edgewise.plugins import names_of
    from edgewise.zoo.model_files import FILE_KINDS
    from edgewise.zoo.tiny.shipped import NAMES

    kinds = (*FILE_KINDS, "torch", "timm", "torchvision", "hf", *names_of("runtime"))
    beginnings = ("tiny:*", *NAMES, *(f"{kind}:" for kind in kinds))
    return [name for name in beginnings if name.startswith(incomplete)]
