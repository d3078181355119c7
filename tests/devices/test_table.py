"""The device table: what is added stays, whoever else adds; what is damaged is named."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from edgewise.devices.device import device_id
from edgewise.devices.table import DeviceTable, default_folder
from edgewise.errors import StoreError, UsageError
from tests.devices.measured import LAPTOP, PI, network_layers, result


def test_what_was_added_is_read_back(tmp_path: Path) -> None:
    table = DeviceTable(tmp_path / "table")
    rows = (result(), result(runtime="openvino", p50_ms=None, failure="it crashed"), result("other", 5.0))
    device = table.add(PI, rows, [network_layers()])
    again = DeviceTable(tmp_path / "table")
    assert again.devices() == (device,)
    assert set(again.results(device.id)) == set(rows)
    assert again.layers(device.id) == (network_layers(),)


def test_a_table_that_does_not_exist_is_empty(tmp_path: Path) -> None:
    table = DeviceTable(tmp_path / "none")
    assert table.devices() == ()
    with pytest.raises(UsageError, match="no device 'pi'"):
        table.results("pi")
    assert not (tmp_path / "none").exists()


def test_a_later_measurement_replaces_its_own_row_alone(tmp_path: Path) -> None:
    table = DeviceTable(tmp_path)
    others = [result(threads=2), result(precision="int8"), result(version="1.30"), result(size_px=160)]
    device = table.add(PI, [result(p50_ms=10), *others])
    table.add(PI, [result(p50_ms=20)])
    assert set(table.results(device.id)) == {result(p50_ms=20), *others}


def test_layers_of_other_threads_stay(tmp_path: Path) -> None:
    table = DeviceTable(tmp_path)
    device = table.add(PI, [], [network_layers(threads=1)])
    table.add(PI, [], [network_layers(threads=2)])
    assert [one.threads for one in table.layers(device.id)] == [1, 2]


def test_two_networks_and_two_devices_share_no_file(tmp_path: Path) -> None:
    table = DeviceTable(tmp_path)
    table.add(PI, [result("a")])
    before = {path: path.read_bytes() for path in tmp_path.rglob("*.json")}
    table.add(PI, [result("b")])
    table.add(PI, [result("a", fingerprint="of other weights")])
    table.add(LAPTOP, [result("a")])
    assert {path: path.read_bytes() for path in before} == before
    assert {path.name for path in tmp_path.rglob(".*")} == set()  # neither locks nor parts


def test_a_device_is_named_after_what_decides_its_speed() -> None:
    from dataclasses import replace

    assert device_id(LAPTOP).startswith("intel-r-core") is False
    assert device_id(LAPTOP).startswith("intel-core-i5-8250u-1-60ghz-8x-")
    assert device_id(LAPTOP) == device_id(replace(LAPTOP, packages={"torch": "3"}, python="3.14", memory_gib=15.4))
    assert len({device_id(one) for one in (LAPTOP, replace(LAPTOP, cores=4), PI)}) == 3


def test_a_name_is_one_machine_s(tmp_path: Path) -> None:
    table = DeviceTable(tmp_path)
    assert table.add(PI, [result()], name="pi-5").id == "pi-5"
    table.add(PI, [result("b")], name="pi-5")
    with pytest.raises(UsageError, match="another machine"):
        table.add(LAPTOP, [result()], name="pi-5")
    assert [row.model for row in table.results("pi-5")] == ["b", "net"]


@pytest.mark.parametrize("name", ["../out", "Pi 5", ".hidden", "a/b", ""])
def test_a_name_that_is_no_folder_is_refused(tmp_path: Path, name: str) -> None:
    if name:
        with pytest.raises(UsageError, match="cannot name"):
            DeviceTable(tmp_path).add(PI, [result()], name=name)
    with pytest.raises(UsageError, match="no device"):
        DeviceTable(tmp_path).device(name)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("content", ["", "{", '{"kind": "profile", "schema": 1, "data": {}}', "[]"])
def test_a_damaged_file_is_named_and_kept(tmp_path: Path, content: str) -> None:
    table = DeviceTable(tmp_path)
    device = table.add(PI, [result()])
    (path,) = (path for path in (tmp_path / device.id).iterdir() if path.name != "device.json")
    path.write_text(content)
    for use in (lambda: table.results(device.id), lambda: table.add(PI, [result(threads=2)])):
        with pytest.raises(StoreError) as found:
            use()
        assert str(path) in found.value.message
        assert found.value.hint
    assert path.read_text() == content


def test_a_row_of_another_network_is_refused(tmp_path: Path) -> None:
    table = DeviceTable(tmp_path)
    device = table.add(PI, [result()])
    (path,) = (tmp_path / device.id).glob("net-*.json")
    stored = json.loads(path.read_text())
    stored["data"]["rows"][0]["result"]["model"] = "another"
    path.write_text(json.dumps(stored))
    with pytest.raises(StoreError, match="holds a row of 'another'"):
        table.results(device.id)


def test_a_damaged_device_is_named(tmp_path: Path) -> None:
    table = DeviceTable(tmp_path)
    device = table.add(PI, [result()])
    (tmp_path / device.id / "device.json").write_text("{}")
    with pytest.raises(StoreError, match=r"device\.json"):
        table.devices()
    with pytest.raises(StoreError, match=r"device\.json"):
        table.add(PI, [result()])


_WRITER = """
import sys
from pathlib import Path
from edgewise.devices.table import DeviceTable
from tests.devices.measured import PI, result
sys.stdin.readline()
for threads in range(int(sys.argv[2]), int(sys.argv[2]) + 20):
    DeviceTable(Path(sys.argv[1])).add(PI, [result(threads=threads)])
"""


def test_two_processes_that_add_to_one_network_both_survive(tmp_path: Path) -> None:
    table = tmp_path / "table"
    writers = [
        subprocess.Popen(
            [sys.executable, "-c", _WRITER, str(table), str(first)],
            stdin=subprocess.PIPE,
            cwd=Path(__file__).parents[2],
        )
        for first in (1, 101)
    ]
    for writer in writers:
        assert writer.stdin is not None
        writer.stdin.write(b"go\n")
        writer.stdin.flush()
    assert [writer.wait(60) for writer in writers] == [0, 0]
    for writer in writers:
        assert writer.stdin is not None
        writer.stdin.close()
    rows = DeviceTable(table).results(device_id(PI))
    assert sorted(row.threads for row in rows) == [*range(1, 21), *range(101, 121)]


def test_a_folder_that_cannot_be_written_is_a_store_error(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(StoreError, match="cannot be written"):
        DeviceTable(tmp_path / "file").add(PI, [result()])


def test_the_default_folder(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    monkeypatch.delenv("EDGEWISE_DEVICES", raising=False)
    assert default_folder() == tmp_path / "edgewise" / "devices"
    monkeypatch.setenv("EDGEWISE_DEVICES", str(tmp_path / "team"))
    assert default_folder() == tmp_path / "team"
