"""Thousands of accelerators for one network: arrays and buffers swept, and those that none beats in all respects."""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from itertools import product
from typing import TypeVar

import numpy as np

from edgewise.accel.accelerator import Accelerator
from edgewise.accel.area import parts_of
from edgewise.accel.array import Array, Dataflow
from edgewise.accel.blocking import Machines, Shapes, cheapest
from edgewise.accel.convolution import Convolution
from edgewise.accel.energy import energies
from edgewise.accel.products import Product
from edgewise.accel.run import Pass, Work, machine_of, numbers_of, shapes_of, work_of
from edgewise.errors import UsageError
from edgewise.progress import Progress

_AT_ONCE = 128  # arrays: so many that NumPy's calls hardly count
_Arrays = TypeVar("_Arrays", Shapes, Machines)
_Narrow = np.float32  # whole numbers up to 2^24 are exact; half the bytes of float64


@dataclass(frozen=True)
class Point:
    """One accelerator, and what the network takes on it."""

    rows: int
    columns: int
    dataflow: Dataflow
    sram_kib: float
    ms: float
    mj: float
    mm2: float
    utilisation: float
    dram_bytes: float


@dataclass(frozen=True)
class Sweep:
    """What is tried: each with each. `sram_kib`: of all three buffers, which keep their shares."""

    rows: tuple[int, ...] = (8, 16, 24, 32, 48, 64, 96, 128)
    columns: tuple[int, ...] = (8, 16, 24, 32, 48, 64, 96, 128)
    sram_kib: tuple[float, ...] = (64, 128, 256, 512, 1024, 2048, 4096, 8192)
    dataflows: tuple[Dataflow, ...] = ("weight", "output", "input")

    def __post_init__(self) -> None:
        """Raises `UsageError` for what is empty."""
        if not (self.rows and self.columns and self.sram_kib and self.dataflows):
            raise UsageError("A sweep needs rows, columns, sizes of SRAM and dataflows, at least one of each.")
        if min(*self.rows, *self.columns, *self.sram_kib) <= 0:
            raise UsageError("Rows, columns and sizes of SRAM must be above 0.")

    def __len__(self) -> int:
        return len(self.rows) * len(self.columns) * len(self.sram_kib) * len(self.dataflows)


def explore(
    layers: Sequence[Convolution],
    accelerator: Accelerator,
    sweep: Sweep,
    what: Pass = "forward",
    *,
    max_mm2: float | None = None,
    threads: int = 2,
    progress: Progress = lambda what, done, total: None,
) -> tuple[Point, ...]:
    """All points of a sweep that the network fits, in its order. What is not swept is the accelerator's own.

    Raises `UsageError` where it fits none.
    """
    kinds = list(product(sweep.dataflows, sweep.sram_kib))
    shapes = list(product(sweep.rows, sweep.columns))
    found: list[Point] = []
    with ThreadPoolExecutor(threads) as pool:
        for place, (dataflow, kib) in enumerate(kinds):
            one = replace(
                accelerator.with_array(replace(accelerator.array, dataflow=dataflow)),
                sram=accelerator.sram.of_size(kib),
            )
            groups = _groups(work_of(layers, one, what), one)
            parts = [shapes[first : first + _AT_ONCE] for first in range(0, len(shapes), _AT_ONCE)]
            for points in pool.map(_trial(one, groups), parts):
                found += [one for one in points if max_mm2 is None or one.mm2 <= max_mm2]
            progress("trying accelerators", (place + 1) * len(shapes), len(sweep))
    if not found:
        raise UsageError("The network fits none of these.", "Give more SRAM, smaller arrays, or more silicon.")
    return tuple(found)


def front(points: Sequence[Point]) -> tuple[Point, ...]:
    """Those that no other beats, or equals, in time, energy and area at once; the quickest first."""
    order = sorted(points, key=lambda one: (one.ms, one.mj, one.mm2))
    kept: list[Point] = []
    beaten = np.empty((len(order), 2))
    for one in order:  # whatever is kept is as quick or quicker
        known = beaten[: len(kept)]
        if not ((known[:, 0] <= one.mj) & (known[:, 1] <= one.mm2)).any():
            beaten[len(kept)] = one.mj, one.mm2
            kept.append(one)
    return tuple(kept)


@dataclass(frozen=True)
class _Group:
    """Distinct products of one format, how often each is done, and by how many layers' work."""

    work: Work  # one of them, for its format
    products: tuple[Product, ...]
    times: np.ndarray
    starts: int


def _groups(work: Sequence[Work], accelerator: Accelerator) -> list[_Group]:
    found = []
    for numbers in dict.fromkeys(numbers_of(one, accelerator) for one in work):
        own = [one for one in work if numbers_of(one, accelerator) == numbers]
        times: dict[Product, int] = {}
        for each in (one for several in own for one in several.products):
            times[each] = times.get(each, 0) + 1
        found.append(_Group(own[0], tuple(times), np.array(list(times.values()), float), len(own)))
    return found


def _trial(accelerator: Accelerator, groups: Sequence[_Group]) -> Callable[[list[tuple[int, int]]], list[Point]]:
    """What tries some arrays."""
    macs = sum(float(one.times @ [each.gemm.macs for each in one.products]) for one in groups)
    prepared = [(one, _narrow(shapes_of(one.products))) for one in groups]

    def tried(arrays: list[tuple[int, int]]) -> list[Point]:
        rows, columns = np.array(arrays, float).T[..., None]
        machine = _narrow(replace(machine_of(accelerator), rows=rows, columns=columns))
        cycles, uj, crossing = np.zeros((3, len(arrays)))
        for one, shapes in prepared:
            cost = cheapest(shapes, machine)
            energy = energies(one.products, cost, accelerator, numbers_of(one.work, accelerator))
            cycles += np.where(cost.fits, cost.cycles, np.inf) @ one.times
            uj += energy.uj @ one.times
            crossing += (cost.read_bytes + cost.written_bytes) @ one.times
        ms = cycles / accelerator.clock_mhz / 1e3 + accelerator.host.dispatch_us * sum(g.starts for g in groups) / 1e3
        uj += accelerator.static_mw * ms
        return [
            _point(accelerator, at, *map(float, (took, spent, macs / (used * at[0] * at[1]), moved)))
            for at, took, spent, used, moved in zip(arrays, ms, uj, cycles, crossing, strict=True)
            if np.isfinite(took)
        ]

    return tried


def _narrow(given: _Arrays) -> _Arrays:
    values = {name: one if isinstance(one, str | bool) else _Narrow(one) for name, one in vars(given).items()}
    return replace(given, **values)


def _point(accelerator: Accelerator, at: tuple[int, int], ms: float, uj: float, used: float, moved: float) -> Point:
    array = Array(*at, accelerator.array.dataflow, accelerator.array.shadow)
    mm2 = sum(part.mm2 for part in parts_of(accelerator.with_array(array)))
    return Point(*at, array.dataflow, accelerator.sram.kib, ms, uj / 1e3, mm2, used, moved)
