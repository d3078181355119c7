"""ONNX Runtime: the default engine."""

from pathlib import Path

import numpy as np

from edgewise.errors import ModelError
from edgewise.runtime.session import Signature


class OnnxSession:
    """An ONNX file with one float32 image input [n, 3, h, w] and one output [n, outputs], on the CPU."""

    def __init__(self, path: Path, *, threads: int = 1) -> None:
        import onnxruntime as ort

        options = ort.SessionOptions()
        options.intra_op_num_threads = threads
        options.inter_op_num_threads = 1
        options.log_severity_level = 3  # its warnings go to stderr past Python; errors still raise
        try:
            self._session = ort.InferenceSession(path, options, providers=["CPUExecutionProvider"])
        except Exception as error:  # ONNX Runtime's exceptions share no public base class
            raise ModelError(f"{path} cannot be loaded by ONNX Runtime: {_first_line(error)}") from error
        inputs, outputs = self._session.get_inputs(), self._session.get_outputs()
        if len(inputs) != 1 or len(outputs) != 1:
            names = ", ".join(node.name for node in (*inputs, *outputs))
            raise ModelError(
                f"{path} has {len(inputs)} inputs and {len(outputs)} outputs ({names}); a classifier has one of each.",
                "Export it with the image as the only input and the class scores as the only output.",
            )
        self._input = inputs[0].name
        self._one_by_one = inputs[0].shape[:1] == [1]
        self._path = path
        self.signature = Signature(
            size_px=_square(path, inputs[0].shape, inputs[0].type),
            outputs=_output_count(path, outputs[0].shape),
        )

    def run(self, images: np.ndarray) -> np.ndarray:
        if self._one_by_one and len(images) > 1:
            return np.concatenate([self.run(images[i : i + 1]) for i in range(len(images))])
        try:
            (scores,) = self._session.run(None, {self._input: images})
        except Exception as error:
            raise ModelError(f"{self._path} failed while running: {_first_line(error)}") from error
        return np.asarray(scores, dtype=np.float32).reshape(len(images), -1)


def _square(path: Path, shape: list[int | str | None], kind: str) -> int | None:
    """The fixed input side, None when the file leaves it open."""
    fits = (len(shape) == 4 and shape[1] in (3, None)) or (len(shape) == 4 and isinstance(shape[1], str))
    if kind != "tensor(float)" or not fits:
        raise ModelError(
            f"{path} takes {kind} of shape {shape}; expected tensor(float) of shape [n, 3, height, width].",
            "Export it with a float32 input in NCHW order.",
        )
    height, width = shape[2], shape[3]
    if isinstance(height, int) and isinstance(width, int) and height != width:
        raise ModelError(f"{path} takes {height} x {width} pixels; only square inputs are supported.")
    return next((side for side in (height, width) if isinstance(side, int)), None)


def _output_count(path: Path, shape: list[int | str | None]) -> int:
    sizes = [side for side in shape[1:] if side != 1]
    if len(sizes) != 1 or not isinstance(sizes[0], int):
        raise ModelError(f"{path} gives shape {shape}; expected [n, classes] with a fixed number of classes.")
    return sizes[0]


def _first_line(error: Exception) -> str:
    return str(error).strip().splitlines()[0][:300]
