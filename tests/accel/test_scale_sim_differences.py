"""Closed forms against what SCALE-Sim 3.0.0 reported; golden/scale_sim/README.md tells how it was recorded."""

import csv
from dataclasses import replace
from math import ceil
from pathlib import Path

import pytest

from edgewise.accel.array import Array
from edgewise.accel.convolution import Convolution
from edgewise.accel.scale_sim_config import Bandwidth, read_config
from edgewise.accel.scale_sim_differences import Differences, differences
from edgewise.accel.scale_sim_reports import layer_reports, read_compute_report
from edgewise.accel.topology import read_topology
from edgewise.errors import UsageError

GOLDEN = Path(__file__).parent / "golden" / "scale_sim"
LAYERS = read_topology(GOLDEN / "topology.csv")
RECORDED = sorted(path.parent for path in GOLDEN.glob("*/COMPUTE_REPORT.csv"))
OUTPUT = [folder for folder in RECORDED if folder.name.endswith("_output")]
STALLED = "8x8_weight_stalled"


def name(folder: Path) -> str:
    return folder.name


def test_all_shapes_and_dataflows_are_recorded() -> None:
    shapes = [f"{shape}_{dataflow}" for shape in ("8x8", "16x16", "32x8", "8x32") for dataflow in _dataflows()]
    assert sorted(map(name, RECORDED)) == sorted([*shapes, STALLED])


def _dataflows() -> tuple[str, ...]:
    return "weight", "output", "input"


@pytest.mark.parametrize("folder", RECORDED, ids=name)
def test_every_layer_differs_by_what_is_known_and_nothing_else(folder: Path) -> None:
    array = read_config(folder / "scale.cfg").array
    assert folder.name.startswith(f"{array.rows}x{array.columns}_{array.dataflow}")
    reports = read_compute_report(folder / "COMPUTE_REPORT.csv")
    for layer, report in zip(LAYERS, reports, strict=True):
        known = differences(layer, array)
        assert array.cycles(layer.forward) == report.compute_cycles + known.net_cycles, layer.name
        assert known.last_cycle == 1
        assert (known.overhang_cycles == 0) or layer.name == "overhang"
        if array.dataflow != "output":
            assert known.drain_cycles == 0
        elif layer.name != "overhang":
            assert known.drain_cycles == array.rows * array.folds(layer.forward)


@pytest.mark.parametrize(
    ("folder", "layer", "theirs", "ours", "known"),
    [
        ("8x8_weight", "conv3x3", 429, 430, Differences(0, 0)),
        ("8x8_output", "conv3x3", 399, 464, Differences(0, 64)),
        ("8x8_input", "conv3x3", 1119, 1120, Differences(0, 0)),
        ("8x8_weight", "overhang", 151, 124, Differences(28, 0)),
        ("8x8_output", "overhang", 81, 98, Differences(0, 16)),
        ("8x8_weight", "one", 22, 23, Differences(0, 0)),
        ("8x8_output", "one", 14, 23, Differences(0, 8)),
    ],
)
def test_some_by_hand(folder: str, layer: str, theirs: int, ours: int, known: Differences) -> None:
    """3 x 3 on 10 x 10, 4 to 6 channels, is [64, 36] x [36, 6]: on 8 x 8, 5 folds of 86 cycles, 8 of 58, 40 of 28."""
    array, place = read_config(GOLDEN / folder / "scale.cfg").array, [one.name for one in LAYERS].index(layer)
    assert read_compute_report(GOLDEN / folder / "COMPUTE_REPORT.csv")[place].compute_cycles == theirs
    assert array.cycles(LAYERS[place].forward) == ours
    assert differences(LAYERS[place], array) == known


@pytest.mark.parametrize("folder", [one for one in RECORDED if one.name != STALLED], ids=name)
def test_its_shares_are_ours_but_for_its_cycles(folder: Path) -> None:
    """Overall: of a cycle too few. Compute, of what is not output stationary: C - 1 too many a fold."""
    array = read_config(folder / "scale.cfg").array
    reports = read_compute_report(folder / "COMPUTE_REPORT.csv")
    for layer, own, their in zip(LAYERS, layer_reports(LAYERS, array), reports, strict=True):
        if layer.name == "overhang":
            continue
        assert their.mapping_efficiency == pytest.approx(own.mapping_efficiency)
        work = layer.forward.macs / (array.rows * array.columns)
        cycles, folds = array.cycles(layer.forward), array.folds(layer.forward)
        assert their.utilisation == pytest.approx(work / their.total_cycles)
        skewed = (array.columns - 1) * folds
        counted = cycles - array.rows * folds if array.dataflow == "output" else cycles + skewed
        assert their.compute_utilisation == pytest.approx(work / counted)


def test_stalls_leave_compute_cycles_as_they_are() -> None:
    """Layers that fit its memories do not stall even then: what is fetched before the first cycle is no stall to it."""
    folder = GOLDEN / STALLED
    assert read_config(folder / "scale.cfg").bandwidth == Bandwidth(1, 1, 1)
    stalled = read_compute_report(folder / "COMPUTE_REPORT.csv")
    free = read_compute_report(GOLDEN / "8x8_weight" / "COMPUTE_REPORT.csv")
    assert sum(one.stall_cycles > 0 for one in stalled) >= 3
    assert [one.compute_cycles for one in stalled] == [one.total_cycles for one in free]
    assert all(one.prefetched_cycles > one.total_cycles for one in stalled if one.prefetched_cycles is not None)


@pytest.mark.parametrize("folder", OUTPUT, ids=name)
def test_it_writes_outputs_that_stay_before_they_are_made(folder: Path) -> None:
    """The last row's last sum is made in cycle T + R - 2 (from 0); its first output leaves in cycle T - 1."""
    array = read_config(folder / "scale.cfg").array
    with (folder / "DETAILED_ACCESS_REPORT.csv").open() as file:
        rows = [{key.strip(): cell for key, cell in row.items()} for row in csv.DictReader(file)]
    for layer, row in zip(LAYERS, rows, strict=True):
        if layer.forward.m >= array.rows:
            assert float(row["SRAM OFMAP Start Cycle"]) == layer.forward.k - 1
        if layer.name != "overhang":
            made = layer.forward.m * layer.forward.n
            assert float(row["SRAM OFMAP Writes"]) == made + array.folds(layer.forward) * (array.rows + array.columns)


def test_overhanging_windows_are_counted_as_it_does() -> None:
    """3 x 3 on 8 x 8 in steps of 2: three windows fit along each side, a fourth hangs over. Padding is image there."""
    layer = Convolution("odd", 1, 3, 4, (6, 6), (3, 3), (2, 2), (1, 1))
    assert layer.gives_size == (3, 3)
    found = differences(layer, Array(8, 8))
    assert found == Differences(ceil(27 / 8) * (4 * 4 - 3 * 3), 0)
    assert differences(replace(layer, size=(5, 5)), Array(8, 8)) == Differences(0, 0)


@pytest.mark.parametrize(
    ("changed", "array", "words"),
    [
        ({"batch": 2}, Array(8, 8), "odd has a batch"),
        ({"groups": 2}, Array(8, 8), "odd has a batch, groups"),
        ({"dilation": (2, 2)}, Array(8, 8), "or dilation"),
        ({}, Array(8, 8, shadow=True), "shadow registers"),
    ],
)
def test_what_it_cannot_have_is_said(changed: dict[str, object], array: Array, words: str) -> None:
    layer = replace(Convolution("odd", 1, 4, 4, (9, 9), (3, 3)), **changed)  # type: ignore[arg-type]
    with pytest.raises(UsageError, match=words):
        differences(layer, array)
