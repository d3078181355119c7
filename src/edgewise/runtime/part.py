"""A part of a network, from one tensor to one, on the runtime that the device answers with."""

from pathlib import Path
from time import perf_counter_ns
from typing import Any, Protocol

import numpy as np

from edgewise.errors import ModelError
from edgewise.runtime.engines import Engine
from edgewise.runtime.onnx_part import OnnxPart
from edgewise.runtime.openvino import compiled_openvino, openvino_core, read_openvino
from edgewise.runtime.openvino_reason import reason_of


class Part(Protocol):
    """An ONNX file with one float32 input [n, *shape] and one output, loaded."""

    @property
    def path(self) -> Path: ...
    @property
    def shape(self) -> tuple[int, ...]: ...

    def run(self, values: np.ndarray) -> np.ndarray:
        """float32 [n, ...] of float32 [n, *shape]. Raises `ModelError` when it fails."""
        ...

    def timed(self, values: np.ndarray) -> tuple[np.ndarray, float]:
        """The same, and the ms that it took."""
        ...


def open_part(path: Path, *, threads: int = 1, engine: Engine = Engine.ONNX_RUNTIME) -> Part:
    """Load a part. Raises `ModelError`, and `MissingExtra` for a runtime that is not installed."""
    return OpenVinoPart(path, threads=threads) if engine is Engine.OPENVINO else OnnxPart(path, threads=threads)


class OpenVinoPart:
    """A part on OpenVINO."""

    def __init__(self, path: Path, *, threads: int = 1) -> None:
        core = openvino_core(f"{path}")
        model: Any = read_openvino(core, path)
        self._request = compiled_openvino(core, model, path, threads).create_infer_request()
        self.path = path
        sides = list(model.inputs[0].get_partial_shape())[1:]
        self.shape: tuple[int, ...] = tuple(side.get_length() for side in sides)

    def run(self, values: np.ndarray) -> np.ndarray:
        try:
            found = self._request.infer([np.ascontiguousarray(values)], share_inputs=True)
        except RuntimeError as error:
            raise ModelError(f"{self.path} failed on {list(values.shape)}: {reason_of(error)}") from error
        return np.array(found[0])

    def timed(self, values: np.ndarray) -> tuple[np.ndarray, float]:
        started = perf_counter_ns()
        found = self.run(values)
        return found, (perf_counter_ns() - started) / 1e6
