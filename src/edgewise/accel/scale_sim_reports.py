"""Reports of SCALE-Sim: COMPUTE_REPORT.csv, a layer on each line, read and written."""

import csv
from collections.abc import Sequence
from dataclasses import dataclass
from math import isfinite
from pathlib import Path

from edgewise import store
from edgewise.accel.array import Array
from edgewise.accel.convolution import Convolution
from edgewise.accel.gemm import Gemm
from edgewise.errors import DataError, UsageError
from edgewise.text import printable

_PREFETCHED = "Total Cycles (incl. prefetch)"
_COLUMNS = ("LayerID", "Total Cycles", "Stall Cycles", "Overall Util %", "Mapping Efficiency %", "Compute Util %")
_FORM = f"The first line names the columns: {', '.join(_COLUMNS)}; version 3 has {_PREFETCHED} besides."


@dataclass(frozen=True)
class LayerReport:
    """What SCALE-Sim reports of a layer. Its percentages are shares here, 0..1."""

    layer: int  # from 0
    total_cycles: int  # stalls among them
    stall_cycles: int
    utilisation: float  # of the multipliers, over all cycles
    mapping_efficiency: float  # of the multipliers that hold something, a mean over folds
    compute_utilisation: float  # of the multipliers, over cycles without stalls
    prefetched_cycles: int | None = None  # all, with the first read from and the last write to DRAM; none in version 2

    @property
    def compute_cycles(self) -> int:
        """Without stalls."""
        return self.total_cycles - self.stall_cycles


def layer_reports(layers: Sequence[Convolution], array: Array) -> tuple[LayerReport, ...]:
    """The answers of layers on an array that never stalls, as SCALE-Sim would report it.

    Differs: cycles are ours, with the last one and with those that drain outputs which stay (`scale_sim_differences`).
    """
    found = []
    for place, one in enumerate(layers):
        gemm = one.forward
        used = array.utilisation(gemm)
        found.append(LayerReport(place, array.cycles(gemm), 0, used, _mapped(gemm, array), used))
    return tuple(found)


def _mapped(gemm: Gemm, array: Array) -> float:
    down, across, _ = array.sides(gemm)
    return down * across / (array.folds(gemm) * array.rows * array.columns)


def read_compute_report(path: Path) -> tuple[LayerReport, ...]:
    """The layers of a report that SCALE-Sim 2 or 3 wrote.

    Raises `DataError` for a file that cannot be read or lacks a column, and for a line that is none of its.
    """
    try:
        lines = list(csv.reader(path.read_text(encoding="utf-8-sig").splitlines()))
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise DataError(f"{printable(path)} cannot be read: {error}.", _FORM) from error
    rows = [(number, [cell.strip() for cell in line]) for number, line in enumerate(lines, start=1) if any(line)]
    names = rows[0][1] if rows else []
    missing = [name for name in _COLUMNS if name not in names]
    if missing:
        raise DataError(f"{printable(path)} is no report of compute cycles: it has no column {missing[0]!r}.", _FORM)
    return tuple(
        _report(dict(zip(names, cells, strict=False)), f"{printable(path)}, line {at}") for at, cells in rows[1:]
    )


def _report(cells: dict[str, str], where: str) -> LayerReport:
    try:
        layer, total, stall = (int(cells[name]) for name in _COLUMNS[:3])
        shares = [float(cells[name]) / 100 for name in _COLUMNS[3:]]
        prefetched = int(cells[_PREFETCHED]) if _PREFETCHED in cells else None
    except KeyError as error:
        raise DataError(f"{where} has nothing for the column {error.args[0]!r}.", _FORM) from error
    except ValueError as error:
        raise DataError(f"{where} is no report of a layer: {error}.", _FORM) from error
    if layer < 0 or total < 1 or not all(map(isfinite, shares)):
        raise DataError(f"{where}: layer {layer} of {total} cycles; it must be 0 or more, of 1 cycle or more.", _FORM)
    return LayerReport(layer, total, stall, *shares, prefetched_cycles=prefetched)


def write_compute_report(path: Path, reports: Sequence[LayerReport]) -> None:
    """Write a report in SCALE-Sim's columns: those of version 3 where all cycles with prefetches are known, else of 2.

    Raises `UsageError` for reports of which only some know them, `StoreError` where the file cannot be written.
    """
    known = {one.prefetched_cycles is not None for one in reports}
    if len(known) > 1:
        raise UsageError("Some reports count prefetches and some do not; one file holds one kind.")
    columns = (_COLUMNS[0], _PREFETCHED, *_COLUMNS[1:]) if True in known else _COLUMNS
    lines = [", ".join(columns) + ","]
    for one in reports:
        shares = (one.utilisation, one.mapping_efficiency, one.compute_utilisation)
        counts = [one.total_cycles, one.stall_cycles]
        if one.prefetched_cycles is not None:
            counts.insert(0, one.prefetched_cycles)
        lines.append(", ".join(map(str, [one.layer, *counts, *(100 * share for share in shares)])) + ",")
    with store.atomic_path(path) as temporary:
        temporary.write_text("\n".join(lines) + "\n", encoding="utf-8")
