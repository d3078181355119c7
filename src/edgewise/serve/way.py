"""Ways to run a network on this device, how long each takes, and where that is remembered."""

import os
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from itertools import product
from pathlib import Path

from edgewise import store
from edgewise.devices.device import device_id
from edgewise.errors import StoreError
from edgewise.machine import fingerprint
from edgewise.runtime.engines import Engine, installed_version

KIND, SCHEMA = "fastest runtime", 1
_WORTH_THREADS = 0.9  # of the time with fewer threads: what more of them must get under to be worth their energy

Measure = Callable[[Sequence["Way"]], Mapping["Way", float | None]]  # the ms of each; None where it does not work


@dataclass(frozen=True)
class Way:
    """A runtime and a number of threads."""

    engine: Engine | None  # None: the only one that there is for this kind of network
    threads: int

    @property
    def key(self) -> str:
        return f"{self.engine} {self.threads}"


def all_ways(engines: Sequence[Engine], threads: int | None) -> list[Way]:
    """Each runtime on so many threads; None: on 1, 2, 4 and so on, and on all cores."""
    cores = fingerprint().cores
    counts = sorted({*(1 << power for power in range(cores.bit_length()) if 1 << power <= cores), cores})
    return [Way(engine, count) for engine, count in product(engines, [threads] if threads else counts)]


def quickest(times: Mapping[Way, float]) -> Way:
    """The fastest, of fewest threads unless more of them save a tenth of the time."""
    ordered = sorted(times, key=lambda way: (way.threads, times[way]))
    best = ordered[0]
    for way in ordered:
        worth = 1.0 if way.threads == best.threads else _WORTH_THREADS
        best = way if times[way] < worth * times[best] else best
    return best


def remembered_times(name: str, ways: Sequence[Way], measure: Measure, tell: Callable[[], None]) -> dict[Way, float]:
    """The ms of each way that works; `name` is a network's on this device.

    What was measured with these versions is taken from there. Else `tell` is called, then `measure`.
    """
    path = memory_path(name)
    known = _remembered(path)
    if not all(way.key in known for way in ways):
        tell()
        known |= {way.key: ms for way, ms in measure(ways).items()}
        with suppress(StoreError):  # a device that cannot keep it measures again
            store.write_json(path, KIND, SCHEMA, {"versions": _versions(), "ms": known})
    return {way: ms for way in ways if (ms := known[way.key]) is not None}


def memory_path(name: str) -> Path:
    """Where the times of a network on this device are kept: below $EDGEWISE_CACHE, else the user's cache."""
    home = os.environ.get("EDGEWISE_CACHE") or Path(os.environ.get("XDG_CACHE_HOME") or "~/.cache") / "edgewise"
    return Path(home).expanduser() / "fastest" / f"{name}-{device_id(fingerprint())}.json"


def _versions() -> dict[str, str | None]:
    return {engine.value: installed_version(engine) for engine in Engine}


def _remembered(path: Path) -> dict[str, float | None]:
    """Less what was measured with another version of its runtime; nothing where it cannot be read."""
    try:
        stored = store.read_json(path, KIND, SCHEMA)
    except StoreError:
        return {}
    times, versions = stored.get("ms"), stored.get("versions")
    if not isinstance(times, dict) or not isinstance(versions, dict):
        return {}
    same = {engine for engine, version in _versions().items() if versions.get(engine) == version}
    return {key: ms for key, ms in times.items() if key.partition(" ")[0] in same and _is_time(ms)}


def _is_time(ms: object) -> bool:
    return ms is None or (isinstance(ms, float) and ms > 0)
