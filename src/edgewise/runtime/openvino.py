"""OpenVINO on the CPU, extra [openvino]: its own files (.xml and .bin), and ONNX files as they are."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

from edgewise.errors import MissingExtra, ModelError
from edgewise.private import hide_openvino_telemetry
from edgewise.runtime.image_ends import chosen_output, only_input
from edgewise.runtime.image_session import ImageSession
from edgewise.runtime.onnx_file import read_onnx_file
from edgewise.runtime.openvino_penultimate import find_in_openvino
from edgewise.runtime.openvino_reason import reason_of
from edgewise.runtime.session import Ends

PRECISION = ("edgewise", "precision")  # where in a file stands what its floating-point layers are computed in
_HINTS = {"fp32": "f32", "fp16": "f16", "bf16": "bf16"}
_NUMBERS = {"f32": np.float32, "f16": np.float16, "u8": np.uint8}
_START = 4096  # bytes, in which an .xml says what it is


class OpenVinoSession(ImageSession):
    """A network of OpenVINO's own, or an ONNX file.

    Floating-point layers are computed in float32, also where the processor is faster in bfloat16 and OpenVINO would
    choose that; a file that `edgewise export` wrote for another precision says so itself. With `embedding`, the
    penultimate vector becomes an output too, if the network has one.
    """

    def __init__(self, path: Path, *, threads: int = 1, ends: Ends | None = None, embedding: bool = False) -> None:
        ends = ends or Ends()
        core = openvino_core(f"The model {path}")
        model = read_openvino(core, path)
        taken = only_input(path, [_End.of(port) for port in model.inputs], ends.input_name)
        given = chosen_output(path, [_End.of(port) for port in model.outputs], ends.output_name)
        self._output = [_name(port) for port in model.outputs].index(given.name)
        found = find_in_openvino(model, model.outputs[self._output]) if embedding else None
        if found is not None:
            model.add_outputs([found.port])
        self._request = compiled_openvino(core, model, path, threads).create_infer_request()
        super().__init__(path, taken, given, ends, _NUMBERS, found.channels_first if found else None)

    def _infer(self, batch: np.ndarray, *, vector: bool) -> list[np.ndarray]:
        try:
            found = self._request.infer([batch], share_inputs=True)
        except RuntimeError as error:
            raise self._failed(batch, reason_of(error)) from error
        return [found[self._output], *([found[len(found) - 1]] if vector else [])]


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


def openvino_core(what: str) -> Any:
    """The one core of this process, which stays. Raises `MissingExtra` for `what` where OpenVINO is absent.

    A core's first network gives the thread that compiles it a stack for signals, and the core unmaps it when it ends.
    Where another thread ends the core, the first thread's next signal is fatal (seen with OpenVINO 2026.4).
    """
    import_openvino(what)
    return _core()


@cache
def _core() -> Any:
    import openvino

    return openvino.Core()


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
