"""Which input and output of a network's file an image classifier means, from their names, types and shapes."""

from collections.abc import Sequence
from pathlib import Path
from typing import Protocol

from edgewise.errors import ModelError
from edgewise.runtime.session import Layout


class End(Protocol):
    """An input or an output, as a file declares it; a side that is no number is open."""

    @property
    def name(self) -> str: ...
    @property
    def type(self) -> str: ...
    @property
    def shape(self) -> Sequence[int | str | None]: ...


def only_input(path: Path, inputs: Sequence[End], wanted: str | None) -> End:
    """The image input. Every input that the file gives no value for must be fed, so there can be one only."""
    if len(inputs) != 1:
        raise ModelError(
            f"{path} has {len(inputs)} inputs: {_listed(inputs)}; a classifier has one, the image.",
            "Export it with the image as its only input, the others fixed as constants.",
        )
    if wanted is not None and wanted != inputs[0].name:
        raise ModelError(f"{path} has no input {wanted!r}; its input is {_listed(inputs)}.", "Correct input_name.")
    return inputs[0]


def chosen_output(path: Path, outputs: Sequence[End], wanted: str | None) -> End:
    """The output that is wanted, or the only one."""
    chosen = [node for node in outputs if wanted in (None, node.name)]
    if len(chosen) == 1:
        return chosen[0]
    if wanted is not None:
        raise ModelError(f"{path} has no output {wanted!r}; it has {_listed(outputs)}.", "Correct output_name.")
    raise ModelError(
        f"{path} has {len(outputs)} outputs: {_listed(outputs)}; which one stands for the classes?",
        f'Say so in its card: output_name = "{outputs[0].name if outputs else "NAME"}".',
    )


def _listed(nodes: Sequence[End]) -> str:
    return ", ".join(f"{node.name} {node.type} {node.shape}" for node in nodes) or "none"


def layout_of(path: Path, shape: Sequence[int | str | None], wanted: Layout | None) -> Layout:
    """Where the three channels are: as the shape tells, else as the card says, else first."""
    problem = f"{path} takes shape {shape}; expected [n, 3, height, width] or [n, height, width, 3]."
    if len(shape) != 4:
        raise ModelError(problem, "Export it with a batch of colour images as its input.")
    first, last = (side == 3 or not isinstance(side, int) for side in (shape[1], shape[3]))
    if not first and not last:
        raise ModelError(problem, "Only colour images are supported.")
    if wanted is not None:
        if not (first if wanted == "nchw" else last):
            raise ModelError(f'{path} takes shape {shape}, but its card says layout = "{wanted}".', "Correct the card.")
        return wanted
    if first and last:
        return "nhwc" if shape[3] == 3 and shape[1] != 3 else "nchw"
    return "nchw" if first else "nhwc"


def takes_one_image(path: Path, shape: Sequence[int | str | None]) -> bool:
    """Whether its batch is one and no other."""
    if isinstance(shape[0], int) and shape[0] > 1:
        raise ModelError(
            f"{path} takes {shape[0]} images at once, no fewer.", "Export it with a batch of one, or with an open one."
        )
    return shape[0] == 1


def square_side(path: Path, shape: Sequence[int | str | None], layout: Layout) -> int | None:
    """The fixed input side, None when the file leaves it open."""
    height, width = shape[2:4] if layout == "nchw" else shape[1:3]
    if isinstance(height, int) and isinstance(width, int) and height != width:
        raise ModelError(
            f"{path} takes {height} x {width} pixels; only square inputs are supported.",
            "Export it for a square input.",
        )
    return next((side for side in (height, width) if isinstance(side, int)), None)


def output_count(path: Path, shape: Sequence[int | str | None]) -> int | None:
    """The number of outputs, None when the file leaves it open."""
    sizes = [side for side in shape[1:] if side != 1]
    if any(not isinstance(side, int) for side in sizes) or not shape:
        return None
    if len(sizes) != 1:
        raise ModelError(
            f"{path} gives shape {shape}; expected [n, classes].",
            "If it has another output for the classes, name that one in its card: output_name.",
        )
    return int(sizes[0] or 0)
