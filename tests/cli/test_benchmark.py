"""`edgewise benchmark`: a row for each runtime, whatever becomes of it; never what a time is."""

import json
import os
import signal
from pathlib import Path
from typing import Any

import pytest

from edgewise.bench.entrant import Entrant
from edgewise.bench.turns import take_turns
from edgewise.devices.table import DeviceTable
from edgewise.errors import ModelError, StoreError, UsageError
from edgewise.runtime.engines import Engine
from edgewise.zoo.sources import find_one
from tests.cli.conftest import Here


@pytest.fixture(autouse=True)
def table(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A device table of its own for each test."""
    monkeypatch.setenv("EDGEWISE_DEVICES", str(tmp_path / "table"))
    return tmp_path / "table"


def test_one_runtime_on_two_numbers_of_threads(here: Here, table: Path) -> None:
    asked = ("--to", "onnxruntime", "--threads", 1, "--threads", 2, "--device", "bench")
    found = json.loads(here("benchmark", "tiny:xs", *asked, "--json"))
    rows = found["results"]
    assert [(row["runtime"], row["precision"], row["threads"]) for row in rows] == [
        ("onnxruntime", "fp32", 1),
        ("onnxruntime", "fp32", 2),
    ]
    for row in rows:
        assert row["failure"] == ""
        assert 8 <= row["runs"] <= 64
        assert 0 < row["p50_ms"] <= row["p90_ms"]
        assert row["peak_bytes"] > row["file_bytes"] > 0
        assert (row["model"], row["size_px"], row["relative_error"]) == ("tiny:xs", 32, 0.0)
    assert found["device"] == "bench"
    stored = DeviceTable(table)
    assert {path.name for path in table.iterdir() if path.is_dir()} == {"bench"}
    listed = json.loads(here("devices", "list", "--json"))["devices"]
    assert [(one["id"], one["rows"], one["with_layers"]) for one in listed] == [("bench", 2, 1)]
    assert stored.folder == table


@pytest.mark.torch  # quantising needs its package onnx
def test_rows_with_images_of_the_user(here: Here, table: Path, drawn_folder: Path) -> None:
    asked = ("--to", "onnxruntime", "--data", drawn_folder, "--limit", 40)
    rows = json.loads(here("benchmark", "tiny:xs", *asked, "--no-save", "--json"))["results"]
    assert not table.exists(), "nothing is kept with --no-save"
    assert [(row["runtime"], row["precision"]) for row in rows] == [("onnxruntime", "fp32"), ("onnxruntime", "int8")]
    assert rows[0]["agreement"] == 1
    assert 0.5 < rows[1]["agreement"] <= 1


def test_several_networks_take_turns(here: Here) -> None:
    shown = here("benchmark", "tiny:xs", "tiny:s", "--to", "onnxruntime", "--no-save")
    heading, *_ = [line.split() for line in shown.splitlines() if line.strip().startswith("network")]
    assert "threads" not in heading, "one number of them need not be told"
    assert "tiny:xs" in shown
    assert "tiny:s " in shown
    alone = here("benchmark", "tiny:xs", "--to", "onnxruntime", "--threads", 1, "--threads", 2, "--no-save")
    assert "network" not in alone
    assert "threads" in alone


def test_a_runtime_that_is_not_installed_is_a_row(here: Here, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What the processes import comes from a folder where OpenVINO is broken."""
    (tmp_path / "path").mkdir()
    (tmp_path / "path" / "openvino.py").write_text("raise ImportError('not here')\n")
    searched = [str(tmp_path / "path"), *filter(None, [os.environ.get("PYTHONPATH")])]
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join(searched))
    asked = ("--to", "openvino", "--to", "onnxruntime")
    found = json.loads(here("benchmark", "tiny:xs", *asked, "--json"))
    absent, present = found["results"]
    assert (absent["runtime"], absent["p50_ms"], absent["runs"]) == ("openvino", None, 0)
    assert "extra [openvino]" in absent["failure"]
    assert (present["runtime"], present["failure"]) == ("onnxruntime", "")
    shown = here("benchmark", "tiny:xs", "--to", "openvino", "--no-save")
    assert "tiny:xs, openvino fp32: Exporting to OpenVINO needs the optional extra" in shown


def test_int8_without_images_is_a_row(here: Here) -> None:
    (row,) = json.loads(here("benchmark", "tiny:xs", "--to", "onnxruntime", "--precision", "int8", "--json"))["results"]
    assert "int8 needs images" in row["failure"]


def test_an_entrant_that_is_killed_leaves_the_others_running() -> None:
    source = find_one("tiny:xs")
    with Entrant(source, Engine.ONNX_RUNTIME, 1) as doomed, Entrant(source, Engine.ONNX_RUNTIME, 1) as other:
        run = doomed.run

        def killed_on_the_way(runs: int) -> list[float]:
            found = run(runs)
            os.kill(doomed._process.pid, signal.SIGKILL)  # type: ignore[reportPrivateUsage]
            return found

        doomed.run = killed_on_the_way  # type: ignore[method-assign]
        first, second = take_turns([doomed, other], "rapid", 0)
    assert "Its process ended (signal 9)" in first.failure
    assert first.quantile(0.5) is None
    assert (second.failure, len(second.ms)) == ("", 64)


def test_a_crash_is_a_row_of_the_table(here: Here, monkeypatch: pytest.MonkeyPatch) -> None:
    """The first of two processes is killed after its last run, before it is asked for its memory."""
    peak, killed = Entrant.peak_bytes, list[int]()

    def crashes(self: Entrant) -> int:
        if not killed:
            killed.append(self._process.pid)  # type: ignore[reportPrivateUsage]
            os.kill(killed[0], signal.SIGKILL)
        return peak(self)

    monkeypatch.setattr(Entrant, "peak_bytes", crashes)
    asked = ("--to", "onnxruntime", "--threads", 1, "--threads", 2)
    first, second = json.loads(here("benchmark", "tiny:xs", *asked, "--json"))["results"]
    assert "signal 9" in first["failure"]
    assert (first["p50_ms"], first["runs"], second["failure"]) == (None, 0, "")


def test_what_does_not_load_leaves_no_process(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "a.onnx").write_bytes(b"no network")
    made: list[Any] = []
    close = Entrant.close
    monkeypatch.setattr(Entrant, "close", lambda self: (made.append(self._process), close(self)))
    with pytest.raises(ModelError, match="cannot be loaded"):
        Entrant(find_one(str(tmp_path / "a.onnx")), Engine.ONNX_RUNTIME, 1)
    (process,) = made
    assert process.returncode == 0


@pytest.mark.litert
def test_a_file_of_one_runtime_is_timed_as_it_is(here: Here, tmp_path: Path) -> None:
    from tests.litert_files import write_net

    path = write_net(tmp_path / "a.tflite", "int8")
    found = json.loads(here("benchmark", path, "--to", "openvino", "--json"))
    (row,) = found["results"]
    assert (row["runtime"], row["precision"], row["failure"]) == ("litert", "int8", "")
    assert row["file_bytes"] == path.stat().st_size


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        (("ensemble:tiny:xs+tiny:s",), "is several networks"),
        (("tiny:xs", "--to", "tensorrt"), "is no runtime to export to"),
        (("tiny:xs", "--to", "onnxruntime", "--precision", "bf16"), "ONNX Runtime has no bf16"),
        (("tiny:xs", "--to", "onnxruntime", "--device", "My Pi"), "cannot name a device"),
    ],
)
def test_odd_arguments_are_said_before_the_work(
    here: Here, table: Path, monkeypatch: pytest.MonkeyPatch, arguments: tuple[str, ...], reason: str
) -> None:
    monkeypatch.setattr("edgewise.bench.subject.load", lambda _: pytest.fail("worked before it looked"))
    with pytest.raises(UsageError, match=reason):
        here("benchmark", *arguments)
    assert not table.exists()


def test_a_table_that_cannot_be_written_is_said_before_the_work(
    here: Here, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("edgewise.bench.subject.load", lambda _: pytest.fail("worked before it looked"))
    (tmp_path / "file").write_text("")
    with pytest.raises(StoreError, match="cannot be written"):
        here("benchmark", "tiny:xs", "--to", "onnxruntime", "--table", tmp_path / "file" / "table")
