"""ONNX Runtime: the default engine."""

from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np

from edgewise.errors import ModelError
from edgewise.runtime.image_ends import chosen_output, layout_of, only_input, output_count, square_side, takes_one_image
from edgewise.runtime.onnx_engine import PROVIDERS, first_line, options_for, wrong_for
from edgewise.runtime.onnx_penultimate import with_penultimate
from edgewise.runtime.penultimate import Penultimate, as_vectors
from edgewise.runtime.session import Ends, Quantised, Signature

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
        self._path, self.ends = path, ends
        taken = only_input(path, self._session.get_inputs(), ends.input_name)
        added = self._penultimate.tensor if self._penultimate else None
        outputs = [node for node in self._session.get_outputs() if node.name != added]
        given = chosen_output(path, outputs, ends.output_name)
        if taken.type not in _NUMBERS:
            raise ModelError(
                f"{path} takes {taken.type} of shape {taken.shape}; expected one of {', '.join(_NUMBERS)}.",
                "Export it with a float32 input.",
            )
        self._input, self._output, self._number = taken.name, given.name, _NUMBERS[taken.type]
        self._layout = layout_of(path, taken.shape, ends.layout)
        self._one_by_one = takes_one_image(path, taken.shape)
        size_px = square_side(path, taken.shape, self._layout)
        side_px = size_px or ends.size_px
        self.signature = Signature(
            size_px=size_px,
            outputs=output_count(path, given.shape) or self._count_outputs(side_px),
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

    def feed(self, images: np.ndarray) -> dict[str, np.ndarray]:
        """What the file's input is given for images, float32 [n, 3, h, w]: in its own order and type."""
        if self._layout == "nhwc":
            images = images.transpose(0, 2, 3, 1)
        if self._number is np.uint8:
            images = np.clip(np.rint(images), 0, 255)
        return {self._input: np.ascontiguousarray(images, dtype=self._number)}

    def _fetch(self, images: np.ndarray, names: list[str]) -> list[np.ndarray]:
        """The values of some outputs."""
        if self._one_by_one and len(images) > 1:
            parts = [self._fetch(images[i : i + 1], names) for i in range(len(images))]
            return [np.concatenate(values) for values in zip(*parts, strict=True)]
        batch = self.feed(images)
        try:
            return self._session.run(names, batch)
        except Exception as error:
            raise ModelError(
                f"{self._path} failed while running on {list(batch[self._input].shape)}: {first_line(error)}",
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
