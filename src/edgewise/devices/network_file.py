"""The file of one network on one device: what was measured of it, one row for each way to run it."""

import hashlib
from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TypeVar

from edgewise.devices.device import slug
from edgewise.devices.layer import NetworkLayers
from edgewise.devices.result import Result
from edgewise.errors import StoreError
from edgewise.restore import restore
from edgewise.store import read_json, write_json

KIND, SCHEMA = "device-network", 1
AGAIN = "Restore it from your version control, or move it away and measure again."
_HASH_DIGITS = 10
_T = TypeVar("_T")


@dataclass(frozen=True)
class MeasuredRow:
    """A result, and when it came."""

    result: Result
    measured: str  # UTC, ISO 8601


@dataclass(frozen=True)
class MeasuredLayers:
    """The layers of a network, and when they came."""

    network: NetworkLayers
    measured: str


@dataclass(frozen=True)
class NetworkFile:
    """All that is known of one network on one device."""

    model: str
    fingerprint: str
    rows: tuple[MeasuredRow, ...] = ()
    layers: tuple[MeasuredLayers, ...] = ()

    def with_newer(self, rows: Iterable[MeasuredRow], layers: Iterable[MeasuredLayers]) -> "NetworkFile":
        """With more; what was measured the same way earlier goes, all else stays."""
        return NetworkFile(
            self.model,
            self.fingerprint,
            _newest(self.rows, rows, lambda one: one.result.place),
            _newest(self.layers, layers, lambda one: one.network.place),
        )


def _newest(stored: Iterable[_T], newer: Iterable[_T], place: Callable[[_T], tuple[object, ...]]) -> tuple[_T, ...]:
    """In one order always, so that a version control shows what changed and nothing else."""
    found = {place(one): one for one in (*stored, *newer)}
    return tuple(found[key] for key in sorted(found, key=lambda key: tuple(map(str, key))))


def file_name(model: str, fingerprint: str) -> str:
    """Readable, and another for each network: two of one name have fingerprints of their own."""
    digest = hashlib.sha256(f"{model}\n{fingerprint}".encode("utf-8", "surrogateescape")).hexdigest()
    return f"{slug(model, 60) or 'network'}-{digest[:_HASH_DIGITS]}.json"


def read_network(path: Path) -> NetworkFile:
    """Raises `StoreError`, which names the file, where it is torn, changed, or another's."""
    found = restore(NetworkFile, read_json(path, KIND, SCHEMA, AGAIN), path)
    parts = [*(row.result for row in found.rows), *(one.network for one in found.layers)]
    for part in parts:
        if (part.model, part.fingerprint) != (found.model, found.fingerprint):
            raise StoreError(f"{path} is of {found.model!r} and holds a row of {part.model!r}.", AGAIN)
    return found


def write_network(path: Path, network: NetworkFile) -> None:
    """Atomically. Raises `StoreError`."""
    write_json(path, KIND, SCHEMA, asdict(network))
