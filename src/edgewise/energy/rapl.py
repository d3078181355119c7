"""RAPL: the counters of energy of Intel's and AMD's processors, as Linux shows them.

Source: Documentation/power/powercap/powercap.rst of the Linux kernel.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter

from edgewise.energy.meter import NoMeter, Used
from edgewise.errors import DataError

POWERCAP = Path("/sys/class/powercap")
_ZONES = "intel-rapl:*"  # of AMD's processors too
_PACKAGE, _MEMORY = "package", "dram"
_COUNTER, _RANGE = "energy_uj", "max_energy_range_uj"


@dataclass(frozen=True)
class _Counter:
    """One counter, in microjoules; after `range_uj` it begins at 0 again."""

    name: str
    path: Path
    range_uj: int

    def read_uj(self) -> int:
        return int(self.path.read_text(encoding="ascii"))

    def between_uj(self, before: int, after: int) -> int:
        """What was used between two readings, of which the second may come after the counter's end, once."""
        return after - before if after >= before else after + self.range_uj - before


class Rapl:
    """The processor packages and, where it has a counter of its own, their memory.

    The counters move about once a millisecond. One whose end comes in less than a piece of work (a quarter of an hour
    or more) would be read wrong.
    """

    def __init__(self, counters: Sequence[_Counter]) -> None:
        self._counters = tuple(counters)

    @property
    def name(self) -> str:
        return f"RAPL ({', '.join(counter.name for counter in self._counters)})"

    def measure(self, work: Callable[[], None]) -> Used:
        before, started = self._read(), perf_counter()
        work()
        after, ended = self._read(), perf_counter()
        pairs = zip(self._counters, before, after, strict=True)
        return Used(sum(counter.between_uj(was, now) for counter, was, now in pairs) / 1e3, ended - started)

    def _read(self) -> list[int]:
        try:
            return [counter.read_uj() for counter in self._counters]
        except (OSError, ValueError) as error:
            raise DataError(f"A counter of RAPL cannot be read any more: {error}.") from error


def find_rapl(root: Path = POWERCAP) -> Rapl | NoMeter:
    """The counters below `root` that may be read, or why there are none.

    A zone of the whole platform (psys) counts the packages again and is left out, as are the parts of a package; memory
    is no part of its package.
    """
    zones = sorted(root.glob(_ZONES))
    try:
        named = [(_text(zone / "name"), zone) for zone in zones]
        packages = [zone for name, zone in named if name.startswith(_PACKAGE)]
        if not packages:
            return NoMeter(f"there is no RAPL under {root}; virtual machines and containers hide it")
        counted = {zone.name for zone in packages}
        kept = [
            (name, zone)
            for name, zone in named
            if zone in packages or (name == _MEMORY and zone.name.rpartition(":")[0] in counted)
        ]
        counters = [_Counter(name, zone / _COUNTER, int(_text(zone / _RANGE))) for name, zone in kept]
        for counter in counters:
            counter.read_uj()
    except PermissionError as error:
        # Since 2020 (CVE-2020-8694): from the counters, programs could tell what others compute.
        return NoMeter(
            f"only root may read {error.filename}",
            f"Let others read it until the next start: sudo chmod a+r {root}/{_ZONES}/{_COUNTER}",
        )
    except (OSError, ValueError) as error:
        return NoMeter(f"RAPL cannot be read: {error}")
    return Rapl(counters)


def _text(path: Path) -> str:
    return path.read_text(encoding="ascii").strip()
