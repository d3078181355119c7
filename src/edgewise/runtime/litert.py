"""LiteRT (formerly TensorFlow Lite), extra [litert]."""

from pathlib import Path
from typing import Any

import numpy as np

from edgewise.errors import MissingExtra, ModelError
from edgewise.runtime.session import Quantised, Signature


class LiteRtSession:
    """A LiteRT file with one image input [1, h, w, 3] and one output [1, outputs]; uint8, int8 or float32."""

    def __init__(self, path: Path, *, threads: int = 1) -> None:
        try:
            from ai_edge_litert.interpreter import Interpreter
        except ImportError as error:
            raise MissingExtra(f"The model {path}", "litert") from error
        try:
            self._interpreter: Any = Interpreter(model_path=str(path), num_threads=threads)
            self._interpreter.allocate_tensors()
        except (ValueError, RuntimeError) as error:
            raise ModelError(f"{path} cannot be loaded by LiteRT: {error}") from error
        inputs, outputs = self._interpreter.get_input_details(), self._interpreter.get_output_details()
        if len(inputs) != 1 or len(outputs) != 1:
            raise ModelError(
                f"{path} has {len(inputs)} inputs and {len(outputs)} outputs; a classifier has one of each."
            )
        self._input, self._output = inputs[0], outputs[0]
        shape = [int(side) for side in self._input["shape"]]
        if len(shape) != 4 or shape[3] != 3 or shape[1] != shape[2] or shape[0] != 1:
            raise ModelError(f"{path} takes shape {shape}; expected [1, side, side, 3].")
        quantised = _quantised(self._output)
        self._input_quantised = _quantised(self._input)
        self._output_quantised = quantised
        self.signature = Signature(
            size_px=shape[1],
            outputs=int(np.prod(self._output["shape"][1:])),
            input_quantised=self._input_quantised,
            output_step=quantised.scale if quantised else None,
        )

    def run(self, images: np.ndarray) -> np.ndarray:
        return np.stack([self._run_one(image.transpose(1, 2, 0)) for image in images])

    def _run_one(self, image: np.ndarray) -> np.ndarray:
        """float32 [h, w, 3] -> float32 [outputs]."""
        kind = self._input["dtype"]
        if q := self._input_quantised:
            bounds = np.iinfo(kind)
            image = np.clip(np.rint(image / np.float32(q.scale)) + q.zero_point, bounds.min, bounds.max)
        self._interpreter.set_tensor(self._input["index"], np.ascontiguousarray(image[None], dtype=kind))
        self._interpreter.invoke()
        scores = self._interpreter.get_tensor(self._output["index"]).reshape(-1).astype(np.float32)
        if q := self._output_quantised:
            scores = np.float32(q.scale) * (scores - np.float32(q.zero_point))
        return scores


def _quantised(tensor: dict[str, Any]) -> Quantised | None:
    """Scale and zero point of an integer tensor; None for a float tensor."""
    if tensor["dtype"] == np.float32:
        return None
    scale, zero_point = tensor["quantization"]
    return Quantised(float(scale), int(zero_point), int(np.iinfo(tensor["dtype"]).min))
