"""The device that all users have: the real users' own, one of the device table, or an accelerator that is modelled."""

import re
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from statistics import median

from edgewise.devices.result import Result
from edgewise.devices.table import DeviceTable
from edgewise.errors import UsageError
from edgewise.fleet.calibration import Calibration, StaticNetwork
from edgewise.fleet.device import FleetDevice

OWN = "calibration"
_MODELLED = "accel:"


def find_device(name: str, calibration: Calibration, table: Path | None = None) -> FleetDevice:
    """By its name: "calibration", "accel:PRESET" or "accel:FILE.toml", else the id of a device of the table.

    Raises `UsageError` for a device that is not there, or of which the generic network was not timed.
    """
    if name == OWN:
        return _own(calibration)
    if name.startswith(_MODELLED):
        from edgewise.fleet.modelled_device import modelled_device

        return modelled_device(name.removeprefix(_MODELLED), calibration)
    return _of_the_table(name, calibration, DeviceTable(table))


def _own(calibration: Calibration) -> FleetDevice:
    fast = tuple(median(one.times_as_fast) for one in calibration.networks)
    source = f"times are those of the real users' machine ({calibration.cpu})"
    return FleetDevice(OWN, source, calibration.generic_ms, fast)


def _of_the_table(name: str, calibration: Calibration, table: DeviceTable) -> FleetDevice:
    """Fixed networks that were not timed there, and users' own, keep the ratio that they have elsewhere."""
    rows = table.results(table.device(name).id)
    generic, *others = calibration.networks
    generic_ms = _fastest_ms(generic, rows)
    if generic_ms is None:
        raise UsageError(
            f"{generic.name} was not timed on {name}, at {generic.precision}.",
            f"Measure it there: edgewise benchmark torchvision:{_plain(generic.kind)}, and copy the table.",
        )
    own = _own(calibration)
    fast, scaled = [1.0], []
    for place, one in enumerate(others, start=1):
        ms = _fastest_ms(one, rows)
        if ms is None:
            scaled.append(one.name)
        fast.append(own.times_as_fast[place] if ms is None else generic_ms / ms)
    kept = ", ".join([*scaled, "users' own networks"])
    source = f"times were measured on {name}; {kept} keep the ratio to {generic.name} of the real users' machine"
    return replace(own, name=name, source=source, generic_ms=generic_ms, times_as_fast=tuple(fast))


def _fastest_ms(network: StaticNetwork, rows: Iterable[Result]) -> float | None:
    """By whatever runtime and number of threads."""
    kind = re.compile(rf"(torchvision|timm)?{_plain(network.kind)}(?![a-z])")  # a resnet50d is another network
    times = [
        row.p50_ms
        for row in rows
        if row.p50_ms is not None
        and (row.size_px, row.precision) == (network.size_px, network.precision)
        and kind.match(_plain(row.model))
    ]
    return min(times, default=None)


def _plain(name: str) -> str:
    """Of a kind of network, or a model's name: letters and digits alone, and without its precision."""
    return re.sub(r"[^a-z0-9]", "", name.lower().removesuffix(" int8"))
