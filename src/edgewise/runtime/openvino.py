"""OpenVINO on the CPU, extra [openvino]: its own files (.xml and .bin), and ONNX files as they are."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from edgewise.errors import MissingExtra, ModelError
from edgewise.private import hide_openvino_telemetry
from edgewise.runtime.image_ends import chosen_output, layout_of, only_input, output_count, square_side, takes_one_image
from edgewise.runtime.onnx_file import read_onnx_file
from edgewise.runtime.openvino_penultimate import find_in_openvino
from edgewise.runtime.openvino_reason import reason_of
from edgewise.runtime.penultimate import as_vectors
from edgewise.runtime.session import Ends, Quantised, Signature

PRECISION = ("edgewise", "precision")  # where in a file stands what its floating-point layers are computed in
_HINTS = {"fp32": "f32", "fp16": "f16", "bf16": "bf16"}
_NUMBERS = {"f32": np.float32, "f16": np.float16, "u8": np.uint8}
_START = 4096  # bytes, in which an .xml says what it is
_RAW_PIXELS = Quantised(scale=1.0, zero_point=0, lowest=0)


class OpenVinoSession:
    """A network with one image input and one output for classes; what it may take and give is as of `OnnxSession`.

    Floating-point layers are computed in float32, also where the processor is faster in bfloat16 and OpenVINO would
    choose that; a file that `edgewise export` wrote for another precision says so itself. With `embedding`, the
    penultimate vector becomes an output too, if the network has one.
    """

    def __init__(self, path: Path, *, threads: int = 1, ends: Ends | None = None, embedding: bool = False) -> None:
        ends = ends or Ends()
        core = import_openvino(f"The model {path}").Core()
        model = read_openvino(core, path)
        taken = only_input(path, [_End.of(port) for port in model.inputs], ends.input_name)
        given = chosen_output(path, [_End.of(port) for port in model.outputs], ends.output_name)
        if taken.type not in _NUMBERS:
            raise ModelError(
                f"{path} takes {taken.type} of shape {list(taken.shape)}; expected one of {', '.join(_NUMBERS)}.",
                "Export it with a float32 input.",
            )
        self._path = path
        self._number = _NUMBERS[taken.type]
        self._layout = layout_of(path, taken.shape, ends.layout)
        self._one_by_one = takes_one_image(path, taken.shape)
        self._output = [_name(port) for port in model.outputs].index(given.name)
        self._vector = find_in_openvino(model, model.outputs[self._output]) if embedding else None
        if self._vector is not None:
            model.add_outputs([self._vector.port])
        self._request = compiled_openvino(core, model, path, threads).create_infer_request()
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
        (scores, *_) = self._fetch(images)
        return self._checked(scores, len(images))

    def run_with_embedding(self, images: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        assert self._vector is not None, "the signature has no embedding_width"
        scores, values = self._fetch(images)
        vectors = as_vectors(values, len(images), channels_first=self._vector.channels_first)
        assert vectors is not None, "it gave some when it was loaded"
        return self._checked(scores, len(images)), vectors

    def _fetch(self, images: np.ndarray) -> list[np.ndarray]:
        """The scores and, where there is one, the tensor of the penultimate vectors."""
        if self._one_by_one and len(images) > 1:
            parts = [self._fetch(images[i : i + 1]) for i in range(len(images))]
            return [np.concatenate(values) for values in zip(*parts, strict=True)]
        if self._layout == "nhwc":
            images = images.transpose(0, 2, 3, 1)
        if self._number is np.uint8:
            images = np.clip(np.rint(images), 0, 255)
        batch = np.ascontiguousarray(images, dtype=self._number)
        try:
            found = self._request.infer([batch], share_inputs=True)
        except RuntimeError as error:
            raise ModelError(
                f"{self._path} failed while running on {list(batch.shape)}: {reason_of(error)}",
                "If it takes another size or order, say so in its card: size_px, layout.",
            ) from error
        return [found[self._output], *([found[len(found) - 1]] if self._vector else [])]

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
        return self.run(np.zeros((1, 3, size_px, size_px), np.float32)).shape[1]

    def _count_embedding(self, size_px: int) -> int | None:
        if self._vector is None:
            return None
        _, values = self._fetch(np.zeros((1, 3, size_px, size_px), np.float32))
        vectors = as_vectors(values, 1, channels_first=self._vector.channels_first)
        return None if vectors is None else vectors.shape[1]


@dataclass(frozen=True)
class _End:
    """An input or an output, as `image_ends` wants it."""

    name: str
    type: str
    shape: Sequence[int | None]

    @classmethod
    def of(cls, port: Any) -> "_End":
        sides = [side.get_length() if side.is_static else None for side in port.get_partial_shape()]
        return cls(_name(port), port.get_element_type().get_type_name(), sides)


def _name(port: Any) -> str:
    """Its name; what OpenVINO itself makes of PyTorch modules has none, there it is that of the operator."""
    names = sorted(port.get_names())
    return names[0] if names else port.get_node().get_friendly_name()


def import_openvino(what: str) -> Any:
    """OpenVINO, imported on first need. Raises `MissingExtra` for `what` when it is absent."""
    hide_openvino_telemetry()
    try:
        import openvino
    except ImportError as error:
        raise MissingExtra(what, "openvino") from error
    return openvino


def read_openvino(core: Any, path: Path) -> Any:
    """OpenVINO's model of a file. Raises `ModelError`."""
    if path.suffix == ".xml" and path.is_file() and not path.with_suffix(".bin").is_file():
        raise ModelError(f"{path} has no weights: there is no {path.with_suffix('.bin').name} beside it.", "Copy both.")
    if path.is_file() and not _looks_like_a_network(path):
        raise ModelError(f"{path} is no network that OpenVINO reads.", "See that the file is whole: .xml or .onnx.")
    try:
        return core.read_model(path)
    except RuntimeError as error:
        raise ModelError(
            f"{path} cannot be loaded by OpenVINO: {reason_of(error)}",
            "See that the file is whole, and of operators that OpenVINO knows.",
        ) from error


def _looks_like_a_network(path: Path) -> bool:
    """What is none is tried by OpenVINO as all other formats that it knows, which write to stderr, past Python."""
    if path.suffix != ".xml":
        return read_onnx_file(path) is not None
    with path.open("rb") as stream:
        return b"<net" in stream.read(_START)


def compiled_openvino(core: Any, model: Any, path: Path, threads: int) -> Any:
    """The model, ready to answer one image after another; in float32, unless its file says otherwise."""
    precision = "fp32"
    if model.has_rt_info(list(PRECISION)):
        precision = str(model.get_rt_info(list(PRECISION)).value)
    options = {
        "PERFORMANCE_HINT": "LATENCY",
        "NUM_STREAMS": 1,
        "INFERENCE_NUM_THREADS": threads,
        # Pinned threads of two networks may share a core while others are idle.
        "ENABLE_CPU_PINNING": False,
        "INFERENCE_PRECISION_HINT": _HINTS.get(precision, "f32"),
    }
    try:
        return core.compile_model(model, "CPU", options)
    except RuntimeError as error:
        raise ModelError(
            f"{path} cannot be compiled by OpenVINO: {reason_of(error)}", "Run it on another engine."
        ) from error
