"""One table for one network on this device: every runtime, precision and number of threads, in turns."""

import tempfile
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path

from edgewise.bench.entrant import Entrant
from edgewise.bench.turns import Timed, take_turns
from edgewise.bench.written import Variant, Wish, written_for
from edgewise.devices.layer import NetworkLayers
from edgewise.devices.measured_layers import measure_layers
from edgewise.devices.result import Result
from edgewise.errors import EdgewiseError, ModelError, UsageError
from edgewise.export.network import Precision
from edgewise.export.write import Target, write
from edgewise.profile.latency import Mode
from edgewise.progress import Progress, silent
from edgewise.runtime.engines import Engine, engines_for, installed_version
from edgewise.runtime.onnx import OnnxSession
from edgewise.runtime.torch import TorchSession
from edgewise.zoo.card import read_card
from edgewise.zoo.classifier import Classifier
from edgewise.zoo.loaders import load
from edgewise.zoo.macs.count import count_work, macs_of
from edgewise.zoo.macs.work import Uncounted
from edgewise.zoo.model_files import file_bytes
from edgewise.zoo.sources import Source


@dataclass(frozen=True)
class Settings:
    """What to measure, and how."""

    targets: tuple[Target, ...]
    threads: tuple[int, ...] = (1,)
    mode: Mode = "rapid"
    data: str | None = None  # the user's images, to calibrate on and to compare answers
    limit: int = 250
    seed: int = 0


@dataclass(frozen=True)
class Measured:
    """Rows in the order of settings, one for each target and number of threads; layers where ONNX Runtime runs it."""

    results: tuple[Result, ...]
    layers: tuple[NetworkLayers, ...]


def benchmark(source: Source, settings: Settings, progress: Progress = silent) -> Measured:
    """Write the network for each target, then time all of them in turns, for one number of threads after the other.

    What cannot be written, loaded or run is a row that says why. A source that is a file of one runtime is timed as it
    is on the runtimes that read it, whatever the targets are. Raises `UsageError` for an ensemble, and what loading the
    original does.
    """
    if source.members:
        raise UsageError(f"{source.text} is several networks.", "Benchmark them one by one.")
    progress("loading", 0, 1)
    original = load(source)
    progress("loading", 1, 1)
    with tempfile.TemporaryDirectory(prefix="edgewise-benchmark-") as scratch:
        folder = Path(scratch)
        onnx = _onnx(original, source, folder / "onnx")
        if onnx is None:
            variants = _as_they_are(original, source)
        else:
            wish = Wish(source, onnx, settings.data, settings.limit, settings.seed)
            variants = [*_torch(original, source), *written_for(wish, settings.targets, folder / "made", progress)]
        facts = _Facts(original.card.name, original.fingerprint, original.card.preprocess.size_px, macs_of(original))
        results = [row for threads in settings.threads for row in _timed(variants, threads, facts, settings, progress)]
        layers = _layers(_onnx_path(original, onnx), facts, settings, progress) if onnx is not None else ()
    return Measured(tuple(results), layers)


@dataclass(frozen=True)
class _Facts:
    """Of the original."""

    model: str
    fingerprint: str
    size_px: int
    macs: int | None


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


def _timed(
    variants: Sequence[Variant], threads: int, facts: _Facts, settings: Settings, progress: Progress
) -> list[Result]:
    """A row for each variant, all on so many threads."""
    rows = [_row(variant, threads, facts) for variant in variants]
    entrants: dict[int, Entrant] = {}
    with ExitStack() as running:
        for place, variant in enumerate(variants):
            progress("loading", place, len(variants))
            if variant.source is None:
                continue
            try:
                entrants[place] = running.enter_context(Entrant(variant.source, variant.target.engine, threads))
            except EdgewiseError as error:
                rows[place] = replace(rows[place], failure=error.message)
        progress("loading", len(variants), len(variants))
        timed = take_turns(list(entrants.values()), settings.mode, settings.seed, progress)
        for place, one in zip(entrants, timed, strict=True):
            rows[place] = _timed_row(rows[place], one)
    return rows


def _timed_row(row: Result, timed: Timed) -> Result:
    """What is not asked of an entrant that failed."""
    try:
        peak_bytes = None if timed.failure else timed.entrant.peak_bytes()
    except ModelError as error:
        return replace(row, failure=error.message)
    return replace(
        row,
        p50_ms=timed.quantile(0.5),
        p90_ms=timed.quantile(0.9),
        runs=0 if timed.failure else len(timed.ms),
        peak_bytes=peak_bytes,
        failure=timed.failure,
    )


def _row(variant: Variant, threads: int, facts: _Facts) -> Result:
    return Result(
        model=facts.model,
        fingerprint=facts.fingerprint,
        runtime=variant.target.engine,
        version=installed_version(variant.target.engine) or "",
        precision=variant.target.precision,
        threads=threads,
        size_px=facts.size_px,
        macs=facts.macs,
        file_bytes=variant.bytes,
        p50_ms=None,
        p90_ms=None,
        runs=0,
        peak_bytes=None,
        agreement=variant.agreement,
        relative_error=variant.relative_error,
        failure=variant.failure,
    )


def _onnx_path(original: Classifier, onnx: Source) -> Path:
    return original.session.path if isinstance(original.session, OnnxSession) else Path(onnx.where)


def _layers(path: Path, facts: _Facts, settings: Settings, progress: Progress) -> tuple[NetworkLayers, ...]:
    """What a prediction for other networks is made of."""
    version = installed_version(Engine.ONNX_RUNTIME) or ""
    found: list[NetworkLayers] = []
    for done, threads in enumerate(settings.threads):
        progress("timing layers", done, len(settings.threads))
        timed = measure_layers(path, facts.size_px, threads)
        found.append(NetworkLayers(facts.model, facts.fingerprint, version, threads, facts.size_px, timed))
    progress("timing layers", len(settings.threads), len(settings.threads))
    return tuple(found)
