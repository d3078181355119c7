"""A network that is to be timed: what was written of it for each runtime, and what is known of the original."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from edgewise.bench.written import Variant, Wish, written_for
from edgewise.errors import UsageError
from edgewise.export.network import Precision
from edgewise.export.write import Target, write
from edgewise.progress import Progress, silent
from edgewise.runtime.engines import Engine, engines_for
from edgewise.runtime.onnx import OnnxSession
from edgewise.runtime.plugin_runtime import PluginSession
from edgewise.runtime.torch import TorchSession
from edgewise.zoo.card import read_card
from edgewise.zoo.classifier import Classifier
from edgewise.zoo.loaders import load
from edgewise.zoo.macs.count import count_work, macs_of
from edgewise.zoo.macs.work import Uncounted
from edgewise.zoo.model_files import file_bytes
from edgewise.zoo.sources import Source


@dataclass(frozen=True)
class Images:
    """The user's, to calibrate on and to compare answers."""

    data: str | None = None
    limit: int = 250
    seed: int = 0


@dataclass(frozen=True)
class Subject:
    """One network."""

    model: str
    fingerprint: str  # of the original
    size_px: int
    macs: int | None
    variants: tuple[Variant, ...]
    onnx: Path | None  # it as an ONNX file; None for one that is a file of another runtime


def subject_of(
    source: Source, targets: Sequence[Target], images: Images, folder: Path, progress: Progress = silent
) -> Subject:
    """Write the network into `folder` for each target.

    A source that is a file of one runtime is left as it is, whatever the targets are, for the runtimes that read it.
    Raises `UsageError` for an ensemble and for a file that another package's runtime reads, and what loading does.
    """
    if source.members:
        raise UsageError(f"{source.text} is several networks.", "Benchmark them one by one.")
    progress("loading", 0, 1)
    original = load(source)
    progress("loading", 1, 1)
    if isinstance(original.session, PluginSession):
        raise UsageError(
            f"{source.text} runs on {original.session.title}, which the package {original.session.plugin.package} "
            "adds; the benchmark is of edgewise's own runtimes.",
            "`edgewise profile` times it beside other classifiers.",
        )
    onnx = _onnx(original, source, folder / "onnx")
    if onnx is None:
        variants = _as_they_are(original, source)
    else:
        wish = Wish(source, onnx, images.data, images.limit, images.seed)
        variants = [*_torch(original, source), *written_for(wish, targets, folder / "made", progress)]
    size_px = original.card.preprocess.size_px
    path = None if onnx is None else _path(original, onnx)
    return Subject(original.card.name, original.fingerprint, size_px, macs_of(original), tuple(variants), path)


def _onnx(original: Classifier, source: Source, folder: Path) -> Source | None:
    """The network as an ONNX file; None for one that is a file of another runtime."""
    if isinstance(original.session, OnnxSession):
        return source
    if not isinstance(original.session, TorchSession):
        return None
    made = write(original, Target(Engine.ONNX_RUNTIME, "fp32"), folder)
    return Source("onnx", str(made.model), read_card(made.card))


def _torch(original: Classifier, source: Source) -> list[Variant]:
    """The network where it comes from, if that is PyTorch."""
    if not isinstance(original.session, TorchSession):
        return []
    weights = original.session.module.parameters()
    stored = sum(weight.numel() * weight.element_size() for weight in weights)
    return [Variant(Target(Engine.TORCH, "fp32"), source, stored)]


def _as_they_are(original: Classifier, source: Source) -> list[Variant]:
    try:
        numbers = {layer.number for layer in count_work(original).layers}
    except Uncounted:
        numbers = {"int8"} if original.session.signature.input_quantised else set[str]()
    precision: Precision = "int8" if "int8" in numbers else "fp32"
    size = file_bytes(Path(source.where))
    return [Variant(Target(engine, precision), source, size) for engine in engines_for(source.kind)]


def _path(original: Classifier, onnx: Source) -> Path:
    return original.session.path if isinstance(original.session, OnnxSession) else Path(onnx.where)
