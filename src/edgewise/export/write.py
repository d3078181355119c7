"""Write a classifier for a runtime at a precision, and see that it answers as the original does."""

import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, replace
from importlib import import_module
from pathlib import Path
from typing import get_args

import numpy as np

from edgewise.errors import GuardRefused, ModelError, UsageError
from edgewise.export.network import Exporter, Images, Network, Precision
from edgewise.runtime.engines import ABOUT, Engine
from edgewise.store import atomic_path
from edgewise.zoo.card import Card, Output, read_card
from edgewise.zoo.classifier import Classifier, log_probabilities
from edgewise.zoo.export import card_toml, file_stem, relative_error
from edgewise.zoo.loaders import load
from edgewise.zoo.model_files import SUFFIXES, file_bytes, files_of
from edgewise.zoo.sources import Source

_LIMITS: Mapping[Precision, float] = {"fp32": 1e-3, "fp16": 0.05, "bf16": 0.1}  # of the largest logit
_NOISE_IMAGES = 4
_SMALLEST = 1e-6  # probability whose logarithm is compared


@dataclass(frozen=True)
class Target:
    """A runtime and a precision."""

    engine: Engine
    precision: Precision

    def __str__(self) -> str:
        return f"{ABOUT[self.engine].title} {self.precision}"

    def stem(self, name: str) -> str:
        """The name of its files: the network's, the runtime's where it is not the usual one, the precision if lower."""
        parts = [
            name,
            *([] if self.engine is Engine.ONNX_RUNTIME else [self.engine]),
            *([] if self.precision == "fp32" else [self.precision]),
        ]
        return file_stem("-".join(parts))


@dataclass(frozen=True)
class Agreement:
    """How a written network answers beside the original."""

    images: int  # of the user; 0: noise alone
    same: float | None  # the share of the user's images with the same first answer
    relative_error: float  # the largest difference of two logits, as a share of the largest


@dataclass(frozen=True)
class Written:
    """A network that was written, and what was seen of it."""

    target: Target
    model: Path
    card: Path
    bytes: int
    agreement: Agreement


@dataclass(frozen=True)
class UserImages:
    """What quantising and judging need: different ones, as the network takes them."""

    calibrate: Images
    judge: Images


def targets(to: list[str], precisions: list[str]) -> tuple[Target, ...]:
    """Every runtime at every precision that it has, in that order.

    Raises `UsageError` for a runtime or a precision that is none, and for a runtime with none of those precisions.
    """
    for precision in precisions:
        if precision not in get_args(Precision):
            raise UsageError(f"{precision!r} is no precision.", f"Allowed: {', '.join(get_args(Precision))}.")
    found: list[Target] = []
    for name in to:
        engine = next((one for one in _EXPORTERS if one.value == name), None)
        if engine is None:
            raise UsageError(f"{name!r} is no runtime to export to.", f"Allowed: {', '.join(_EXPORTERS)}.")
        able = precisions_of(engine)
        own = [Target(engine, precision) for precision in able if precision in precisions]
        if not own:
            raise UsageError(f"{ABOUT[engine].title} has no {' or '.join(precisions)}.", f"It has {', '.join(able)}.")
        found += own
    return tuple(found)


def precisions_of(engine: Engine) -> tuple[Precision, ...]:
    """What can be written for a runtime."""
    module, _ = _EXPORTERS[engine]
    return import_module(module).PRECISIONS


def write(
    classifier: Classifier,
    target: Target,
    folder: Path,
    images: UserImages | None = None,
    *,
    least_agreement: float = 0.8,
) -> Written:
    """Write the files of `target` and a card; they get their names when the network was run and agrees.

    fp32, fp16 and bf16 are held against the original on noise, by their logits; with the user's images every precision
    is, by its first answers. Raises `GuardRefused` where these agree on less than `least_agreement`, `ModelError` where
    the runtime cannot take the network or answers otherwise, `UsageError` for int8 without images, and for a classifier
    that is a file of a runtime already, `MissingExtra` without the runtime.
    """
    if target.precision == "int8" and images is None:
        raise UsageError("int8 needs images to see how large activations are.", "Name some of the user's: --data.")
    name = classifier.card.name
    own_name = target.stem(name)
    path = folder / f"{own_name}{SUFFIXES[_kind(target.engine)]}"
    with tempfile.TemporaryDirectory(prefix="edgewise-export-") as scratch:
        made = Path(scratch) / path.name
        calibrate = images.calibrate if images else None
        _exporter(target.engine)(Network(classifier, Path(scratch)), made, target.precision, calibrate)
        card_path = made.with_suffix(".toml")
        agreement = _agreement(classifier, _loaded(target, made, replace(classifier.card, name=own_name)), images)
        _see_that_it_agrees(target, name, agreement, least_agreement)
        folder.mkdir(parents=True, exist_ok=True)
        placed = folder / card_path.name
        for part in (card_path, *reversed(files_of(made))):  # the one that is named last: what it needs is there
            with atomic_path(folder / part.name) as temporary:
                temporary.write_bytes(part.read_bytes())
    return Written(target, path, placed, file_bytes(path) or 0, agreement)


def _loaded(target: Target, path: Path, card: Card) -> Classifier:
    """The file with its card. An exporter may have left a Softmax out: then its outputs are logits."""
    for output in dict.fromkeys((card.output, "logits")):
        path.with_suffix(".toml").write_text(card_toml(replace(card, output=output)), encoding="utf-8")
        source = Source(_kind(target.engine), str(path), read_card(path.with_suffix(".toml")))
        try:
            return load(source)
        except ModelError:
            if output == "logits":
                raise
    raise AssertionError("it was loaded or refused")


def _kind(engine: Engine) -> str:
    return ABOUT[engine].reads[0]


def _agreement(original: Classifier, written: Classifier, images: UserImages | None) -> Agreement:
    size_px = original.card.preprocess.size_px
    noise = np.random.default_rng(0).normal(size=(_NOISE_IMAGES, 1, 3, size_px, size_px)).astype(np.float32)
    tried = images.judge() if images else noise
    pairs = [(original.predict(image)[0], written.predict(image)[0]) for image in tried]
    same = [bool(left.argmax() == right.argmax()) for left, right in pairs] if images else []
    expected, found = (_comparable(np.stack(side), original.card.output) for side in zip(*pairs, strict=True))
    return Agreement(len(same), float(np.mean(same)) if same else None, relative_error(expected, found))


def _comparable(logits: np.ndarray, output: Output) -> np.ndarray:
    """Logits of a network that gives probabilities are known up to a constant, and down to a floor."""
    if output == "logits":
        return logits
    shifted = np.exp(logits - logits.max(axis=1, keepdims=True))
    return log_probabilities(shifted / shifted.sum(axis=1, keepdims=True), _SMALLEST)


def _see_that_it_agrees(target: Target, name: str, found: Agreement, least: float) -> None:
    limit = _LIMITS.get(target.precision)
    if limit is not None and not found.relative_error <= limit:
        raise ModelError(
            f"{name} on {target} gives other outputs than the original: they differ by {found.relative_error:.2g} of "
            f"the largest, allowed is {limit:g}.",
            "Run it on another runtime, or at another precision.",
        )
    if found.same is not None and found.same < least:
        raise GuardRefused(
            f"{name} on {target} answers as the original does on {found.same:.0%} of {found.images} images; "
            f"{least:.0%} is asked for.",
            "Calibrate with more images, take another precision, or allow less with --min-agreement.",
        )


def _exporter(engine: Engine) -> Exporter:
    module, name = _EXPORTERS[engine]
    return getattr(import_module(module), name)


# Imported on first need: what they import is heavy.
_EXPORTERS: Mapping[Engine, tuple[str, str]] = {
    Engine.ONNX_RUNTIME: ("edgewise.export.to_onnx", "export_onnx_runtime"),
    Engine.OPENVINO: ("edgewise.export.to_openvino", "export_openvino"),
    Engine.LITERT: ("edgewise.export.to_litert", "export_litert"),
    Engine.EXECUTORCH: ("edgewise.export.to_executorch", "export_executorch"),
    Engine.NCNN: ("edgewise.export.to_ncnn", "export_ncnn"),
}
RUNTIMES: tuple[Engine, ...] = tuple(_EXPORTERS)  # that can be exported to
