"""`edgewise devices`: what the table holds, beside each other, and foretold."""

import json
from dataclasses import replace
from pathlib import Path

import pytest

from edgewise.devices.measured_layers import measure_layers
from edgewise.devices.table import DeviceTable
from edgewise.errors import StoreError, UsageError
from edgewise.zoo.tiny.shipped import shipped_path
from tests.cli.conftest import Here
from tests.devices.measured import LAPTOP, PI, network_layers, result


@pytest.fixture
def shared(tmp_path: Path) -> Path:
    table = DeviceTable(tmp_path / "table")
    int8 = result("a", 6.0, precision="int8", runtime="openvino", agreement=0.98)
    lost = result("a", None, runtime="litert", failure="it ran out of memory")
    table.add(PI, [result("a", 30.0), result("b", 8.0), lost], [network_layers("a")], name="pi")
    table.add(LAPTOP, [result("a", 10.0), int8], name="laptop")
    return table.folder


def test_lists_devices(here: Here, shared: Path) -> None:
    found = json.loads(here("devices", "list", "--table", shared, "--json"))
    pi, laptop = (next(one for one in found["devices"] if one["id"] == name) for name in ("pi", "laptop"))
    assert (pi["networks"], pi["with_layers"], pi["rows"], pi["failed"]) == (2, 1, 3, 1)
    assert laptop["runtimes"] == ["onnxruntime", "openvino"]
    assert laptop["machine"]["cpu"] == LAPTOP.cpu
    shown = here("devices", "list", "--table", shared)
    assert "Cortex-A76" in shown
    assert "laptop" in shown


def test_an_empty_table_is_no_error(here: Here, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EDGEWISE_DEVICES", str(tmp_path / "none"))
    assert json.loads(here("devices", "list", "--json")) == {"table": str(tmp_path / "none"), "devices": []}
    with pytest.raises(UsageError, match="no device"):
        here("devices", "compare")


def test_compares_the_fastest_of_each(here: Here, shared: Path) -> None:
    found = json.loads(here("devices", "compare", "--table", shared, "--json"))
    a, b = found["networks"]
    fastest = dict(zip(found["devices"], a["fastest"], strict=True))
    assert (fastest["laptop"]["runtime"], fastest["laptop"]["precision"]) == ("openvino", "int8")
    assert dict(zip(found["devices"], a["ratios"], strict=True)) == {"laptop": 1.0, "pi": 5.0}
    assert b["fastest"][found["devices"].index("laptop")] is None
    assert "30.0 (5.00x)" in here("devices", "compare", "--table", shared).replace("30 (", "30.0 (")


def test_compares_all_rows_of_one(here: Here, shared: Path) -> None:
    rows = json.loads(here("devices", "compare", "a", "--table", shared, "--json"))
    assert [row["p50_ms"] for row in rows] == [6.0, 10.0, 30.0, None]
    assert "memory" in here("devices", "compare", "a", "--table", shared)
    one = json.loads(here("devices", "compare", "a", "--device", "pi", "--table", shared, "--json"))
    assert {row["device"] for row in one} == {"pi"}
    with pytest.raises(UsageError, match="no network 'c'"):
        here("devices", "compare", "c", "--table", shared)


@pytest.fixture
def measured(tmp_path: Path) -> Path:
    """Three bundled networks on this machine, whose own times are their layers'."""
    table = DeviceTable(tmp_path / "measured")
    for name, size_px in (("tiny:s", 64), ("tiny:m", 64), ("tiny:xs", 32)):
        layers = measure_layers(shipped_path(name, ".onnx"), size_px, 1)
        row = result(name, sum(layer.ms for layer in layers), size_px=size_px)
        table.add(PI, [row], [replace(network_layers(name, *layers), size_px=size_px)], name="here")
    return table.folder


def test_foretells_a_network_with_its_errors(here: Here, measured: Path) -> None:
    found = json.loads(here("devices", "predict", "tiny:l", "--device", "here", "--table", measured, "--json"))
    assert found["low_ms"] <= found["ms"] <= found["high_ms"]
    assert (found["networks"], found["size_px"]) == (3, 64)
    assert 0 <= found["median_error"] <= found["worst_error"]
    shown = here("devices", "predict", "tiny:l", "--device", "here", "--table", measured)
    assert "foretold" in shown
    assert f"{100 * found['worst_error']:.0f}%" in shown


def test_refuses_what_it_cannot_foretell(here: Here, shared: Path) -> None:
    with pytest.raises(UsageError, match="no device 'nano'"):
        here("devices", "predict", "tiny:l", "--device", "nano", "--table", shared)
    with pytest.raises(UsageError, match="pi has 1 network whose layers"):
        here("devices", "predict", "tiny:l", "--device", "pi", "--table", shared)


def test_names_a_damaged_file(here: Here, shared: Path) -> None:
    (path,) = (shared / "pi").glob("b-*.json")
    path.write_text("{")
    for command in (("list",), ("compare",), ("predict", "tiny:l", "--device", "pi")):
        with pytest.raises(StoreError, match=path.name):
            here("devices", *command, "--table", shared)
