"""Which meters a machine has."""

from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from edgewise.energy.meter import Meter, NoMeter
from edgewise.energy.power_file import PowerUnit, open_power_file
from edgewise.energy.rapl import POWERCAP, find_rapl
from edgewise.errors import DataError, UsageError

_SYSTEM = Path("/sys/class")
_POWER_FILES = ("hwmon/*/power*_input", "hwmon/*/power*_average", "hwmon/*/curr*_input", "power_supply/*/power_now")


@dataclass(frozen=True)
class Offer:
    """What a machine offers to measure energy with."""

    counters: str | None  # what `edgewise profile` reads unless it is told otherwise; None = nothing: it models energy
    reason: str  # why not
    hint: str
    power_files: tuple[Path, ...]  # that it may be told to read


def survey(system: Path = _SYSTEM) -> Offer:
    """Look below /sys/class."""
    found = find_rapl(system / POWERCAP.name)
    files = [path for pattern in _POWER_FILES for path in sorted(system.glob(pattern)) if _is_readable(path)]
    if isinstance(found, NoMeter):
        return Offer(None, found.reason, found.hint, tuple(files))
    return Offer(found.name, "", "", tuple(files))


def find_meter(
    power_file: Path | None = None, power_unit: PowerUnit | None = None, *, powercap: Path = POWERCAP
) -> Meter | NoMeter:
    """The power file where one is named, else RAPL, or why there is none.

    Raises `UsageError` for a unit without a file or a file whose unit is not known, `DataError` for one that cannot be
    read.
    """
    if power_file is not None:
        return open_power_file(power_file, power_unit)
    if power_unit is not None:
        raise UsageError(f"--power-unit {power_unit} is of no file.", "Name it: --power-file PATH.")
    return find_rapl(powercap)


def _is_readable(path: Path) -> bool:
    with suppress(DataError):
        open_power_file(path)
        return True
    return False
