"""PyTorch, extra [torch]: any `nn.Module` that maps [n, 3, h, w] to [n, classes]."""

from typing import Any

import numpy as np

from edgewise.errors import MissingExtra, ModelError
from edgewise.runtime.session import Signature


class TorchSession:
    """A module in eval mode, channels last, on the CPU. PyTorch's thread count is one for the whole process."""

    def __init__(self, module: Any, name: str, *, size_px: int, threads: int = 1) -> None:
        torch = import_torch(f"The model {name}")
        torch.set_num_threads(threads)
        self._torch = torch
        self._name = name
        self._module = module.eval().to(memory_format=torch.channels_last)
        scores = self.run(np.zeros((1, 3, size_px, size_px), np.float32))
        self.signature = Signature(size_px=None, outputs=scores.shape[1])

    @property
    def module(self) -> Any:
        """The `nn.Module` itself, in eval mode."""
        return self._module

    def run(self, images: np.ndarray) -> np.ndarray:
        torch = self._torch
        with torch.inference_mode():
            batch = torch.from_numpy(images).contiguous(memory_format=torch.channels_last)
            try:
                scores = self._module(batch)
            except Exception as error:  # foreign code
                raise ModelError(
                    f"{self._name} failed on an input of shape {list(images.shape)}: {error}",
                    "If it takes another size, say so: size_px in its card.",
                ) from error
        if isinstance(scores, torch.Tensor) and scores.ndim == 4 and scores.shape[2:] == (1, 1):
            scores = scores.flatten(1)
        if not isinstance(scores, torch.Tensor) or scores.ndim != 2:
            found = list(scores.shape) if isinstance(scores, torch.Tensor) else type(scores).__name__
            raise ModelError(
                f"{self._name} gives {found}; expected one tensor [n, classes].", "Wrap it in a module that does."
            )
        return scores.float().numpy()


def import_torch(what: str) -> Any:
    """PyTorch, imported on first need. Raises `MissingExtra` for `what` when it is absent."""
    try:
        import torch
    except ImportError as error:
        raise MissingExtra(what, "torch") from error
    return torch


def count_macs(module: Any, size_px: int) -> int | None:
    """Multiply-accumulates of convolutions and matrix products for one image; None when the module cannot be watched.

    Counted in one forward pass by PyTorch's own counter, which counts a multiplication and an addition each.
    """
    import torch
    from torch.utils.flop_counter import FlopCounterMode

    some = next(module.parameters(), torch.zeros(()))
    try:
        with torch.no_grad(), FlopCounterMode(display=False) as counter:
            module(torch.zeros(1, 3, size_px, size_px, device=some.device, dtype=some.dtype))
    except Exception:  # foreign code under a foreign counter; the figure is a courtesy
        return None
    return counter.get_total_flops() // 2
