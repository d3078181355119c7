"""What is known of classifiers that are not loaded: from their cards, their files, or their library's catalogue."""

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from edgewise.errors import EdgewiseError
from edgewise.runtime.onnx_file import read_onnx_file
from edgewise.zoo.model_files import file_bytes
from edgewise.zoo.sources import KINDS, Source
from edgewise.zoo.tiny.shipped import shipped_path


@dataclass(frozen=True)
class Listed:
    """One classifier of a list; None where nothing says."""

    name: str
    source: str
    kind: str
    size_px: int | None = None
    classes: int | None = None
    macs: int | None = None
    params: int | None = None
    bytes: int | None = None
    licence: str = ""
    paper: str = ""


def list_source(source: Source, *, measure: bool = False) -> Listed:
    """What can be told of a source without loading it.

    `measure` also finds the parameters and MACs of timm's networks, by building each without weights; a second or two
    a network. Never raises for a source that cannot be read: what is not known stays None.
    """
    usual = _from_card if source.kind in KINDS else _from_file  # of another package's runtime
    listed = _KINDS.get(source.kind, usual)(source)
    if measure and source.kind == "timm" and (listed.params is None or listed.macs is None):
        listed = _measured(listed, source.where)
    given = source.card.given
    classes = given.get("classes")
    return replace(
        listed,
        classes=len(classes) if isinstance(classes, list) else 1000 if classes == "imagenet1k" else listed.classes,
        **{key: given[key] for key in ("size_px", "macs", "params", "licence", "paper") if given.get(key)},
    )


def _from_card(source: Source) -> Listed:
    return Listed(source.name, source.text, source.kind)


def _from_onnx(source: Source) -> Listed:
    path = shipped_path(source.text, ".onnx") if source.kind == "tiny" else Path(source.where)
    stored = read_onnx_file(path)
    return Listed(
        source.name,
        source.text,
        source.kind,
        size_px=stored.size_px if stored else None,
        params=stored.params if stored else None,
        bytes=file_bytes(path),
    )


def _from_file(source: Source) -> Listed:
    return replace(_from_card(source), bytes=file_bytes(Path(source.where)))


def _from_timm(source: Source) -> Listed:
    from edgewise.zoo.timm_catalogue import entry, paper_of

    try:
        config = entry(source.where).to_dict()
    except EdgewiseError:  # timm is absent, or has no such network: loading will say it
        return _from_card(source)
    return Listed(
        source.name,
        source.text,
        source.kind,
        size_px=config["input_size"][-1],
        classes=config["num_classes"] or None,
        licence=config.get("license") or "",
        paper=paper_of(config),
    )


def _from_torchvision(source: Source) -> Listed:
    from edgewise.zoo.loaders.torchvision import find_weights, import_models, preprocess_of

    try:
        _, published = find_weights(import_models(source.text), source.where)
    except EdgewiseError:
        return _from_card(source)
    if published is None:
        return _from_card(source)
    meta: dict[str, Any] = published.meta
    return Listed(
        source.name,
        source.text,
        source.kind,
        size_px=preprocess_of(published).size_px,
        classes=len(meta["categories"]),
        macs=round(meta["_ops"] * 1e9) if "_ops" in meta else None,
        params=meta.get("num_params"),
        bytes=round(meta["_file_size"] * 2**20) if "_file_size" in meta else None,
        licence=meta.get("license", "BSD-3-Clause"),
    )


def _measured(listed: Listed, name: str) -> Listed:
    """With parameters and MACs, counted on a network of shapes without numbers."""
    import torch

    from edgewise.zoo.macs.torch import count_macs
    from edgewise.zoo.timm_catalogue import import_timm

    try:
        with torch.device("meta"):
            network = import_timm(name).create_model(name).eval()
    except Exception:  # foreign code on a device that it was not written for
        return listed
    params = sum(weight.numel() for weight in network.parameters())
    return replace(listed, params=params, macs=count_macs(network, listed.size_px) if listed.size_px else None)


_KINDS = {
    "tiny": _from_onnx,
    "onnx": _from_onnx,
    "tflite": _from_file,
    "openvino": _from_file,
    "executorch": _from_file,
    "ncnn": _from_file,
    "timm": _from_timm,
    "torchvision": _from_torchvision,
}
