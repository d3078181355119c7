"""A request for one user, fulfilled: load, make, ask the guard, write."""

from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path

import torch

from edgewise.devices.device_clock import DeviceClock
from edgewise.devices.table import DeviceTable
from edgewise.errors import UsageError
from edgewise.progress import Progress, silent
from edgewise.prune.guard import Guard
from edgewise.prune.onnx_clock import OnnxClock
from edgewise.prune.record import Written, check_out, write_user_network
from edgewise.prune.request import Request
from edgewise.prune.settings import Settings
from edgewise.prune.source import trained
from edgewise.prune.user_images import UserImages
from edgewise.prune.user_maker import Made, UserMaker
from edgewise.prune.user_record import Foretold
from edgewise.prune.walk import Stride
from edgewise.zoo.classes import ClassSet
from edgewise.zoo.sources import find


@dataclass(frozen=True, eq=False)
class Fulfilled:
    """What came of a request."""

    made: Made
    written: Written
    known: ClassSet  # of the generic classifier
    foretold: Foretold | None
    skipped: tuple[str, ...]  # images, and why


def fulfil(request: Request, out: Path, progress: Progress = silent) -> Fulfilled:
    """Make a user's network and write it into a folder.

    Raises `GuardRefused` where the guard does not let it in, after which nothing is written; `UsageError` for a folder
    that holds other things; and what loading, reading and making raise.
    """
    guard = Guard(request.max_drop, request.alpha, when_undecided=request.undecided)
    sources = find([request.model, *request.zoo], request.weights)
    first = len(find([request.model]))
    if first != 1:
        raise UsageError(f"{request.model!r} means {first} classifiers.", "Name one; `edgewise zoo list` shows them.")
    check_out(out)
    threads, precision = request.threads, request.precision
    torch.set_num_threads(threads)
    classifier, network = trained(sources[0], threads=threads)
    own = None if request.classes is None else classifier.card.classes.indices(request.classes)
    settings = _settings(request)
    size_px = classifier.card.preprocess.size_px
    foretelling = None
    if request.device is not None:
        table = DeviceTable(None if request.table is None else Path(request.table))
        foretelling = DeviceClock(table, request.device, network, size_px, threads=threads)
    clock = cache(lambda: foretelling or OnnxClock(network, size_px, threads=threads, precision=precision))
    if request.target_ms is not None:
        settings = replace(settings, target_speedup=clock().reference_ms() / request.target_ms)
    images = UserImages(Path(request.images), request.limit, request.seed, progress)
    maker = UserMaker(classifier, own, images, settings, guard, clock, progress, precision)
    if request.base == "auto":
        made = maker.of_the_best([trained(source, threads=threads)[0] for source in sources[1:]])
    else:
        made = maker.of_itself(request.input)
    made.require()
    progress("writing", 0, 1)
    foretold = foretelling and foretelling.foretold(made.network.network, made.base.card.preprocess.size_px)
    written = write_user_network(
        out,
        made.network,
        made.base,
        classifier,
        threads=threads,
        candidates=made.choice.tried if made.choice else (),
        int8=made.int8,
        foretold=foretold,
    )
    progress("writing", 1, 1)
    skipped = tuple(str(error) for error in images.skipped.values())
    return Fulfilled(made, written, classifier.card.classes, foretold, skipped)


def _settings(request: Request) -> Settings:
    return Settings(
        target_speedup=request.target_speedup,
        criterion=request.criterion,
        where=request.where,
        recovery=request.recovery,  # type: ignore[arg-type] - checked there
        stride=Stride(max_drop_points=request.max_drop, memory_mb=request.memory_mb),
        memory_mb=request.memory_mb,
        reads=request.reads,
        streams=request.streams,
        held_out=request.held_out,
        temperature=request.temperature,
        seed=request.seed,
    )
