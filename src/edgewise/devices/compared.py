"""Devices beside each other: the fastest way to run each network on each."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from edgewise.devices.result import Result
from edgewise.devices.table import DeviceTable


@dataclass(frozen=True)
class Compared:
    """One network on several devices; None where it was not measured, or never ran."""

    model: str
    fingerprint: str
    size_px: int
    fastest: tuple[Result | None, ...]  # in the order of the devices
    ratios: tuple[float | None, ...]  # of its time to that on the device where it is fastest


def compare(table: DeviceTable, devices: Sequence[str], threads: int | None = None) -> tuple[Compared, ...]:
    """All networks on these devices, by name; with so many threads alone, where a number is given."""
    rows = [
        [row for row in table.results(device) if row.p50_ms is not None and threads in (None, row.threads)]
        for device in devices
    ]
    networks = sorted({_network(row) for own in rows for row in own})
    found = []
    for network in networks:
        fastest = tuple(_fastest(row for row in own if _network(row) == network) for own in rows)
        least = min(row.p50_ms or 0 for row in fastest if row)
        ratios = tuple((row.p50_ms or 0) / least if row else None for row in fastest)
        found.append(Compared(*network, fastest, ratios))
    return tuple(found)


def _network(row: Result) -> tuple[str, str, int]:
    return row.model, row.fingerprint, row.size_px


def _fastest(rows: Iterable[Result]) -> Result | None:
    return min(rows, key=lambda row: row.p50_ms or 0, default=None)
