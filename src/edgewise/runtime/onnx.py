"""ONNX Runtime: the default engine."""

from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np

from edgewise.errors import ModelError
from edgewise.runtime.image_ends import chosen_output, only_input
from edgewise.runtime.image_session import ImageSession
from edgewise.runtime.onnx_engine import PROVIDERS, first_line, options_for, wrong_for
from edgewise.runtime.onnx_penultimate import with_penultimate
from edgewise.runtime.penultimate import Penultimate
from edgewise.runtime.session import Ends

_NUMBERS = {"tensor(float)": np.float32, "tensor(float16)": np.float16, "tensor(uint8)": np.uint8}
_FOLDER_OF_WEIGHTS = "session.model_external_initializers_file_folder_path"  # for a network that comes as bytes


class OnnxSession(ImageSession):
    """An ONNX file on the CPU. With `embedding`, the penultimate vector becomes an output too, if the file has one."""

    def __init__(self, path: Path, *, threads: int = 1, ends: Ends | None = None, embedding: bool = False) -> None:
        import onnxruntime as ort

        self.ends = ends = ends or Ends()
        options = options_for(threads)
        try:
            self._session, self._penultimate = _open(path, options, ends, embedding=embedding)
        except Exception as error:  # ONNX Runtime's exceptions share no public base class
            raise ModelError(
                f"{path} cannot be loaded by ONNX Runtime: {first_line(error)}",
                f"See that the file is whole, and of operators that ONNX Runtime {ort.__version__} knows.",
            ) from error
        taken = only_input(path, self._session.get_inputs(), ends.input_name)
        added = self._penultimate.tensor if self._penultimate else None
        outputs = [node for node in self._session.get_outputs() if node.name != added]
        given = chosen_output(path, outputs, ends.output_name)
        self._input, self._output = taken.name, given.name
        channels_first = self._penultimate.channels_first if self._penultimate else None
        super().__init__(path, taken, given, ends, _NUMBERS, channels_first)

    def feed(self, images: np.ndarray) -> dict[str, np.ndarray]:
        """What the file's input is given for images, float32 [n, 3, h, w], by its name."""
        return {self._input: self.batch(images)}

    def _infer(self, batch: np.ndarray, *, vector: bool) -> list[np.ndarray]:
        names = [self._output, *([self._penultimate.tensor] if vector and self._penultimate else [])]
        try:
            return self._session.run(names, {self._input: batch})
        except Exception as error:
            raise self._failed(batch, first_line(error)) from error


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
