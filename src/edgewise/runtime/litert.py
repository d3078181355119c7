"""LiteRT (formerly TensorFlow Lite), extra [litert]."""

from pathlib import Path
from typing import Any

import numpy as np

from edgewise.errors import MissingExtra, ModelError
from edgewise.runtime.litert_penultimate import find_in_litert, with_output
from edgewise.runtime.quiet_litert import without_info_lines
from edgewise.runtime.session import Ends, Quantised, Signature

_INTEGERS = (np.uint8, np.int8)


class LiteRtSession:
    """A LiteRT file with one image input [1, h, w, 3] and one output [1, outputs]; uint8, int8 or float32.

    The sides of its input may be open. With `embedding`, the penultimate vector becomes an output too, if the file has
    one of such a type.
    """

    def __init__(self, path: Path, *, threads: int = 1, ends: Ends | None = None, embedding: bool = False) -> None:
        try:
            from ai_edge_litert.interpreter import Interpreter
        except ImportError as error:
            raise MissingExtra(f"The model {path}", "litert") from error
        ends = ends or Ends()
        self._penultimate = find_in_litert(path, ends.output_name) if embedding else None
        try:
            with without_info_lines():
                self._interpreter = self._open(Interpreter, path, threads, ends.size_px)
        except (ValueError, RuntimeError) as error:
            raise ModelError(
                f"{path} cannot be loaded by LiteRT: {error}", "See that the file is whole, and of operators it knows."
            ) from error
        self._path = path
        self._input = _only_input(path, self._interpreter.get_input_details(), ends)
        outputs = {tensor["index"]: tensor for tensor in self._interpreter.get_output_details()}
        vector = outputs.pop(self._penultimate.index) if self._penultimate else None
        self._output = _chosen_output(path, list(outputs.values()), ends.output_name)
        self._input_quantised = _quantised(path, self._input)
        self._output_quantised = quantised = _quantised(path, self._output)
        self._vector = vector if self._penultimate and _holds_vectors(vector, self._penultimate.width) else None
        self._vector_quantised = _quantised(path, self._vector) if self._vector else None
        self.signature = Signature(
            size_px=int(self._input["shape"][1]),
            outputs=_output_count(path, self._output),
            input_quantised=self._input_quantised,
            output_step=quantised.scale if quantised else None,
            output_bounds=quantised.bounds if quantised else None,
            layout="nhwc",
            number=np.dtype(self._input["dtype"]).name,
            embedding_width=self._penultimate.width if self._penultimate and self._vector else None,
        )

    @property
    def path(self) -> Path:
        """The file."""
        return self._path

    def run(self, images: np.ndarray) -> np.ndarray:
        return np.stack([self._run_one(image) for image in images])

    def run_with_embedding(self, images: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        assert self._penultimate is not None, "the signature has no embedding_width"
        assert self._vector is not None
        scores: list[np.ndarray] = []
        vectors: list[np.ndarray] = []
        for image in images:
            scores.append(self._run_one(image))
            vectors.append(self._penultimate.vector(self._read(self._vector, self._vector_quantised)))
        return np.stack(scores), np.stack(vectors)

    def _open(self, interpreter: Any, path: Path, threads: int, size_px: int) -> Any:
        """With the penultimate vector as an output where that is wanted; if that fails, the file as it is."""
        if self._penultimate is not None:
            try:
                content = with_output(path, self._penultimate.index)
                return _ready(interpreter(model_content=content, num_threads=threads), size_px)
            except (ValueError, RuntimeError):
                self._penultimate = None
        return _ready(interpreter(model_path=str(path), num_threads=threads), size_px)

    def _run_one(self, image: np.ndarray) -> np.ndarray:
        """float32 [3, h, w] -> float32 [outputs]."""
        image, kind = image.transpose(1, 2, 0), self._input["dtype"]
        if q := self._input_quantised:
            bounds = np.iinfo(kind)
            image = np.clip(np.rint(image / np.float32(q.scale)) + q.zero_point, bounds.min, bounds.max)
        try:
            self._interpreter.set_tensor(self._input["index"], np.ascontiguousarray(image[None], dtype=kind))
            self._interpreter.invoke()
        except (ValueError, RuntimeError) as error:
            raise ModelError(
                f"{self._path} failed while running: {error}", "Convert it again, or leave it out."
            ) from error
        return self._read(self._output, self._output_quantised)

    def _read(self, tensor: dict[str, Any], quantised: Quantised | None) -> np.ndarray:
        """The real numbers that a tensor holds now, float32 [size]."""
        values = self._interpreter.get_tensor(tensor["index"]).reshape(-1).astype(np.float32)
        return np.float32(quantised.scale) * (values - np.float32(quantised.zero_point)) if quantised else values


def _ready(interpreter: Any, size_px: int) -> Any:
    """With memory for its tensors, and a size where the file leaves the sides of an image input open."""
    _set_open_size(interpreter, size_px)
    interpreter.allocate_tensors()
    return interpreter


def _set_open_size(interpreter: Any, size_px: int) -> None:
    """Give an image input whose sides the file leaves open (-1 in its signature, 1 in its shape) a size."""
    for tensor in interpreter.get_input_details():
        sides = [int(side) for side in tensor["shape_signature"]]
        if len(sides) == 4 and -1 in sides[1:3]:
            wanted = [1, *(size_px if side == -1 else side for side in sides[1:3]), sides[3]]
            interpreter.resize_tensor_input(tensor["index"], wanted)


def _only_input(path: Path, inputs: list[dict[str, Any]], ends: Ends) -> dict[str, Any]:
    if len(inputs) != 1:
        raise ModelError(
            f"{path} has {len(inputs)} inputs: {_listed(inputs)}; a classifier has one, the image.",
            "Convert it with the image as its only input.",
        )
    if ends.input_name not in (None, inputs[0]["name"]):
        raise ModelError(
            f"{path} has no input {ends.input_name!r}; its input is {_listed(inputs)}.", "Correct input_name."
        )
    if ends.layout not in (None, "nhwc"):
        raise ModelError(
            f'{path} takes {_listed(inputs)}, but its card says layout = "{ends.layout}".', "Correct the card."
        )
    shape = [int(side) for side in inputs[0]["shape"]]
    if len(shape) != 4 or shape[3] != 3:
        raise ModelError(f"{path} takes shape {shape}; expected [1, side, side, 3].", "Convert it in NHWC order.")
    if shape[0] != 1:
        raise ModelError(f"{path} takes {shape[0]} images at once, no fewer.", "Convert it with a batch of one.")
    if shape[1] != shape[2]:
        raise ModelError(
            f"{path} takes {shape[1]} x {shape[2]} pixels; only square inputs are supported.",
            "Convert it for a square input.",
        )
    return inputs[0]


def _chosen_output(path: Path, outputs: list[dict[str, Any]], wanted: str | None) -> dict[str, Any]:
    chosen = [tensor for tensor in outputs if wanted in (None, tensor["name"])]
    if len(chosen) == 1:
        return chosen[0]
    if wanted is not None:
        raise ModelError(f"{path} has no output {wanted!r}; it has {_listed(outputs)}.", "Correct output_name.")
    raise ModelError(
        f"{path} has {len(outputs)} outputs: {_listed(outputs)}; which one stands for the classes?",
        "Say so in its card: output_name.",
    )


def _listed(tensors: list[dict[str, Any]]) -> str:
    return ", ".join(f"{t['name']} {np.dtype(t['dtype']).name} {[int(s) for s in t['shape']]}" for t in tensors)


def _output_count(path: Path, tensor: dict[str, Any]) -> int:
    shape = [int(side) for side in tensor["shape"]]
    if shape[:1] != [1] or len([side for side in shape if side != 1]) != 1:
        raise ModelError(f"{path} gives shape {shape}; expected [1, classes].", "Choose another with output_name.")
    return max(shape)


def _holds_vectors(tensor: dict[str, Any] | None, width: int) -> bool:
    """Whether a tensor has real numbers, or integers that stand for some, so many side by side."""
    if tensor is None or int(np.prod(tensor["shape"])) % width:
        return False
    return tensor["dtype"] == np.float32 or (tensor["dtype"] in _INTEGERS and bool(tensor["quantization"][0]))


def _quantised(path: Path, tensor: dict[str, Any]) -> Quantised | None:
    """Scale and zero point of an integer tensor; None for a float tensor."""
    kind = tensor["dtype"]
    if kind == np.float32:
        return None
    if kind not in _INTEGERS:
        raise ModelError(
            f"{path}: {tensor['name']} is {np.dtype(kind).name}; expected float32, uint8 or int8.",
            "Convert it with inputs and outputs of one of these types.",
        )
    scale, zero_point = tensor["quantization"]
    if not scale:
        raise ModelError(
            f"{path}: {tensor['name']} is {np.dtype(kind).name} without a scale.",
            "Convert it with quantised inputs and outputs, or with float ones.",
        )
    return Quantised(float(scale), int(zero_point), int(np.iinfo(kind).min))
