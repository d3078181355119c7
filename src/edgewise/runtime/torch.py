"""PyTorch, extra [torch]: any `nn.Module` that maps [n, 3, h, w] to [n, classes]."""

from typing import Any

import numpy as np

from edgewise.errors import MissingExtra, ModelError
from edgewise.runtime.penultimate import as_vectors
from edgewise.runtime.session import Signature
from edgewise.runtime.torch_head import find_head, run_watching, takes_channels_first


class TorchSession:
    """A module in eval mode, channels last, on the CPU. PyTorch's thread count is one for the whole process.

    With `embedding`, its penultimate vectors can be had too, if it has such.
    """

    def __init__(self, module: Any, name: str, *, size_px: int, threads: int = 1, embedding: bool = False) -> None:
        torch = import_torch(f"The model {name}")
        torch.set_num_threads(threads)
        self._torch = torch
        self._name = name
        self._module = module.eval().to(memory_format=torch.channels_last)
        black = np.zeros((1, 3, size_px, size_px), np.float32)
        scores = self.run(black)
        self._head = self._find_head(size_px) if embedding else None
        vectors = self._watch(black)[1] if self._head is not None else None
        width = None if vectors is None else vectors.shape[1]
        self.signature = Signature(size_px=None, outputs=scores.shape[1], embedding_width=width)

    @property
    def module(self) -> Any:
        """The `nn.Module` itself, in eval mode."""
        return self._module

    def run(self, images: np.ndarray) -> np.ndarray:
        return self._checked(self._forward(images))

    def run_with_embedding(self, images: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        scores, vectors = self._watch(images)
        assert vectors is not None, "it gave some when it was loaded"
        return self._checked(scores), vectors

    def _forward(self, images: np.ndarray) -> Any:
        torch = self._torch
        with torch.inference_mode():
            batch = torch.from_numpy(images).contiguous(memory_format=torch.channels_last)
            try:
                return self._module(batch)
            except Exception as error:  # foreign code
                raise ModelError(
                    f"{self._name} failed on an input of shape {list(images.shape)}: {error}",
                    "If it takes another size, say so: size_px in its card.",
                ) from error

    def _checked(self, scores: Any) -> np.ndarray:
        """float32 [n, outputs]"""
        torch = self._torch
        if isinstance(scores, torch.Tensor) and scores.ndim == 4 and scores.shape[2:] == (1, 1):
            scores = scores.flatten(1)
        if not isinstance(scores, torch.Tensor) or scores.ndim != 2:
            found = list(scores.shape) if isinstance(scores, torch.Tensor) else type(scores).__name__
            raise ModelError(
                f"{self._name} gives {found}; expected one tensor [n, classes].", "Wrap it in a module that does."
            )
        return scores.float().numpy()

    def _find_head(self, size_px: int) -> Any | None:
        torch = self._torch
        noise = torch.randn((2, 3, size_px, size_px), generator=torch.Generator().manual_seed(0))
        try:
            with torch.inference_mode():
                return find_head(self._module, noise.contiguous(memory_format=torch.channels_last))
        except Exception:  # foreign code under a watch that it was not written for
            return None

    def _watch(self, images: np.ndarray) -> tuple[Any, np.ndarray | None]:
        """What the module gives, and what its head took; None where that is no vector an image."""
        scores, taken = run_watching(self._head, lambda: self._forward(images))
        channels_first = takes_channels_first(self._head)
        return scores, as_vectors(taken.float().numpy(), len(images), channels_first=channels_first)


def import_torch(what: str) -> Any:
    """PyTorch, imported on first need. Raises `MissingExtra` for `what` when it is absent."""
    try:
        import torch
    except ImportError as error:
        raise MissingExtra(what, "torch") from error
    return torch
