"""`edgewise export`: a classifier as a file of the user's runtime."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from edgewise.cli import options
from edgewise.cli.console import percent, print_json, print_table, progress_bars, show_error, show_note
from edgewise.errors import EdgewiseError
from edgewise.zoo.sources import find

if TYPE_CHECKING:
    from edgewise.export.write import Written

Data = Annotated[
    str | None,
    typer.Option(
        "--data",
        help="The user's images, as for `edgewise profile`; labels mean nothing. int8 is calibrated on four fifths of "
        "them, every precision judged on the others.",
    ),
]
Limit = Annotated[int, typer.Option("--limit", min=10, help="So many of these images, drawn by the seed.")]


def command(
    names: Annotated[list[str], typer.Argument(help="Classifiers, as for --zoo: ONNX or PyTorch.")],
    out: Annotated[Path, typer.Option(help="The folder for the files and their cards.")],
    to: Annotated[
        list[str] | None,
        typer.Option(help="onnxruntime, openvino, litert, executorch or ncnn. Repeat for more. Default: onnxruntime."),
    ] = None,
    precision: Annotated[
        list[str] | None, typer.Option(help="fp32, fp16, bf16 or int8. Repeat for more. Default: fp32.")
    ] = None,
    data: Data = None,
    limit: Limit = 250,
    min_agreement: Annotated[
        float, typer.Option(min=0, max=1, help="The least share of the user's images to answer as the original does.")
    ] = 0.8,
    weights: options.Weights = None,
    seed: options.Seed = 0,
    json: options.Json = False,
    quiet: options.Quiet = False,
) -> None:
    """Write classifiers for a runtime at a precision, and check that they answer as the originals do.

    Each file gets a card, and is a classifier for --zoo like any other. What a runtime cannot take is refused with the
    name of the operator; the others are written, and the exit code is that of the first that failed.
    """
    from edgewise.export.images import user_images
    from edgewise.export.write import see_that_names_differ, targets, write
    from edgewise.zoo.loaders import load

    sources = find(names, weights or ())
    see_that_names_differ(source.name for source in sources)
    wanted = targets(to or ["onnxruntime"], precision or ["fp32"])
    written: list[Written] = []
    failed: list[EdgewiseError] = []
    with progress_bars(quiet=quiet or json) as progress:
        for i, source in enumerate(sources):
            progress("exporting", i * len(wanted), len(sources) * len(wanted))
            classifier = load(source)
            images = user_images(data, classifier.card.preprocess, limit, seed) if data else None
            for j, target in enumerate(wanted, start=1):
                try:
                    written.append(write(classifier, target, out, images, least_agreement=min_agreement))
                except EdgewiseError as error:
                    failed.append(error)
                progress("exporting", i * len(wanted) + j, len(sources) * len(wanted))
    if json:
        print_json({"written": written, "failed": [str(error) for error in failed]})
    elif written:
        _show(written)
    for one in written if not quiet else ():
        if one.slow:
            show_note(f"{one.model.name}: slow operators: {', '.join(one.slow)}")
    for error in failed[1:]:
        show_error(error)
    if failed:
        raise failed[0]
    if not quiet and not json and data is None:
        show_note("checked on noise alone; with --data, on images of the user")


def _show(written: "list[Written]") -> None:
    rows = [
        [
            str(one.model),
            f"{one.bytes / 1e6:.2f}",
            "" if one.agreement.same is None else percent(one.agreement.same),
            f"{one.agreement.relative_error:.1e}",
        ]
        for one in written
    ]
    print_table("", ["written, with its card", "MB", "same answer %", "largest difference / largest output"], rows)
