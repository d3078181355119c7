"""The layers of a classifier that is named as for --zoo, as ONNX Runtime would run them."""

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

from edgewise.devices.layer import LayerShape
from edgewise.devices.measured_layers import layer_shapes
from edgewise.errors import UsageError

if TYPE_CHECKING:
    from edgewise.zoo.sources import Source


def layers_of_source(source: "Source") -> tuple[tuple[LayerShape, ...], int]:
    """Shapes, and the input size in px.

    Networks of timm and torchvision whose card names no weights are built with drawn ones: times do not depend on them,
    and nothing is fetched. Raises `UsageError` for a classifier that neither is an ONNX file nor runs on PyTorch, and
    what loading and exporting do.
    """
    if source.kind in ("timm", "torchvision") and "weights" not in source.card.given:
        from edgewise.prune.architectures import randomise
        from edgewise.prune.source import network_of

        network, size_px = network_of(source)
        randomise(network)  # some norms begin at 0, and what is behind them would be folded away
        return layers_of_module(network, size_px, source.text), size_px
    from edgewise.runtime.onnx import OnnxSession
    from edgewise.zoo.loaders import load

    classifier = load(source)
    session: Any = classifier.session
    size_px = classifier.card.preprocess.size_px
    if isinstance(session, OnnxSession):
        return layer_shapes(session.path, size_px), size_px
    if not hasattr(session, "module"):
        raise UsageError(
            f"{source.text} runs neither on ONNX Runtime nor on PyTorch; only such networks can be foretold.",
            "Name an ONNX file, or the PyTorch network that it was made from.",
        )
    return layers_of_module(session.module, size_px, source.text), size_px


def layers_of_module(network: Any, size_px: int, what: str) -> tuple[LayerShape, ...]:
    """Of a `torch.nn.Module`, through ONNX. Raises what `to_onnx` does."""
    from edgewise.zoo.export import to_onnx

    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "network.onnx"
        path.write_bytes(to_onnx(network, size_px, what))
        return layer_shapes(path, size_px)
