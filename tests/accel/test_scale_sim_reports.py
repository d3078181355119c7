"""Reports of SCALE-Sim."""

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edgewise.accel.array import Array
from edgewise.accel.convolution import Convolution, dense
from edgewise.accel.scale_sim_reports import LayerReport, layer_reports, read_compute_report, write_compute_report
from edgewise.errors import DataError, UsageError

HEAD = "LayerID, Total Cycles, Stall Cycles, Overall Util %, Mapping Efficiency %, Compute Util %,"
LATER = HEAD.replace("LayerID,", "LayerID, Total Cycles (incl. prefetch),")
SHARES = st.floats(0, 1)


def _file(tmp_path: Path, *lines: str) -> Path:
    path = tmp_path / "COMPUTE_REPORT.csv"
    path.write_text("\n".join(lines))
    return path


def test_a_report_of_version_2(tmp_path: Path) -> None:
    (found,) = read_compute_report(_file(tmp_path, HEAD, "0, 52447, 42272, 15.5, 100.0, 80.5,", ""))
    assert found == LayerReport(0, 52447, 42272, 0.155, 1.0, 0.805)
    assert found.compute_cycles == 10175


def test_a_report_of_version_3(tmp_path: Path) -> None:
    (found,) = read_compute_report(_file(tmp_path, LATER, "3, 708, 429, 0, 50.5, 67.5, 46.5,"))
    assert found == LayerReport(3, 429, 0, 0.505, 0.675, 0.465, prefetched_cycles=708)


@given(
    prefetched=st.booleans(),
    rows=st.lists(st.tuples(st.integers(1, 10**12), st.integers(0, 10**12), SHARES, SHARES, SHARES), max_size=4),
)
@settings(max_examples=30, deadline=None)
def test_what_is_written_is_read(
    tmp_path_factory: pytest.TempPathFactory, prefetched: bool, rows: list[tuple[int, int, float, float, float]]
) -> None:
    path = tmp_path_factory.mktemp("written") / "report.csv"
    written = [
        LayerReport(at, total + stall, stall, *shares, prefetched_cycles=total + stall + 5 if prefetched else None)
        for at, (total, stall, *shares) in enumerate(rows)
    ]
    write_compute_report(path, written)
    found = read_compute_report(path)
    for one, own in zip(found, written, strict=True):
        counts = "layer", "total_cycles", "stall_cycles", "prefetched_cycles"
        assert [getattr(one, name) for name in counts] == [getattr(own, name) for name in counts]
        shares = "utilisation", "mapping_efficiency", "compute_utilisation"
        assert [getattr(one, name) for name in shares] == pytest.approx([getattr(own, name) for name in shares])


def test_what_we_found_as_a_report() -> None:
    """A fold that is full; and two for weights of [8, 9], the second with one column of eight."""
    array = Array(8, 8)
    full, more = layer_reports((dense("full", 10, 8, 8), dense("more", 10, 8, 9)), array)
    assert (full.layer, full.total_cycles, full.stall_cycles) == (0, 10 + 22, 0)
    assert full.mapping_efficiency == 1
    assert full.utilisation == full.compute_utilisation == 640 / (32 * 64)
    assert (more.layer, more.total_cycles) == (1, 2 * 32)
    assert more.mapping_efficiency == 72 / 128


def test_groups_are_folds_of_their_own() -> None:
    array = Array(8, 8)
    layer = Convolution("groups", 1, 8, 16, (3, 3), groups=4)
    (found,) = layer_reports((layer,), array)
    assert found.mapping_efficiency == 2 * 4 / 64


@pytest.mark.parametrize(
    ("lines", "words"),
    [
        ((), "no column 'LayerID'"),
        (("LayerID, Total Cycles,", "0, 1,"), "no column 'Stall Cycles'"),
        ((HEAD, "0, 12, 0, 1.0"), "line 2 has nothing for the column 'Mapping Efficiency %'"),
        ((HEAD, "0, 12, 0, 1.0,"), "line 2 is no report of a layer"),
        ((HEAD, "0, twelve, 0, 1, 1, 1,"), "line 2 is no report of a layer: .*twelve"),
        ((HEAD, "0, 12, 0, 1, 1, 1,", "1, 0, 0, 1, 1, 1,"), "line 3: layer 1 of 0 cycles"),
        ((HEAD, "0, 12, 0, nan, 1, 1,"), "line 2"),
    ],
)
def test_what_is_no_report_is_said(tmp_path: Path, lines: tuple[str, ...], words: str) -> None:
    with pytest.raises(DataError, match=words):
        read_compute_report(_file(tmp_path, *lines))


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="cannot be read"):
        read_compute_report(tmp_path / "none.csv")


def test_a_file_holds_one_kind(tmp_path: Path) -> None:
    one, other = LayerReport(0, 9, 0, 1, 1, 1), LayerReport(1, 9, 0, 1, 1, 1, prefetched_cycles=10)
    with pytest.raises(UsageError, match="one file holds one kind"):
        write_compute_report(tmp_path / "report.csv", [one, other])
    assert not list(tmp_path.iterdir())
