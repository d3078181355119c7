"""Write a classifier for a runtime at a precision, and see that it answers as the original does."""

import json
import shutil
import tempfile
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from importlib import import_module
from pathlib import Path
from typing import get_args

from edgewise.errors import GuardRefused, ModelError, UsageError
from edgewise.export.agreement import Agreement, agreement
from edgewise.export.network import Exporter, Images, Network, Precision
from edgewise.runtime.engines import ABOUT, Engine
from edgewise.runtime.onnx import OnnxSession
from edgewise.runtime.session import Ends
from edgewise.store import atomic_path, cannot_write, see_that_writable
from edgewise.zoo.card import read_card
from edgewise.zoo.classifier import Classifier
from edgewise.zoo.export import card_toml, file_stem
from edgewise.zoo.loaders import load
from edgewise.zoo.model_files import SUFFIXES, file_bytes, files_of
from edgewise.zoo.sources import Source

_LIMITS: Mapping[Precision, float] = {"fp32": 1e-3, "fp16": 0.05, "bf16": 0.1}  # of the largest logit
_KEEP_ENDS = (Engine.ONNX_RUNTIME, Engine.OPENVINO)  # whose files have the inputs and outputs of the ONNX file


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
class Written:
    """A network that was written, and what was seen of it."""

    target: Target
    model: Path
    card: Path
    bytes: int
    agreement: Agreement
    slow: tuple[str, ...] = ()  # operators that the runtime has slow kernels for


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


def see_that_names_differ(names: Iterable[str]) -> None:
    """Raises `UsageError` where files of two classifiers would have one name."""
    stems: dict[str, str] = {}
    for name in names:
        other = stems.setdefault(file_stem(name).casefold(), name)
        if other != name:
            raise UsageError(
                f"The files of {other!r} and {name!r} would have one name.", "Export them into folders of their own."
            )


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
    that is a file of a runtime already or would be overwritten, `MissingExtra` without the runtime, `StoreError` where
    the folder cannot be written.
    """
    if target.precision == "int8" and images is None:
        raise UsageError("int8 needs images to see how large activations are.", "Name some of the user's: --data.")
    own_name = target.stem(classifier.card.name)
    path = folder / f"{own_name}{SUFFIXES[_kind(target.engine)]}"
    _see_that_it_is_another(classifier, path)
    see_that_writable(folder)
    try:
        with tempfile.TemporaryDirectory(prefix="edgewise-export-") as scratch:
            made = Path(scratch) / path.name
            network = Network(classifier, Path(scratch))
            slow = _exporter(target.engine)(network, made, target.precision, images.calibrate if images else None)
            found = agreement(classifier, _loaded(target, made, network, own_name), images.judge if images else None)
            _see_that_it_agrees(target, classifier.card.name, found, least_agreement)
            placed = _placed(made, folder)
    except OSError as error:  # of the scratch folder; what is placed says so itself
        raise cannot_write(Path(tempfile.gettempdir()), error) from error
    return Written(target, path, placed, file_bytes(path) or 0, found, slow or ())


def _see_that_it_is_another(classifier: Classifier, path: Path) -> None:
    session = classifier.session
    if isinstance(session, OnnxSession) and path.exists() and path.samefile(session.path):
        raise UsageError(f"{path} is the original itself.", "Choose another folder.")


def _placed(made: Path, folder: Path) -> Path:
    """Move what was made into its folder; returns the card."""
    card = made.with_suffix(".toml")
    for part in (card, *reversed(files_of(made))):  # the one that is named last: what it needs is there
        with atomic_path(folder / part.name) as temporary:
            shutil.copyfile(part, temporary)
    return folder / card.name


def _loaded(target: Target, path: Path, network: Network, name: str) -> Classifier:
    """The file with its card. An exporter may have left a Softmax out: then its outputs are logits."""
    card = replace(network.classifier.card, name=name)
    as_it_was = target.engine in _KEEP_ENDS
    pixels = as_it_was and network.classifier.session.signature.input_quantised is not None
    for output in dict.fromkeys((card.output, "logits")):
        text = card_toml(replace(card, output=output), without=("mean", "std") if pixels else ())
        text += _ends_toml(network) if as_it_was else ""
        path.with_suffix(".toml").write_text(text, encoding="utf-8")
        source = Source(_kind(target.engine), str(path), read_card(path.with_suffix(".toml")))
        try:
            return load(source)
        except ModelError:
            if output == "logits":
                raise
    raise AssertionError("it was loaded or refused")


def _ends_toml(network: Network) -> str:
    """What the original's card said of its inputs and outputs, which holds for what is made of its file, too."""
    ends = network.ends or Ends()
    said = {"input_name": ends.input_name, "output_name": ends.output_name, "layout": ends.layout}
    return "".join(f"{key} = {json.dumps(value, ensure_ascii=False)}\n" for key, value in said.items() if value)


def _kind(engine: Engine) -> str:
    return ABOUT[engine].reads[0]


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
