"""`edgewise accel`."""

import json
from pathlib import Path

import pytest

from edgewise.errors import DataError, UsageError
from tests.cli.conftest import Here

pytestmark = pytest.mark.torch


def test_a_table_of_layers(edgewise) -> None:
    done = edgewise("accel", "run", "tiny:xs", "--rows", 8, "--columns", 4, "--dataflow", "output")
    assert done.returncode == 0, done.stderr
    assert "on reading, 8 x 4:" in done.stdout
    assert "head" in done.stdout
    assert "if memory kept up" in done.stderr


def test_json_says_all(here: Here) -> None:
    asked = ("accel", "run", "tiny:xs", "--pass", "both", "--batch", 2, "--serial", "--clock-mhz", 100, "--json")
    found = json.loads(here(*asked))
    assert (found["batch"], found["size"]) == (2, [32, 32])
    assert found["accelerator"]["array"] == {"rows": 64, "columns": 64, "dataflow": "weight", "shadow": False}
    total, layers = found["total"], found["layers"]
    assert total["cycles"] == pytest.approx(sum(one["cycles"] for one in layers))
    assert total["ms"] == pytest.approx(total["cycles"] / 1e5 + len(layers) * 0.01)
    spent = sum(sum(one["energy"].values()) for one in layers) + total["static_uj"]
    assert total["mj"] == pytest.approx(spent / 1e3)
    assert {one["kind"] for one in layers} == {"forward", "weight gradient", "input gradient"}
    assert (layers[0]["name"], layers[-1]["kind"]) == (layers[-1]["name"], "weight gradient"), "images have no gradient"


def test_a_tail_takes_less(here: Here) -> None:
    whole = json.loads(here("accel", "run", "tiny:xs", "--pass", "both", "--json"))
    middle = whole["layers"][2]["name"]
    tail = json.loads(here("accel", "run", "tiny:xs", "--pass", "both", "--first", middle, "--json"))
    assert tail["layers"][0]["name"] == middle
    assert tail["total"]["macs"] < whole["total"]["macs"]
    with pytest.raises(UsageError) as caught:
        here("accel", "run", "tiny:xs", "--first", "nowhere")
    assert middle in str(caught.value)


def test_less_memory_and_a_slower_one(here: Here) -> None:
    asked = ("accel", "run", "tiny:xs", "--rows", 8, "--columns", 8, "--json")
    plain, small, slow = (
        json.loads(here(*asked, *more))["total"] for more in ((), ("--sram", 4), ("--bandwidth", 0.05))
    )
    assert small["dram_bytes"] > plain["dram_bytes"]
    assert slow["cycles"] > plain["cycles"]
    with pytest.raises(UsageError) as caught:
        here("accel", "run", "tiny:xs", "--sram", 0.5)
    assert "It needs at least" in str(caught.value)


def test_a_mapping_is_written_changed_and_read(here: Here, tmp_path: Path) -> None:
    asked = ("accel", "run", "tiny:xs", "--rows", 8, "--columns", 8, "--json")
    path = tmp_path / "mapping.toml"
    chosen = json.loads(here(*asked, "--save-mapping", path))
    assert json.loads(here(*asked, "--mapping", path)) == chosen
    first = chosen["layers"][0]["name"]
    path.write_text(f'["{first}".forward]\nm = 1\nk = 8\nn = 8\nkeeps = "sums"\n')
    changed = json.loads(here(*asked, "--mapping", path))
    assert changed["layers"][0]["blocks"] == [{"m": 1, "k": 8, "n": 8, "keeps": "sums"}]
    assert changed["layers"][0]["cycles"] > chosen["layers"][0]["cycles"]
    assert changed["layers"][1:] == chosen["layers"][1:]


def test_the_presets(here: Here) -> None:
    found = json.loads(here("accel", "presets", "--json"))
    assert {one["accelerator"]["name"] for one in found} == {"reading", "edge-tpu-like", "eyeriss-like", "phone-npu"}
    assert "transposer" in here("accel", "presets")
    with pytest.raises(UsageError) as caught:
        here("accel", "run", "tiny:xs", "--preset", "abacus")
    assert "eyeriss-like" in str(caught.value)


def test_scale_sims_files_are_enough(here: Here) -> None:
    """The cycles of its report, and the one that it forgets."""
    folder = Path(__file__).parents[1] / "accel" / "golden" / "scale_sim"
    asked = ("accel", "run", folder / "topology.csv", "--preset", folder / "8x8_weight" / "scale.cfg", "--json")
    found = {one["name"]: one for one in json.loads(here(*asked))["layers"]}
    assert found["conv3x3"]["compute_cycles"] == pytest.approx(430)


def test_accelerators_that_none_beats(here: Here) -> None:
    asked = ("accel", "explore", "tiny:xs", "--rows", 4, "--rows", 8, "--columns", 8, "--sram", 32, "--sram", 64)
    found = json.loads(here(*asked, "--json"))
    assert (found["tried"], found["fit"]) == (12, 12)
    assert {"ms", "mj", "mm2"} <= set(found["front"][0])
    assert "12 accelerators like reading" in here(*asked)
    with pytest.raises(UsageError) as caught:
        here(*asked, "--max-mm2", 0.0001)
    assert "fits none" in str(caught.value)


def test_a_topology_of_scale_sim(here: Here, tmp_path: Path) -> None:
    path = tmp_path / "net.csv"
    path.write_text("Layer, M, N, K,\nfirst, 100, 64, 64,\n")
    found = json.loads(here("accel", "run", path, "--json"))
    assert [one["name"] for one in found["layers"]] == ["first"]
    assert found["total"]["macs"] == 100 * 64 * 64
    with pytest.raises(UsageError) as caught:
        here("accel", "run", path, "--batch", 2)
    assert "Leave --batch" in str(caught.value)
    path.write_text("Layer, M, N, K,\nfirst, 100,\n")
    with pytest.raises(DataError) as caught:
        here("accel", "run", path)
    assert "line 2" in str(caught.value)


def test_shadow_registers_save_cycles(here: Here) -> None:
    cycles = {
        how: json.loads(here("accel", "run", "tiny:xs", "--rows", 8, "--columns", 8, how, "--json"))["total"][
            "compute_cycles"
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
