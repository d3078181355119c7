"""ExecuTorch programs (.pte) on the CPU, extra [executorch]."""

from pathlib import Path
from typing import Any

import numpy as np

from edgewise.errors import MissingExtra, ModelError
from edgewise.runtime.session import Ends, Signature


class ExecuTorchSession:
    """A program whose method `forward` maps float32 [n, 3, h, w], of fixed sizes, to float32 [n, classes]."""

    def __init__(self, path: Path, *, threads: int = 1, ends: Ends | None = None) -> None:
        runtime = import_executorch(f"The model {path}").Runtime.get()
        try:
            self._method = runtime.load_program(path).load_method("forward")
        except RuntimeError as error:
            raise ModelError(f"{path} cannot be loaded by ExecuTorch: {error}", "Export it again.") from error
        self._path = path
        _, _, size_px, _ = self._method.metadata.input_tensor_meta(0).sizes()
        self.signature = Signature(size_px=size_px, outputs=self.run(np.zeros((1, 3, size_px, size_px))).shape[1])

    @property
    def path(self) -> Path:
        """The file."""
        return self._path

    def run(self, images: np.ndarray) -> np.ndarray:
        import torch

        rows = [self._method.execute([torch.from_numpy(image[None].astype(np.float32))])[0] for image in images]
        return torch.cat(rows).numpy()


def import_executorch(what: str) -> Any:
    """ExecuTorch's runtime, imported on first need. Raises `MissingExtra` for `what` when it is absent."""
    try:
        from executorch import runtime  # pyright: ignore[reportMissingImports] - not beside what the tests need
    except ImportError as error:
        raise MissingExtra(what, "executorch") from error
    return runtime
