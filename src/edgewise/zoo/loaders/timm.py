"""timm's networks: `timm:ARCHITECTURE` or `timm:ARCHITECTURE.TAG`."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from edgewise.errors import ModelError
from edgewise.zoo.classifier import Classifier
from edgewise.zoo.hub import HubName, fetch
from edgewise.zoo.loaders.module import module_classifier
from edgewise.zoo.loaders.usual import Usual
from edgewise.zoo.loaders.weights import check_fit, head_size, local_weights, weight_shapes
from edgewise.zoo.sources import Source
from edgewise.zoo.timm_catalogue import classes_of, entry, import_timm, paper_of, preprocess_of
from edgewise.zoo.url_weights import fetch_url

LOCAL_HINT = (
    'Without a network, name local weights: --weights FILE.safetensors, or weights = "FILE.safetensors" in a zoo file.'
)


def load_timm(source: Source, *, threads: int, embedding: bool) -> Classifier:
    """A timm network, with the weights that its card names or else timm's own, from the hub or its cache."""
    timm = import_timm(f"The model {source.text}")
    config = entry(source.where)
    weights = local_weights(source.card) or published_weights(config, source.text)
    module = build(timm, source.where, config.to_dict(), weights, source)
    return timm_classifier(module, source, threads, embedding=embedding)


def published_weights(config: Any, what: str) -> Path:
    """Where the weights of timm's record lie, fetched if need be. Raises `ModelError` where they cannot be had."""
    if config.hf_hub_id:
        name, _, revision = config.hf_hub_id.partition("@")
        repo = HubName(name, revision or None)
        return fetch(repo, config.hf_hub_filename or "model.safetensors", offline_hint=LOCAL_HINT)
    if config.url:
        return fetch_url(config.url, what, LOCAL_HINT)
    raise ModelError(f"timm publishes no weights for {what}.", f"Choose another tag. {LOCAL_HINT}")


def build(timm: Any, name: str, config: Mapping[str, Any], weights: Path, source: Source, **arguments: Any) -> Any:
    """The network with its weights, and with as many classes as the weights have.

    Raises `ModelError` for weights of another architecture, naming what does not fit.
    """
    shapes = weight_shapes(weights) if weights.suffix == ".safetensors" else {}
    count = head_size(shapes, config.get("classifier")) or config.get("num_classes", 0)
    if not count:
        raise ModelError(f"{source.text} has no head: it gives features, no classes.", "Choose another tag.")
    if config.get("fixed_input_size") and "size_px" in source.card.given:
        arguments["img_size"] = source.card.given["size_px"]
    overlay = {"file": str(weights), "num_classes": count}
    try:
        return timm.create_model(name, pretrained=True, pretrained_cfg_overlay=overlay, num_classes=count, **arguments)
    except Exception as error:  # timm's own, PyTorch's, or the file's
        if shapes:
            check_fit(timm.create_model(name, num_classes=count, **arguments), shapes, weights, source.text)
        reason = str(error).strip().splitlines()[0][:200] if str(error).strip() else type(error).__name__
        raise ModelError(f"{source.text} cannot be built with the weights {weights}: {reason}", LOCAL_HINT) from error


def timm_classifier(module: Any, source: Source, threads: int, *, embedding: bool = False) -> Classifier:
    """A network that timm built, with what its record says of it."""
    config = module.pretrained_cfg
    usual = Usual(
        preprocess_of(config),
        classes=classes_of(config, module.num_classes),
        licence=config.get("license") or "",
        paper=paper_of(config),
    )
    return module_classifier(module, source, threads, usual, embedding=embedding)
