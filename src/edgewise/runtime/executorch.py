"""ExecuTorch programs (.pte) on the CPU, extra [executorch]."""

import importlib
import re
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np

from edgewise.errors import MissingExtra, ModelError
from edgewise.runtime.executorch_pool import LOG, pool_of
from edgewise.runtime.image_ends import chosen_output, layout_of, only_input, output_count, square_side, takes_one_image
from edgewise.runtime.quiet_stderr import without_lines
from edgewise.runtime.session import Ends, Quantised, Signature
from edgewise.runtime.torch import import_torch

_METHOD = "forward"
_MISSING = re.compile(r"Missing operator: \[\d+\] (\S+)")
_NUMBERS = {0: "uint8", 5: "float16", 6: "float32"}  # as its ScalarType counts them
_RAW_PIXELS = Quantised(scale=1.0, zero_point=0, lowest=0)


class ExecuTorchSession:
    """A program whose method `forward` maps one image of a fixed size to [1, classes].

    The input is float32, float16, or uint8 (raw pixels, normalised inside the program), in NCHW or NHWC order. What is
    delegated is opaque, so there is no penultimate vector.
    """

    def __init__(self, path: Path, *, threads: int = 1, ends: Ends | None = None) -> None:
        ends = ends or Ends()
        self._native = import_executorch(f"The model {path}")
        self._path, self._threads = path, threads
        self._method: Any = None
        self._program = self._loaded(lambda: self._native._load_program(str(path)))
        with pool_of(self._native, threads, self):
            about = self._ready().method_meta()
        taken = only_input(path, _listed(about, "input"), ends.input_name)
        outputs = _listed(about, "output")
        given = chosen_output(path, outputs, ends.output_name)
        if taken.type not in _NUMBERS.values():
            raise ModelError(
                f"{path} takes {taken.type} of shape {list(taken.shape)}; expected one of "
                f"{', '.join(_NUMBERS.values())}.",
                "Export it with a float32 input.",
            )
        self._output = [end.name for end in outputs].index(given.name)
        self._shape = tuple(taken.shape)
        self._layout = layout_of(path, taken.shape, ends.layout)
        takes_one_image(path, taken.shape)
        self._number = np.dtype(taken.type)
        self.signature = Signature(
            size_px=square_side(path, taken.shape, self._layout),
            outputs=output_count(path, given.shape) or 1,
            input_quantised=_RAW_PIXELS if taken.type == "uint8" else None,
            layout=self._layout,
            number=taken.type,
        )

    @property
    def path(self) -> Path:
        """The file."""
        return self._path

    def run(self, images: np.ndarray) -> np.ndarray:
        with pool_of(self._native, self._threads, self):
            method = self._ready()
            return np.concatenate([self._run_one(method, image) for image in images])

    def let_go(self) -> None:
        """Forget the loaded method, for the pool of threads that it uses is about to end."""
        self._method = None

    def _ready(self) -> Any:
        """The method, loaded into the pool as it is now."""
        if self._method is None:
            self._method = self._loaded(lambda: self._program.load_method(_METHOD))
        return self._method

    def _loaded(self, what: Any) -> Any:
        failure: RuntimeError | None = None
        with without_lines(LOG) as said:
            try:
                return what()
            except RuntimeError as error:
                failure = error
        assert failure is not None
        if missing := list(dict.fromkeys(name for line in said for name in _MISSING.findall(line))):
            raise ModelError(
                f"{self._path} has operators that ExecuTorch has no kernel for: {', '.join(missing)}.",
                "Run the network on another engine.",
            ) from failure
        reason = said[-1].partition("] ")[2] if said else ""
        raise ModelError(
            f"{self._path} cannot be loaded by ExecuTorch: {reason or failure}",
            f"See that the file is whole, and has a method {_METHOD!r}.",
        ) from failure

    def _run_one(self, method: Any, image: np.ndarray) -> np.ndarray:
        """float32 [3, h, w] -> float32 [1, outputs]"""
        import torch

        if self._layout == "nhwc":
            image = image.transpose(1, 2, 0)
        if self._number == np.uint8:
            image = np.clip(np.rint(image), 0, 255)
        batch = np.array(image[None], dtype=self._number, order="C")  # PyTorch wants one that it may write to
        if batch.shape != self._shape:
            raise ModelError(
                f"{self._path} takes {list(self._shape)}, not {list(batch.shape)}.",
                "Correct size_px or layout in its card.",
            )
        try:
            scores = method([torch.from_numpy(batch)])[self._output]
        except RuntimeError as error:
            raise ModelError(f"{self._path} failed while running: {error}", "Export it again.") from error
        return self._checked(scores.float().numpy())

    def _checked(self, scores: np.ndarray) -> np.ndarray:
        if scores.size != self.signature.outputs:
            raise ModelError(
                f"{self._path} gives shape {list(scores.shape)} for an image; expected [1, {self.signature.outputs}].",
                "Export it again.",
            )
        return scores.reshape(1, -1)


@dataclass(frozen=True)
class _End:
    """An input or an output, as `image_ends` wants it; programs do not name theirs."""

    name: str
    type: str
    shape: Sequence[int]


def _listed(about: Any, end: str) -> list[_End]:
    listed: list[_End] = []
    for i in range(getattr(about, f"num_{end}s")()):
        try:
            tensor = getattr(about, f"{end}_tensor_meta")(i)
            listed.append(_End(f"{end}{i}", _NUMBERS.get(tensor.dtype(), f"type {tensor.dtype()}"), tensor.sizes()))
        except RuntimeError:  # it is no tensor
            listed.append(_End(f"{end}{i}", "no tensor", ()))
    return listed


def import_executorch(what: str) -> Any:
    """ExecuTorch's native module, imported on first need. Raises `MissingExtra` for `what` when it is absent.

    Its Python module around that, `executorch.runtime`, imports the whole compiler first, which takes seconds.
    """
    if find_spec("executorch") is None:
        raise MissingExtra(what, "executorch")
    import_torch(what)  # whose libraries the module needs
    try:
        with without_lines(LOG):
            return importlib.import_module("executorch.extension.pybindings._C")
    except ImportError as error:
        raise MissingExtra(what, "executorch") from error
