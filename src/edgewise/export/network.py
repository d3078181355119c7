"""What is exported, in the two forms that exporters begin with: an ONNX file, and a PyTorch module."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, Protocol

import numpy as np

from edgewise.errors import UsageError
from edgewise.runtime.onnx import OnnxSession
from edgewise.runtime.session import Ends
from edgewise.runtime.torch import TorchSession
from edgewise.zoo.classifier import Classifier
from edgewise.zoo.ensemble import Ensemble

if TYPE_CHECKING:
    from torch import nn

Precision = Literal["fp32", "fp16", "bf16", "int8"]
Images = Callable[[], Iterable[np.ndarray]]  # float32 [1, 3, h, w] each, as the network takes them; as often as called


@dataclass(frozen=True)
class Network:
    """A classifier that runs on PyTorch, or on ONNX Runtime; forms are made when first asked for."""

    classifier: Classifier
    scratch: Path  # a folder for what is made on the way; the caller removes it

    def __post_init__(self) -> None:
        if isinstance(self.classifier, Ensemble):
            raise UsageError(f"{self.classifier.card.source} is several networks.", "Export them one by one.")
        if not isinstance(self.classifier.session, OnnxSession | TorchSession):
            raise UsageError(
                f"{self.classifier.card.source} is a file of a runtime already; nothing can be made of it.",
                "Give what it was made from: an ONNX file, timm:, torchvision:, hf: or torch:.",
            )

    @property
    def size_px(self) -> int:
        """The side of its input."""
        return self.classifier.card.preprocess.size_px

    @cached_property
    def onnx_path(self) -> Path:
        """A file that takes float32 [n, 3, size, size], or one image, or NHWC if it is the user's own and does."""
        session = self.classifier.session
        if isinstance(session, OnnxSession):
            return session.path
        assert isinstance(session, TorchSession)
        from edgewise.zoo.export import to_onnx

        path = self.scratch / "network.onnx"
        path.write_bytes(to_onnx(session.module, self.size_px, self.classifier.card.source))
        return path

    @property
    def ends(self) -> Ends | None:
        """What a card said of the user's own ONNX file; None for any other."""
        return self.classifier.session.ends if isinstance(self.classifier.session, OnnxSession) else None

    def fed(self, image: np.ndarray) -> np.ndarray:
        """float32 [1, 3, h, w] in the order and type that `onnx_path` takes."""
        session = self.classifier.session
        return session.batch(image) if isinstance(session, OnnxSession) else image

    @cached_property
    def module(self) -> "nn.Module":
        """In eval mode, float32 [n, 3, size, size] to [n, outputs]; raises what `on_pytorch` does."""
        session: Any = self.classifier.session
        if isinstance(session, OnnxSession):
            from edgewise.prune.onnx_network import on_pytorch

            session = on_pytorch(self.classifier).session
        assert isinstance(session, TorchSession)
        return session.module


class Exporter(Protocol):
    """Writes a network for one runtime: the file of that path, and the one with its weights where that is another.

    `images` are those to quantise with; without them int8 cannot be had. Raises `ModelError` that names the operator
    where the runtime cannot take the network, `MissingExtra` without the packages.
    """

    def __call__(
        self, network: Network, path: Path, precision: Precision, images: Images | None
    ) -> tuple[str, ...] | None:
        """What it returns are the operators that run, and run slowly."""
        ...
