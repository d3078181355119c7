"""One table for networks on this device: every runtime, precision and number of threads, in turns."""

import tempfile
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from pathlib import Path

from edgewise.bench.entrant import Entrant
from edgewise.bench.subject import Images, Subject, subject_of
from edgewise.bench.turns import Timed, take_turns
from edgewise.bench.written import Variant
from edgewise.devices.layer import NetworkLayers
from edgewise.devices.measured_layers import measure_layers
from edgewise.devices.result import Result
from edgewise.errors import EdgewiseError, ModelError
from edgewise.export.write import Target
from edgewise.profile.latency import Mode
from edgewise.progress import Progress, silent
from edgewise.runtime.engines import Engine, installed_version
from edgewise.zoo.sources import Source


@dataclass(frozen=True)
class Settings:
    """What to measure, and how."""

    targets: tuple[Target, ...]
    threads: tuple[int, ...] = (1,)
    mode: Mode = "rapid"
    images: Images = field(default_factory=Images)
    seed: int = 0


@dataclass(frozen=True)
class Measured:
    """A row for each network, target and number of threads; layers where ONNX Runtime runs the network."""

    results: tuple[Result, ...]
    layers: tuple[NetworkLayers, ...]


def benchmark(sources: Sequence[Source], settings: Settings, progress: Progress = silent) -> Measured:
    """Write the networks for each target, then time all of them in turns, for one number of threads after the other.

    What cannot be written, loaded or run is a row that says why. Raises as `subject_of` does.
    """
    with tempfile.TemporaryDirectory(prefix="edgewise-benchmark-") as scratch:
        subjects = [
            subject_of(source, settings.targets, settings.images, Path(scratch) / str(number), progress)
            for number, source in enumerate(sources)
        ]
        results = [row for threads in settings.threads for row in _timed(subjects, threads, settings, progress)]
        layers = _layers(subjects, settings.threads, progress)
    return Measured(tuple(results), tuple(layers))


def _timed(subjects: Sequence[Subject], threads: int, settings: Settings, progress: Progress) -> list[Result]:
    """A row for each variant of each network, all on so many threads."""
    variants = [variant for subject in subjects for variant in subject.variants]
    rows = [_row(subject, variant, threads) for subject in subjects for variant in subject.variants]
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


def _row(subject: Subject, variant: Variant, threads: int) -> Result:
    return Result(
        model=subject.model,
        fingerprint=subject.fingerprint,
        runtime=variant.target.engine,
        version=installed_version(variant.target.engine) or "",
        precision=variant.target.precision,
        threads=threads,
        size_px=subject.size_px,
        macs=subject.macs,
        file_bytes=variant.bytes,
        p50_ms=None,
        p90_ms=None,
        runs=0,
        peak_bytes=None,
        agreement=variant.agreement,
        relative_error=variant.relative_error,
        failure=variant.failure,
    )


def _layers(subjects: Sequence[Subject], threads: Sequence[int], progress: Progress) -> list[NetworkLayers]:
    """What a prediction for other networks is made of."""
    version = installed_version(Engine.ONNX_RUNTIME) or ""
    wanted = [(subject, count) for subject in subjects for count in threads]
    found: list[NetworkLayers] = []
    for done, (subject, count) in enumerate(wanted):
        progress("timing layers", done, len(wanted))
        if subject.onnx is not None:
            timed = measure_layers(subject.onnx, subject.size_px, count)
            found.append(NetworkLayers(subject.model, subject.fingerprint, version, count, subject.size_px, timed))
    progress("timing layers", len(wanted), len(wanted))
    return found
