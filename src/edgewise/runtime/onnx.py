"""ONNX Runtime: the default engine."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from edgewise.errors import ModelError
from edgewise.runtime.onnx_file import read_onnx_file
from edgewise.runtime.session import Ends, Layout, Quantised, Signature

_NUMBERS = {"tensor(float)": np.float32, "tensor(float16)": np.float16, "tensor(uint8)": np.uint8}
_RAW_PIXELS = Quantised(scale=1.0, zero_point=0, lowest=0)


class OnnxSession:
    """An ONNX file with one image input and one output for classes, on the CPU.

    The input is float32, float16, or uint8 (raw pixels, normalised inside the network), in NCHW or NHWC order; the
    output is [n, classes], perhaps with sides of 1. Size, batch and the number of classes may be open.
    """

    def __init__(self, path: Path, *, threads: int = 1, ends: Ends | None = None) -> None:
        import onnxruntime as ort

        ends = ends or Ends()
        options = ort.SessionOptions()
        options.intra_op_num_threads = threads
        options.inter_op_num_threads = 1
        options.log_severity_level = 3  # its warnings go to stderr past Python; errors still raise
        try:
            self._session = ort.InferenceSession(
                path, options, providers=["CPUExecutionProvider"], disabled_optimizers=_wrong_for(path)
            )
        except Exception as error:  # ONNX Runtime's exceptions share no public base class
            raise ModelError(
                f"{path} cannot be loaded by ONNX Runtime: {_first_line(error)}",
                f"See that the file is whole, and of operators that ONNX Runtime {ort.__version__} knows.",
            ) from error
        self._path = path
        taken = _only_input(path, self._session.get_inputs(), ends.input_name)
        given = _chosen_output(path, self._session.get_outputs(), ends.output_name)
        if taken.type not in _NUMBERS:
            raise ModelError(
                f"{path} takes {taken.type} of shape {taken.shape}; expected one of {', '.join(_NUMBERS)}.",
                "Export it with a float32 input.",
            )
        self._input, self._output, self._number = taken.name, given.name, _NUMBERS[taken.type]
        self._layout = _layout(path, taken.shape, ends.layout)
        self._one_by_one = _batch_of_one(path, taken.shape)
        size_px = _square(path, taken.shape, self._layout)
        self.signature = Signature(
            size_px=size_px,
            outputs=_output_count(path, given.shape) or self._count_outputs(size_px or ends.size_px),
            input_quantised=_RAW_PIXELS if self._number is np.uint8 else None,
            layout=self._layout,
            number=np.dtype(self._number).name,
        )

    def run(self, images: np.ndarray) -> np.ndarray:
        if self._one_by_one and len(images) > 1:
            return np.concatenate([self.run(images[i : i + 1]) for i in range(len(images))])
        if self._layout == "nhwc":
            images = images.transpose(0, 2, 3, 1)
        if self._number is np.uint8:
            images = np.clip(np.rint(images), 0, 255)
        batch = np.ascontiguousarray(images, dtype=self._number)
        try:
            (scores,) = self._session.run([self._output], {self._input: batch})
        except Exception as error:
            raise ModelError(
                f"{self._path} failed while running on {list(batch.shape)}: {_first_line(error)}",
                "If it takes another size or order, say so in its card: size_px, layout.",
            ) from error
        scores = np.asarray(scores, dtype=np.float32)
        if scores.shape[:1] != (len(images),) or scores.size != len(images) * max(scores.shape[1:], default=0):
            raise ModelError(
                f"{self._path} gives shape {list(scores.shape)} for {len(images)} images; expected [n, classes].",
                "If it has another output for the classes, name that one in its card: output_name.",
            )
        return scores.reshape(len(images), -1)

    def _count_outputs(self, size_px: int) -> int:
        return self.run(np.zeros((1, 3, size_px, size_px), np.float32)).shape[1]


def _wrong_for(path: Path) -> list[str]:
    """ONNX Runtime's optimisations that would change what a file answers.

    Up to its version 1.31 at least, it merges a Pad into the MaxPool after it, whose own padding is minus infinity,
    whatever the Pad pads with.
    """
    stored = read_onnx_file(path)
    return ["Pad_Fusion"] if stored is not None and stored.pads_before_max_pool else []


def _only_input(path: Path, inputs: Sequence[Any], wanted: str | None) -> Any:
    """The image input. Every input that the file gives no value for must be fed, so there can be one only."""
    if len(inputs) != 1:
        raise ModelError(
            f"{path} has {len(inputs)} inputs: {_listed(inputs)}; a classifier has one, the image.",
            "Export it with the image as its only input, the others fixed as constants.",
        )
    if wanted is not None and wanted != inputs[0].name:
        raise ModelError(f"{path} has no input {wanted!r}; its input is {_listed(inputs)}.", "Correct input_name.")
    return inputs[0]


def _chosen_output(path: Path, outputs: Sequence[Any], wanted: str | None) -> Any:
    chosen = [node for node in outputs if wanted in (None, node.name)]
    if len(chosen) == 1:
        return chosen[0]
    if wanted is not None:
        raise ModelError(f"{path} has no output {wanted!r}; it has {_listed(outputs)}.", "Correct output_name.")
    raise ModelError(
        f"{path} has {len(outputs)} outputs: {_listed(outputs)}; which one stands for the classes?",
        f'Say so in its card: output_name = "{outputs[0].name if outputs else "NAME"}".',
    )


def _listed(nodes: Sequence[Any]) -> str:
    return ", ".join(f"{node.name} {node.type} {node.shape}" for node in nodes) or "none"


def _layout(path: Path, shape: list[int | str | None], wanted: Layout | None) -> Layout:
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


def _batch_of_one(path: Path, shape: list[int | str | None]) -> bool:
    if isinstance(shape[0], int) and shape[0] > 1:
        raise ModelError(
            f"{path} takes {shape[0]} images at once, no fewer.", "Export it with a batch of one, or with an open one."
        )
    return shape[0] == 1


def _square(path: Path, shape: list[int | str | None], layout: Layout) -> int | None:
    """The fixed input side, None when the file leaves it open."""
    height, width = shape[2:4] if layout == "nchw" else shape[1:3]
    if isinstance(height, int) and isinstance(width, int) and height != width:
        raise ModelError(
            f"{path} takes {height} x {width} pixels; only square inputs are supported.",
            "Export it for a square input.",
        )
    return next((side for side in (height, width) if isinstance(side, int)), None)


def _output_count(path: Path, shape: list[int | str | None]) -> int | None:
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


def _first_line(error: Exception) -> str:
    return str(error).strip().splitlines()[0][:300]
