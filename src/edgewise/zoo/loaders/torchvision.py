"""torchvision's networks: `torchvision:NAME`, or `torchvision:NAME.WEIGHTS` for other weights than its best."""

import difflib
import re
from pathlib import Path
from typing import Any

from edgewise.errors import MissingExtra, ModelError
from edgewise.images.preprocess import Preprocess
from edgewise.runtime.session import DEFAULT_SIZE_PX
from edgewise.runtime.torch import import_torch
from edgewise.zoo.classes import imagenet1k
from edgewise.zoo.classifier import Classifier
from edgewise.zoo.loaders.module import module_classifier
from edgewise.zoo.loaders.timm import LOCAL_HINT
from edgewise.zoo.loaders.usual import Usual, imagenet_input
from edgewise.zoo.loaders.weights import check_fit, fill, local_weights, weight_shapes
from edgewise.zoo.sources import Source
from edgewise.zoo.url_weights import fetch_url

_WITH_AUXILIARY_HEADS = ("googlenet", "inception_v3")  # heads that only training uses
_AUXILIARY = ("aux1.", "aux2.", "AuxLogits.")
_DOTTED_LAYER = re.compile(r"(denselayer\d+\.(?:norm|conv))\.(?=\d\.)")


def load_torchvision(source: Source, *, threads: int, embedding: bool) -> Classifier:
    """A torchvision classifier, with the weights that its card names or else the published ones.

    Reading: local weights of googlenet and inception_v3 are taken to have been trained as the published ones were, on
    inputs that the network itself brings from ImageNet's normalisation to its own.
    """
    models = import_models(f"The model {source.text}")
    name, published = find_weights(models, source.where)
    path = local_weights(source.card)
    state = _read_local(path) if path else _read_published(published, source.text)
    module = _build(models, name, state, path or Path(published.url if published else ""), source.text)
    classes = imagenet1k() if published is not None and len(published.meta["categories"]) == 1000 else None
    licence = published.meta.get("license", "BSD-3-Clause") if published is not None else ""
    usual = Usual(preprocess_of(published), classes, licence)
    return module_classifier(module, source, threads, usual, embedding=embedding)


def import_models(what: str) -> Any:
    """torchvision's models, imported on first need. Raises `MissingExtra` for `what` when they are absent."""
    import_torch(what)
    from edgewise.runtime.torchvision_beside_cpu_torch import declare_operators

    declare_operators()
    try:
        from torchvision import models
    except ImportError as error:
        raise MissingExtra(what, "torch") from error
    return models


def matching(pattern: str) -> tuple[str, ...]:
    """The names of torchvision's classifiers that a pattern matches."""
    models = import_models(f"torchvision:{pattern}")
    return tuple(models.list_models(module=models, include=pattern))


def find_weights(models: Any, where: str) -> tuple[str, Any]:
    """The network's name, and its published weights or None. Raises `ModelError` for a name that is not there."""
    name, _, tag = where.partition(".")
    known = models.list_models(module=models)
    if name not in known:
        near = difflib.get_close_matches(name, known, n=3, cutoff=0.0)
        raise ModelError(f"torchvision has no classifier {name!r}.", f"The nearest names: {', '.join(near)}.")
    choices = models.get_model_weights(name)
    if tag and tag not in choices.__members__:
        raise ModelError(f"torchvision's {name} has no weights {tag!r}.", f"It has: {', '.join(choices.__members__)}.")
    return name, choices[tag] if tag else getattr(choices, "DEFAULT", None)


def preprocess_of(published: Any) -> Preprocess:
    """How published weights say that images are prepared.

    Differs: torchvision scales with antialiased filters, which OpenCV does not have; averaging over areas is nearer to
    them than OpenCV's filters of the same names.
    """
    if published is None:
        return imagenet_input(DEFAULT_SIZE_PX)
    transforms = published.transforms()
    (size_px,), (resize_px,) = transforms.crop_size, transforms.resize_size
    return Preprocess(size_px, resize_px, mean=tuple(transforms.mean), std=tuple(transforms.std))


def _read_local(path: Path) -> dict[str, Any]:
    from safetensors.torch import load_file

    weight_shapes(path)  # says what is wrong with a broken file
    return load_file(path)


def _read_published(published: Any, what: str) -> dict[str, Any]:
    import torch

    if published is None:
        raise ModelError(f"torchvision publishes no weights for {what}.", LOCAL_HINT)
    path = fetch_url(published.url, what, LOCAL_HINT)
    return torch.load(path, map_location="cpu", weights_only=True)


def _build(models: Any, name: str, state: dict[str, Any], path: Path, what: str) -> Any:
    """The network with its weights, as many classes as they have, and without heads that only training uses."""
    # Drawing their initial weights takes seconds, and says that it will go.
    auxiliary = {"aux_logits": False, "transform_input": True, "init_weights": False}
    options = auxiliary if name in _WITH_AUXILIARY_HEADS else {}
    versions = getattr(state, "_metadata", None)
    state = {_modern(key): value for key, value in state.items() if not key.startswith(_AUXILIARY)}
    module = models.get_model(name, **options)
    head = [key for key in module.state_dict() if key.endswith(".weight")][-1]
    if head in state and len(state[head]) != len(module.state_dict()[head]):
        module = models.get_model(name, num_classes=len(state[head]), **options)
    check_fit(module, {key: tuple(value.shape) for key, value in state.items()}, path, what)
    fill(module, state, versions)
    return module


def _modern(key: str) -> str:
    """Published DenseNet weights name their layers with a dot more than PyTorch allows now: norm.1 became norm1."""
    return _DOTTED_LAYER.sub(r"\1", key)
