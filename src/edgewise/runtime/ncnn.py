"""ncnn networks (.param and .bin) on the CPU, extra [ncnn]."""

from pathlib import Path
from typing import Any

import numpy as np

from edgewise.errors import MissingExtra, ModelError
from edgewise.runtime.session import DEFAULT_SIZE_PX, Ends, Signature


class NcnnSession:
    """A network with one image input, one image at a time, and one output for classes."""

    def __init__(self, path: Path, *, threads: int = 1, ends: Ends | None = None) -> None:
        ncnn = import_ncnn(f"The model {path}")
        self._ncnn, self._path = ncnn, path
        self._net = ncnn.Net()
        self._net.opt.num_threads = threads
        if self._net.load_param(str(path)) or self._net.load_model(str(path.with_suffix(".bin"))):
            raise ModelError(f"{path} cannot be loaded by ncnn.", "Export it again.")
        (self._input,), (self._output,) = self._net.input_names(), self._net.output_names()
        size_px = ends.size_px if ends else DEFAULT_SIZE_PX
        self.signature = Signature(size_px=None, outputs=self.run(np.zeros((1, 3, size_px, size_px))).shape[1])

    @property
    def path(self) -> Path:
        """The file."""
        return self._path

    def run(self, images: np.ndarray) -> np.ndarray:
        return np.stack([self._run_one(image) for image in images])

    def _run_one(self, image: np.ndarray) -> np.ndarray:
        with self._net.create_extractor() as extractor:
            extractor.input(self._input, self._ncnn.Mat(np.ascontiguousarray(image, np.float32)).clone())
            _, found = extractor.extract(self._output)
            return np.array(found).reshape(-1)


def import_ncnn(what: str) -> Any:
    """ncnn, imported on first need. Raises `MissingExtra` for `what` when it is absent."""
    try:
        import ncnn
    except ImportError as error:
        raise MissingExtra(what, "ncnn") from error
    return ncnn
