"""Which runtime, on how many threads, is fastest on this device: measured once for each network, and remembered."""

import os
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from itertools import product
from pathlib import Path
from typing import Any

from edgewise import store
from edgewise.devices.device import device_id
from edgewise.errors import EdgewiseError, StoreError
from edgewise.machine import fingerprint
from edgewise.prune.speed import sessions_in_turns_ms
from edgewise.runtime.engines import Engine, engine_named, engines_for, installed_version
from edgewise.zoo.loaders import load
from edgewise.zoo.model_files import FILE_KINDS, file_fingerprint
from edgewise.zoo.sources import Source
from edgewise.zoo.tiny.shipped import shipped_path

FASTEST = "fastest"
KIND, SCHEMA = "fastest runtime", 1
_RUNS, _LEAST_S = 15, 0.2
_WORTH_THREADS = 0.9  # of the time with fewer threads: what more of them must get under to be worth their energy


@dataclass(frozen=True)
class Way:
    """A runtime and a number of threads."""

    engine: Engine | None  # None: the only one that there is for this kind of network
    threads: int

    @property
    def key(self) -> str:
        return f"{self.engine} {self.threads}"


@dataclass(frozen=True)
class Ways:
    """What to choose among; `tell` is called with a network's name before it is measured."""

    runtime: str | None = None  # None: the usual one; FASTEST: that
    threads: int | None = 1  # None: as many as are fastest
    tell: Callable[[str], None] = lambda name: None

    def best(self, source: Source) -> Way:
        """The way for a network. One that a runtime cannot load or run is passed over.

        A network that is no file runs on PyTorch, as do ensembles on what their members need, on one thread unless
        another number is given. Raises `UsageError` for a runtime that is none, and what loading raises where no way
        works.
        """
        ways = self._offered(source)
        if len(ways) == 1:
            return ways[0]
        times = self._times(source, ways)
        fewest = min(times, key=lambda way: (way.threads, times[way]))
        best = fewest
        for way in sorted(times, key=lambda way: (way.threads, times[way])):
            worth = 1.0 if way.threads == best.threads else _WORTH_THREADS
            best = way if times[way] < worth * times[best] else best
        return best

    def _offered(self, source: Source) -> list[Way]:
        able = engines_for(source.kind)
        if source.kind not in (*FILE_KINDS, "tiny"):
            return [Way(None, self.threads or 1)]
        if self.runtime == FASTEST:
            engines = [one for one in able if one is able[0] or installed_version(one)]
        elif self.runtime is None:
            engines = [able[0]]
        else:
            engines = [engine_named(self.runtime, source.kind)]
        counts = [self.threads] if self.threads else _thread_counts()
        return [Way(engine, threads) for engine, threads in product(engines, counts)]

    def _times(self, source: Source, ways: Sequence[Way]) -> dict[Way, float]:
        """The ms of each way that works: remembered, or measured and remembered."""
        path = _memory(source)
        versions = {engine.value: installed_version(engine) for engine in {way.engine for way in ways} if engine}
        known = _remembered(path, versions)
        if not all(way.key in known for way in ways):
            self.tell(source.name)
            known |= {way.key: ms for way, ms in _measured(source, ways).items()}
            with suppress(StoreError):  # a device that cannot keep it measures again
                store.write_json(path, KIND, SCHEMA, {"versions": versions, "ms": known})
        times = {way: ms for way in ways if (ms := known[way.key]) is not None}
        if not times:
            load(source, engine=ways[0].engine)  # says why
        return times


def _measured(source: Source, ways: Iterable[Way]) -> dict[Way, float | None]:
    """The least ms of one image, in turns among the runtimes of one number of threads; None where it does not work.

    What disturbs a run only adds to it.
    """
    found: dict[Way, float | None] = dict.fromkeys(ways)
    for threads in dict.fromkeys(way.threads for way in found):
        loaded = {way: _loaded(source, way) for way in found if way.threads == threads}
        sessions = {way: one for way, one in loaded.items() if one is not None}
        with suppress(EdgewiseError):
            times = sessions_in_turns_ms(list(sessions.values()), runs=_RUNS, pick=min, least_s=_LEAST_S)
            found |= dict(zip(sessions, times, strict=True))
    return found


def _loaded(source: Source, way: Way) -> tuple[Any, int] | None:
    try:
        classifier = load(source, threads=way.threads, engine=way.engine)
    except EdgewiseError:
        return None
    return classifier.session, classifier.card.preprocess.size_px


def _thread_counts() -> list[int]:
    """1, 2, 4 and so on, and all cores."""
    cores = fingerprint().cores
    return sorted({*(1 << power for power in range(cores.bit_length()) if 1 << power <= cores), cores})


def _memory(source: Source) -> Path:
    """Where the times of a network on this device are kept."""
    home = os.environ.get("EDGEWISE_CACHE") or Path(os.environ.get("XDG_CACHE_HOME") or "~/.cache") / "edgewise"
    file = shipped_path(source.text, ".onnx") if source.kind == "tiny" else Path(source.where)
    size = source.card.given.get("size_px", "own")
    name = f"{file_fingerprint(file)[:32]}-{size}-{device_id(fingerprint())}.json"
    return Path(home).expanduser() / "fastest" / name


def _remembered(path: Path, versions: dict[str, str | None]) -> dict[str, float | None]:
    """Nothing where it was measured with other versions, or cannot be read."""
    try:
        stored = store.read_json(path, KIND, SCHEMA)
    except StoreError:
        return {}
    if not isinstance(stored.get("ms"), dict) or stored.get("versions") != versions:
        return {}
    return {key: ms for key, ms in stored["ms"].items() if ms is None or isinstance(ms, float)}
