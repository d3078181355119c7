"""A part of a network on ONNX Runtime: from one tensor to one, whatever they stand for."""

from pathlib import Path
from time import perf_counter_ns

import numpy as np

from edgewise.errors import ModelError
from edgewise.runtime.onnx_engine import PROVIDERS, first_line, options_for, wrong_for


class OnnxPart:
    """An ONNX file with one float32 input [n, ...] and one output, on the CPU."""

    def __init__(self, path: Path, *, threads: int = 1) -> None:
        import onnxruntime as ort

        try:
            self._session = ort.InferenceSession(
                path, options_for(threads), providers=PROVIDERS, disabled_optimizers=wrong_for(path)
            )
        except Exception as error:  # ONNX Runtime's exceptions share no public base class
            raise ModelError(
                f"{path} cannot be loaded by ONNX Runtime: {first_line(error)}", "Make it again."
            ) from error
        self.path = path
        (taken,), (given,) = self._session.get_inputs(), self._session.get_outputs()
        self._taken, self._given = taken.name, given.name
        self.shape: tuple[int, ...] = tuple(taken.shape[1:])  # of one input

    def run(self, values: np.ndarray) -> np.ndarray:
        """float32 [n, ...] of float32 [n, *shape]. Raises `ModelError` when it fails."""
        try:
            (found,) = self._session.run([self._given], {self._taken: values})
        except Exception as error:
            raise ModelError(f"{self.path} failed on {list(values.shape)}: {first_line(error)}") from error
        return np.asarray(found)

    def timed(self, values: np.ndarray) -> tuple[np.ndarray, float]:
        """The same, and the ms that it took."""
        started = perf_counter_ns()
        found = self.run(values)
        return found, (perf_counter_ns() - started) / 1e6
