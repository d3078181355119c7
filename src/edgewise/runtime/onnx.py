"""ONNX Runtime: the default engine."""

from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np

from edgewise.errors import ModelError
from edgewise.runtime.onnx_engine import PROVIDERS, first_line, options_for, wrong_for
from edgewise.runtime.onnx_penultimate import with_penultimate
from edgewise.runtime.penultimate import Penultimate, as_vectors
from edgewise.runtime.session import Ends, Layout, Quantised, Signature

_NUMBERS = {"tensor(float)": np.float32, "tensor(float16)": np.float16, "tensor(uint8)": np.uint8}
_FOLDER_OF_WEIGHTS = "session.model_external_initializers_file_folder_path"  # for a network that comes as bytes
_RAW_PIXELS = Quantised(scale=1.0, zero_point=0, lowest=0)


class OnnxSession:
    """An ONNX file with one image input and one output for classes, on the CPU.

    The input is float32, float16, or uint8 (raw pixels, normalised inside the network), in NCHW or NHWC order; the
    output is [n, classes], perhaps with sides of 1. Size, batch and the number of classes may be open.

    With `embedding`, the penultimate vector becomes an output too, if the file has one.
    """

    def __init__(self, path: Path, *, threads: int = 1, ends: Ends | None = None, embedding: bool = False) -> None:
        import onnxruntime as ort

        ends = ends or Ends()
        options = options_for(threads)
        try:
            self._session, self._penultimate = _open(path, options, ends, embedding=embedding)
        except Exception as error:  # ONNX Runtime's exceptions share no public base class
            raise ModelError(
                f"{path} cannot be loaded by ONNX Runtime: {first_line(error)}",
                f"See that the file is whole, and of operators that ONNX Runtime {ort.__version__} knows.",
            ) from error
        self._path = path
        taken = _only_input(path, self._session.get_inputs(), ends.input_name)
        added = self._penultimate.tensor if self._penultimate else None
        outputs = [node for node in self._session.get_outputs() if node.name != added]
        given = _chosen_output(path, outputs, ends.output_name)
        if taken.type not in _NUMBERS:
            raise ModelError(
                f"{path} takes {taken.type} of shape {taken.shape}; expected one of {', '.join(_NUMBERS)}.",
                "Export it with a float32 input.",
            )
        self._input, self._output, self._number = taken.name, given.name, _NUMBERS[taken.type]
        self._layout = _layout(path, taken.shape, ends.layout)
        self._one_by_one = _batch_of_one(path, taken.shape)
        size_px = _square(path, taken.shape, self._layout)
        side_px = size_px or ends.size_px
        self.signature = Signature(
            size_px=size_px,
            outputs=_output_count(path, given.shape) or self._count_outputs(side_px),
            input_quantised=_RAW_PIXELS if self._number is np.uint8 else None,
            layout=self._layout,
            number=np.dtype(self._number).name,
            embedding_width=self._count_embedding(side_px),
        )

    @property
    def path(self) -> Path:
        """The file."""
        return self._path

    def run(self, images: np.ndarray) -> np.ndarray:
        (scores,) = self._fetch(images, [self._output])
        return self._checked(scores, len(images))

    def run_with_embedding(self, images: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        assert self._penultimate is not None, "the signature has no embedding_width"
        scores, values = self._fetch(images, [self._output, self._penultimate.tensor])
        vectors = as_vectors(values, len(images), channels_first=self._penultimate.channels_first)
        assert vectors is not None, "it gave some when it was loaded"
        return self._checked(scores, len(images)), vectors

    def _fetch(self, images: np.ndarray, names: list[str]) -> list[np.ndarray]:
        """The values of some outputs."""
        if self._one_by_one and len(images) > 1:
            parts = [self._fetch(images[i : i + 1], names) for i in range(len(images))]
            return [np.concatenate(values) for values in zip(*parts, strict=True)]
        if self._layout == "nhwc":
            images = images.transpose(0, 2, 3, 1)
        if self._number is np.uint8:
            images = np.clip(np.rint(images), 0, 255)
        batch = np.ascontiguousarray(images, dtype=self._number)
        try:
            return self._session.run(names, {self._input: batch})
        except Exception as error:
            raise ModelError(
                f"{self._path} failed while running on {list(batch.shape)}: {first_line(error)}",
                "If it takes another size or order, say so in its card: size_px, layout.",
            ) from error

    def _checked(self, scores: np.ndarray, images: int) -> np.ndarray:
        """float32 [n, outputs]"""
        scores = np.asarray(scores, dtype=np.float32)
        if scores.shape[:1] != (images,) or scores.size != images * max(scores.shape[1:], default=0):
            raise ModelError(
                f"{self._path} gives shape {list(scores.shape)} for {images} images; expected [n, classes].",
                "If it has another output for the classes, name that one in its card: output_name.",
            )
        return scores.reshape(images, -1)

    def _count_outputs(self, size_px: int) -> int:
        return self.run(_black(size_px)).shape[1]

    def _count_embedding(self, size_px: int) -> int | None:
        """How long the penultimate vector is; None where there is none, or the tensor does not hold one an image."""
        if self._penultimate is None:
            return None
        (values,) = self._fetch(_black(size_px), [self._penultimate.tensor])
        vectors = as_vectors(values, 1, channels_first=self._penultimate.channels_first)
        return None if vectors is None else vectors.shape[1]


def _open(path: Path, options: Any, ends: Ends, *, embedding: bool) -> tuple[Any, Penultimate | None]:
    """With the penultimate vector as an output where that is wanted and works; else the file as it is."""
    import onnxruntime as ort

    wrong = wrong_for(path)
    changed = with_penultimate(path, ends.output_name) if embedding else None
    if changed is not None:
        content, penultimate = changed
        options.add_session_config_entry(_FOLDER_OF_WEIGHTS, str(path.parent))
        with suppress(Exception):  # ONNX Runtime's exceptions share no public base class
            session = ort.InferenceSession(content, options, providers=PROVIDERS, disabled_optimizers=wrong)
            return session, penultimate
    return ort.InferenceSession(path, options, providers=PROVIDERS, disabled_optimizers=wrong), None


def _black(size_px: int) -> np.ndarray:
    return np.zeros((1, 3, size_px, size_px), np.float32)


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
