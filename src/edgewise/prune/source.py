"""The PyTorch network behind a source of the zoo."""

from typing import TYPE_CHECKING, Any

from edgewise.errors import UsageError

if TYPE_CHECKING:
    from torch import nn

    from edgewise.zoo.classifier import Classifier
    from edgewise.zoo.sources import Source

_LIBRARIES = ("timm", "torchvision")
_CAN_BE_PRUNED = (
    "Give the network that it was made from: timm:NAME, torchvision:NAME, torch:PATH.py:FACTORY or onnx:PATH."
)
_WITH_AUXILIARY_HEADS = ("googlenet", "inception_v3")  # of torchvision: heads that only training uses


def network_of(source: "Source", classes: int | None = None) -> "tuple[nn.Module, int]":
    """The PyTorch network of a source, in eval mode, and the input size of its card in px.

    A network of timm or torchvision whose card names no weights comes with drawn ones, and with as many `classes` as
    one likes: its groups and what they cost do not depend on them, and nothing is fetched. Raises `UsageError` for a
    source that does not run on PyTorch or has classes of its own, and as loading does.
    """
    if source.kind in _LIBRARIES and "weights" not in source.card.given:
        network, size_px = (_timm if source.kind == "timm" else _torchvision)(source, classes)
        return network.eval(), source.card.given.get("size_px", size_px)
    if source.kind not in ("torch", "hf", "tiny", "onnx", *_LIBRARIES):
        raise UsageError(f"{source.text} is no PyTorch network; only such can be pruned.", _CAN_BE_PRUNED)
    if classes is not None:
        raise UsageError(f"{source.text} has classes of its own.", "Leave --classes out.")
    classifier, network = trained(source)
    return network, classifier.card.preprocess.size_px


def trained(source: "Source", *, threads: int = 1) -> "tuple[Classifier, nn.Module]":
    """The classifier of a source with its weights, on PyTorch, and the network behind it.

    A bundled network, which answers on ONNX Runtime elsewhere, comes with its PyTorch weights. Raises `UsageError` for
    a source that does not run on PyTorch, and as loading does.
    """
    from edgewise.runtime.onnx import OnnxSession
    from edgewise.runtime.torch import TorchSession
    from edgewise.zoo.loaders import load

    classifier = (_bundled if source.kind == "tiny" else load)(source, threads=threads)
    if isinstance(classifier.session, OnnxSession):
        from edgewise.prune.onnx_network import on_pytorch

        classifier = on_pytorch(classifier, source.card.given.get("output_name"), threads=threads)
    if not isinstance(classifier.session, TorchSession):
        raise UsageError(f"{source.text} does not run on PyTorch; only such networks can be pruned.", _CAN_BE_PRUNED)
    return classifier, classifier.session.module


def _bundled(source: "Source", *, threads: int) -> "Classifier":
    from edgewise.runtime.torch import import_torch
    from edgewise.zoo.loaders.module import module_classifier
    from edgewise.zoo.loaders.usual import Usual, imagenet_input

    torch = import_torch(f"The model {source.text} on PyTorch")
    from edgewise.zoo.tiny import load

    torch.set_num_threads(threads)
    usual = Usual(imagenet_input(source.card.given["size_px"]))  # the bundled card says all of it
    return module_classifier(load(source.text), source, threads, usual, embedding=False)


def _timm(source: "Source", classes: int | None) -> tuple[Any, int]:
    from edgewise.zoo.timm_catalogue import entry, import_timm, preprocess_of

    timm = import_timm(f"The model {source.text}")
    size_px = preprocess_of(entry(source.where).to_dict()).size_px
    return timm.create_model(source.where, **({} if classes is None else {"num_classes": classes})), size_px


def _torchvision(source: "Source", classes: int | None) -> tuple[Any, int]:
    from edgewise.zoo.loaders.torchvision import find_weights, import_models, preprocess_of

    models = import_models(f"The model {source.text}")
    name, published = find_weights(models, source.where)
    options: dict[str, Any] = {} if classes is None else {"num_classes": classes}
    if name in _WITH_AUXILIARY_HEADS:
        options |= {"aux_logits": False, "init_weights": False}
    return models.get_model(name, weights=None, **options), preprocess_of(published).size_px
