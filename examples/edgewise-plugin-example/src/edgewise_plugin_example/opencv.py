"""A runtime: OpenCV's own engine for networks, `cv2.dnn`, reading ONNX files. `--zoo opencv:net.onnx` runs on it."""

from pathlib import Path

import cv2
import numpy as np

from edgewise.errors import ModelError
from edgewise.runtime.onnx_file import read_onnx_file
from edgewise.runtime.session import Ends, Signature

title = "OpenCV"
suffixes = (".onnx",)


class OpenCvSession:
    """A network in OpenCV's engine."""

    def __init__(self, path: Path, size_px: int) -> None:
        self._network = cv2.dnn.readNetFromONNX(str(path))
        probe = np.zeros((1, 3, size_px, size_px), np.float32)
        self.signature = Signature(size_px=size_px, outputs=self.run(probe).shape[1])

    def run(self, images: np.ndarray) -> np.ndarray:
        """float32 [n, 3, h, w] -> float32 [n, outputs]; one after another, for a file may take one image alone."""
        rows: list[np.ndarray] = []
        for image in images:
            self._network.setInput(np.ascontiguousarray(image[None], np.float32))
            rows.append(self._network.forward().reshape(1, -1).copy())
        return np.concatenate(rows)


def open(path: Path, *, threads: int, ends: Ends, embedding: bool) -> OpenCvSession:
    """The network of a file; `ends.size_px` is what its card says of its input, for a file that leaves it open.

    OpenCV has one number of threads for the whole process. It gives no penultimate vector, whoever asks for one.
    """
    known = read_onnx_file(path)
    if known is None:
        raise ModelError(f"{path} is no ONNX file.", "See that it is whole.")
    cv2.setNumThreads(threads)
    try:
        return OpenCvSession(path, known.size_px or ends.size_px)
    except cv2.error as error:
        raise ModelError(f"{path} cannot be run by OpenCV: {error.err}.", "Run it with onnx:PATH.") from error
