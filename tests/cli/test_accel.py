"""`edgewise accel`."""

import json
from pathlib import Path

import pytest

pytestmark = pytest.mark.torch


def test_a_table_of_layers(edgewise) -> None:
    done = edgewise("accel", "run", "tiny:xs", "--rows", 8, "--columns", 4, "--dataflow", "output")
    assert done.returncode == 0, done.stderr
    assert "8 x 4 multipliers used" in done.stdout
    assert "head" in done.stdout
    assert "memory is taken to keep up" in done.stderr


def test_json_says_all(edgewise) -> None:
    asked = ("accel", "run", "tiny:xs", "--pass", "both", "--batch", 2, "--serial", "--clock-mhz", 100, "--json")
    found = json.loads(edgewise(*asked).stdout)
    assert (found["batch"], found["size"]) == (2, [32, 32])
    assert found["array"] == {"rows": 64, "columns": 64, "dataflow": "weight", "shadow": False}
    assert found["cycles"] == sum(one["cycles"] for one in found["layers"])
    assert found["ms"] == pytest.approx(found["cycles"] / 1e5)
    kinds = {one["kind"] for one in found["layers"]}
    assert kinds == {"forward", "weight gradient", "input gradient"}
    first, last = found["layers"][0], found["layers"][-1]
    assert (first["name"], last["kind"]) == (last["name"], "weight gradient"), "nobody asks for the image's gradient"


def test_a_topology_of_scale_sim(edgewise, tmp_path: Path) -> None:
    path = tmp_path / "net.csv"
    path.write_text("Layer, M, N, K,\nfirst, 100, 64, 64,\n")
    found = json.loads(edgewise("accel", "run", path, "--json").stdout)
    assert [one["name"] for one in found["layers"]] == ["first"]
    assert found["macs"] == 100 * 64 * 64
    done = edgewise("accel", "run", path, "--batch", 2)
    assert (done.returncode, "Leave --batch" in done.stderr) == (2, True)
    path.write_text("Layer, M, N, K,\nfirst, 100,\n")
    done = edgewise("accel", "run", path)
    assert (done.returncode, "line 2" in done.stderr) == (3, True)


def test_shadow_registers_save_cycles(edgewise) -> None:
    cycles = {
        how: json.loads(edgewise("accel", "run", "tiny:xs", "--rows", 8, "--columns", 8, how, "--json").stdout)[
            "cycles"
        ]
        for how in ("--shadow", "--serial")
    }
    assert cycles["--shadow"] < cycles["--serial"]


@pytest.mark.parametrize(
    ("asked", "words"),
    [
        (("tiny:*",), "4 classifiers"),
        (("tiny:xs", "--rows", 0), "--rows"),
        (("tiny:xs", "--pass", "sideways"), "--pass"),
    ],
)
def test_what_cannot_be_is_said(edgewise, asked: tuple[object, ...], words: str) -> None:
    done = edgewise("accel", "run", *asked)
    assert done.returncode == 2
    assert words in done.stderr
