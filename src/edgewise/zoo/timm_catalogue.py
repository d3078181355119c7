"""timm's list of networks, and what it says of each without building it."""

import difflib
import math
from collections.abc import Mapping
from typing import Any

from edgewise.errors import MissingExtra, ModelError
from edgewise.images.preprocess import Preprocess
from edgewise.runtime.torch import import_torch
from edgewise.zoo.classes import ClassSet, imagenet1k


def import_timm(what: str) -> Any:
    """timm, imported on first need. Raises `MissingExtra` for `what` when it is absent."""
    import_torch(what)
    from edgewise.runtime.torchvision_beside_cpu_torch import declare_operators

    declare_operators()
    try:
        import timm
    except ImportError as error:
        raise MissingExtra(what, "torch") from error
    return timm


def matching(pattern: str) -> tuple[str, ...]:
    """The names that a pattern matches; their tags are listed when the pattern has a tag of its own."""
    timm = import_timm(f"timm:{pattern}")
    return tuple(timm.list_models(pattern, include_tags="." in pattern))


def entry(name: str) -> Any:
    """timm's record of `ARCHITECTURE` or `ARCHITECTURE.TAG`. Raises `ModelError`, with the nearest names."""
    timm = import_timm(f"timm:{name}")
    architecture, _, tag = name.partition(".")
    if not timm.is_model(architecture):
        near = difflib.get_close_matches(architecture, timm.list_models(), n=3, cutoff=0.0)
        raise ModelError(f"timm has no {architecture!r}.", f"The nearest names: {', '.join(near)}.")
    tags = [found.partition(".")[2] for found in timm.list_models(f"{architecture}.*", include_tags=True)]
    if tag and tag not in tags:
        raise ModelError(
            f"timm's {architecture} has no tag {tag!r}.", f"It has: {', '.join(filter(None, tags)) or 'none'}."
        )
    return timm.models.get_pretrained_cfg(name) or timm.models.PretrainedCfg(architecture=architecture)


def preprocess_of(config: Mapping[str, Any]) -> Preprocess:
    """How a record says that images are prepared.

    Differs: timm scales with Pillow's antialiased filters, which OpenCV does not have; averaging over areas is nearer
    to them than OpenCV's filters of the same names. timm's rare crop mode "border" is taken for "center".
    """
    from timm.data.config import resolve_data_config

    resolved = resolve_data_config(pretrained_cfg=dict(config))
    size_px = int(resolved["input_size"][-1])
    return Preprocess(
        size_px,
        math.floor(size_px / resolved["crop_pct"]),
        resize="squash" if resolved["crop_mode"] == "squash" else "crop",
        mean=tuple(resolved["mean"]),
        std=tuple(resolved["std"]),
    )


def classes_of(config: Mapping[str, Any], count: int) -> ClassSet | None:
    """The classes that a record names, or that its number of classes means; None where neither tells."""
    if config.get("num_classes") != count:
        return imagenet1k() if count == 1000 else None
    if labels := config.get("label_names"):
        described = config.get("label_descriptions") or {}
        names = tuple(str(described.get(label, label)) for label in labels)
        return ClassSet(names, tuple(map(str, labels)) if described else ())
    if count == 1000:
        return imagenet1k()
    from timm.data.imagenet_info import ImageNetInfo, infer_imagenet_subset

    subset = infer_imagenet_subset({"num_classes": count})
    if subset is None:
        return None
    info = ImageNetInfo(subset)
    return ClassSet(tuple(info.label_descriptions()), tuple(info.label_names()))


def paper_of(config: Mapping[str, Any]) -> str:
    """The identifiers of the paper, as "arXiv:1512.03385"."""
    papers = config.get("paper_ids") or ()
    return ", ".join((papers,) if isinstance(papers, str) else papers)
