"""The Hugging Face hub: `hf:OWNER/NAME` (a timm network) and `hf:OWNER/NAME/FILE.onnx` or `.tflite`."""

import json
from pathlib import Path
from typing import Any

from edgewise.errors import ModelError
from edgewise.zoo.card import read_card
from edgewise.zoo.classifier import Classifier
from edgewise.zoo.hub import HubName, fetch, fetch_optional, parse_hub_name
from edgewise.zoo.loaders.litert import litert_classifier
from edgewise.zoo.loaders.onnx import onnx_classifier
from edgewise.zoo.loaders.timm import LOCAL_HINT, build, timm_classifier
from edgewise.zoo.loaders.weights import local_weights
from edgewise.zoo.sources import Source
from edgewise.zoo.timm_catalogue import import_timm

_EXPORT_HINT = (
    "Export it to ONNX (for Transformers: optimum-cli export onnx --model {id} DIR), and name the file: onnx:PATH."
)
_NO_SAFETENSORS = "Pickled weights (pytorch_model.bin) are not read, for opening them can run any code."


def load_hf(source: Source, *, threads: int, embedding: bool) -> Classifier:
    """A file of a repository, or the timm network that its config.json describes."""
    repo = parse_hub_name(source.where)
    if repo.file is None:
        return timm_classifier(_build_timm(repo, source), source, threads, embedding=embedding)
    return _load_file(repo, repo.file, source, threads, embedding=embedding)


def _load_file(repo: HubName, file: str, source: Source, threads: int, *, embedding: bool) -> Classifier:
    """A model file; a card beside it in the repository is read, and what `source` says goes over it."""
    if not file.endswith((".onnx", ".tflite")):
        raise ModelError(
            f"{source.text}: {Path(file).suffix or file} is no format that runs here.", "Take .onnx or .tflite."
        )
    path = fetch(repo, file)
    beside = fetch_optional(repo, str(Path(file).with_suffix(".toml")))
    card = source.card.over(read_card(beside)) if beside else source.card
    source = Source(source.kind, source.where, card)
    if file.endswith(".tflite"):
        return litert_classifier(source, path, threads, embedding=embedding)
    for suffix in (".data", "_data"):  # where exporters put the weights of a large file
        fetch_optional(repo, file + suffix)
    return onnx_classifier(source, path, threads, embedding=embedding)


def _build_timm(repo: HubName, source: Source) -> Any:
    """The network of a repository in timm's form: config.json with the architecture, and model.safetensors."""
    config = _read_config(repo, source)
    timm = import_timm(f"The model {source.text}")
    architecture = config["architecture"]
    if not timm.is_model(architecture):
        raise ModelError(f"{source.text} is a {architecture!r}, which this timm does not know.", "Update timm.")
    record = _record(timm, config)
    weights = local_weights(source.card) or fetch(
        repo, "model.safetensors", offline_hint=LOCAL_HINT, missing_hint=_NO_SAFETENSORS
    )
    arguments = {"pretrained_cfg": record, **config.get("model_args", {})}
    return build(timm, architecture, record, weights, source, **arguments)


def _read_config(repo: HubName, source: Source) -> dict[str, Any]:
    path = fetch(repo, "config.json", missing_hint=f"Name a file of the repository: hf:{repo}/FILE.onnx.")
    try:
        config = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise ModelError(
            f"{source.text}: its config.json cannot be read: {error}.",
            f"Delete it, so that it is fetched again: {path}",
        ) from error
    if isinstance(config, dict) and isinstance(config.get("architecture"), str):
        return config
    kind = config.get("model_type") if isinstance(config, dict) else None
    library = f"a {kind!r} of the Transformers library" if kind else "no timm network"
    raise ModelError(f"{source.text} is {library}, which does not run here.", _EXPORT_HINT.format(id=repo.id))


def _record(timm: Any, config: dict[str, Any]) -> dict[str, Any]:
    """timm's own record form, from a config.json of today's form or of the older flat one."""
    from dataclasses import fields

    known = {field.name for field in fields(timm.models.PretrainedCfg)} - {"file", "state_dict", "source", "url"}
    flat = {**config.get("pretrained_cfg", {}), **config}
    if "labels" in flat:
        flat.setdefault("label_names", flat["labels"])
    return {key: tuple(value) if isinstance(value, list) else value for key, value in flat.items() if key in known}
