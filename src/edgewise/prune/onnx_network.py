"""An ONNX file as a PyTorch network that can be pruned, proved against ONNX Runtime.

Source: onnx2torch (ENOT, Apache-2.0) turns the operators into modules; what it makes is tried on random images.
"""

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from edgewise.errors import MissingExtra, ModelError
from edgewise.runtime.onnx import OnnxSession
from edgewise.runtime.torch import TorchSession, import_torch
from edgewise.zoo.classifier import Classifier, log_probabilities
from edgewise.zoo.export import TOLERANCE, relative_error

if TYPE_CHECKING:
    from torch import nn

_CHECK_IMAGES = 4
_FLOOR = 1e-12  # of probabilities whose logarithms are compared
_ITS_ORIGIN = "Give the network that it was made from: timm:NAME, torchvision:NAME or torch:PATH.py:FACTORY."
_WITHOUT_IT = f"Export it in other operators (an older opset, no runtime's own optimisation). {_ITS_ORIGIN}"


def on_pytorch(classifier: Classifier, output: str | None = None, *, threads: int = 1) -> Classifier:
    """The classifier of an ONNX file, on PyTorch; card and fingerprint are the file's.

    `output` is the tensor of the classes where the file gives several. A Softmax at the end is left out, so that it
    gives logits. On random images it must agree with ONNX Runtime to within `TOLERANCE` of the largest logit. Raises
    `ModelError` for a file that is not in float32, gives probabilities that come from no Softmax, uses an operator that
    has no counterpart, or answers otherwise; `MissingExtra` without the packages.
    """
    session = classifier.session
    assert isinstance(session, OnnxSession)
    if session.signature.number != "float32":
        raise ModelError(
            f"{session.path} takes {session.signature.number}; only networks in float32 can be pruned.",
            "Export it with a float32 input, and scale pixels outside of it: mean and std in its card.",
        )
    import_torch(f"Pruning {session.path}")
    from edgewise.runtime.torchvision_beside_cpu_torch import declare_operators

    declare_operators()
    try:
        import onnx2torch  # noqa: F401 - for the error that says how to get it
        import onnxscript  # noqa: F401
    except ImportError as error:
        raise MissingExtra(f"Pruning {session.path}", "torch") from error
    from edgewise.prune.onnx_lowered import lowered

    size_px = classifier.card.preprocess.size_px
    found = lowered(session.path, size_px, session.signature.layout, output)
    if classifier.card.output == "probabilities" and not found.without_softmax:
        raise ModelError(
            f"{session.path} gives probabilities, and does not make them by a Softmax at its end.",
            "Export it without its last layer, so that it gives logits.",
        )
    network = _converted(found.model, session.path, size_px)
    on_torch = TorchSession(network, classifier.card.source, size_px=size_px, threads=threads)
    _see_that_they_agree(session, on_torch, size_px, without_softmax=found.without_softmax)
    return replace(classifier, card=replace(classifier.card, output="logits"), session=on_torch)


def _converted(model: Any, path: Path, size_px: int) -> "nn.Module":
    import torch
    from onnx2torch import convert

    from edgewise.prune.onnx_plain import plain

    _see_that_operators_are_known(model, path)
    try:
        return plain(convert(model), torch.zeros(1, 3, size_px, size_px))
    except Exception as error:  # the package's own, of many kinds
        first = next(iter(str(error).strip().splitlines()), type(error).__name__)
        where = _stumbles(model)
        raise ModelError(
            f"{path} cannot be turned into a PyTorch network{where and ': ' + where}: {first[:300]}", _ITS_ORIGIN
        ) from error


def _see_that_operators_are_known(model: Any, path: Path) -> None:
    from onnx2torch.node_converters.registry import get_converter

    versions = {one.domain: one.version for one in model.opset_import}
    unknown: dict[str, str] = {}  # an operator, and the first node of it
    for node in model.graph.node:
        try:
            get_converter(node.op_type, versions.get(node.domain, 1), node.domain)
        except NotImplementedError:
            unknown.setdefault(f"{node.domain}.{node.op_type}".lstrip("."), node.name)
    if unknown:
        named = ", ".join(f"{name} (at {node})" if node else name for name, node in unknown.items())
        raise ModelError(f"{path} uses {named}, which cannot be turned into PyTorch.", _WITHOUT_IT)


def _stumbles(model: Any) -> str:
    """The operator whose form has no counterpart, if it is one operator's."""
    from onnx.shape_inference import infer_shapes
    from onnx2torch.node_converters.registry import get_converter
    from onnx2torch.onnx_graph import OnnxGraph

    versions = {one.domain: one.version for one in model.opset_import}
    graph = OnnxGraph(infer_shapes(model).graph)
    for name, node in graph.nodes.items():
        try:
            get_converter(node.operation_type, versions[node.domain], node.domain)(node, graph)
        except Exception:  # the very one that is looked for
            return f"{node.operation_type} (at {name})"
    return ""


def _see_that_they_agree(
    onnx_session: OnnxSession, on_torch: TorchSession, size_px: int, *, without_softmax: bool
) -> None:
    """Random images, one at a time and together."""
    noise = np.random.default_rng(0).normal(size=(_CHECK_IMAGES, 3, size_px, size_px)).astype(np.float32)
    expected, found = onnx_session.run(noise), on_torch.run(noise)
    if without_softmax:
        shifted = np.exp(found - found.max(axis=1, keepdims=True))
        expected, found = (
            log_probabilities(one, _FLOOR) for one in (expected, shifted / shifted.sum(1, keepdims=True))
        )
    error = relative_error(expected, found) if expected.shape == found.shape else float("nan")
    if not error <= TOLERANCE:
        raise ModelError(
            f"{onnx_session.path}, turned into a PyTorch network, gives other outputs than on ONNX Runtime: they "
            f"differ by {error:.2g} of the largest, allowed is {TOLERANCE:g}.",
            f"Export it once more, from float32 and in eval mode. {_ITS_ORIGIN}",
        )
