"""The fastest way for the generic network of a service, which runs in two parts."""

from collections.abc import Sequence
from functools import partial
from pathlib import Path

import numpy as np

from edgewise.errors import EdgewiseError
from edgewise.personal.generic import GenericNetwork, GenericParts
from edgewise.prune.speed import taking_turns_ms
from edgewise.runtime.engines import Engine
from edgewise.serve.fastest import Ways
from edgewise.serve.way import Way, all_ways, quickest, remembered_times

_RUNS, _LEAST_S = 15, 0.2
_IMAGE = (480, 640, 3)


def best_for_parts(folder: Path, ways: Ways) -> Way:
    """The way for both parts in `folder`, and so for its users' networks.

    Raises `StoreError` or `ModelError` for what cannot be loaded, `UsageError` for a runtime that is none.
    """
    offered = all_ways(ways.engines("onnx"), ways.threads)
    if len(offered) == 1:
        return offered[0]
    parts = GenericParts.read(folder)
    name = f"parts-{parts.fingerprint[:32]}-{parts.preprocess.size_px}-{parts.place}"
    times = remembered_times(name, offered, partial(_measured, folder), lambda: ways.tell(parts.name))
    return quickest(times) if times else offered[0]  # loading it says why it does not work


def _measured(folder: Path, ways: Sequence[Way]) -> dict[Way, float | None]:
    """The least ms of one image through both parts; None where they do not work."""
    image = np.random.default_rng(0).integers(256, size=_IMAGE, dtype=np.uint8)
    found: dict[Way, float | None] = dict.fromkeys(ways)
    for threads in dict.fromkeys(way.threads for way in ways):
        networks = {way: one for way in ways if way.threads == threads and (one := _loaded(folder, way, image))}
        runs = [partial(_answer, network, image) for network in networks.values()]
        found |= dict(zip(networks, taking_turns_ms(runs, runs=_RUNS, pick=min, least_s=_LEAST_S), strict=True))
    return found


def _loaded(folder: Path, way: Way, image: np.ndarray) -> GenericNetwork | None:
    try:
        network = GenericNetwork(folder, threads=way.threads, engine=way.engine or Engine.ONNX_RUNTIME)
        _answer(network, image)
    except EdgewiseError:
        return None
    return network


def _answer(network: GenericNetwork, image: np.ndarray) -> None:
    entering, _ = network.enter(image)
    network.answer(entering)
