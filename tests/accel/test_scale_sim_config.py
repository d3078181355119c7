"""Configurations of SCALE-Sim."""

from configparser import ConfigParser
from pathlib import Path
from typing import get_args

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edgewise.accel.array import Array, Dataflow
from edgewise.accel.scale_sim_config import Bandwidth, ScaleSimConfig, read_config, write_config
from edgewise.errors import DataError, StoreError, UsageError

GOLDEN = Path(__file__).parent / "golden" / "scale_sim"
COUNTS = st.integers(1, 10**6)
FORM = """[general]
run_name = mine

[architecture_presets]
ArrayHeight:    12
ArrayWidth:     14
IfmapSramSzkB:  36
FilterSramSzkB: 37
OfmapSramSzkB:  38
IfmapOffset:    0
FilterOffset:   100
OfmapOffset:    200
Bandwidth : 10
Dataflow : is

[run_presets]
InterfaceBandwidth: CALC
"""
MINE = ScaleSimConfig("mine", Array(12, 14, "input"), 36, 37, 38, None, 0, 100, 200)


def _file(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "scale.cfg"
    path.write_text(text)
    return path


def test_a_file_of_version_2(tmp_path: Path) -> None:
    assert read_config(_file(tmp_path, FORM)) == MINE


def test_keys_may_be_spelled_in_any_case(tmp_path: Path) -> None:
    assert read_config(_file(tmp_path, FORM.replace("IfmapSramSzkB", "ifmapsramszkB"))) == MINE


@pytest.mark.parametrize(
    ("more", "bandwidth"),
    [
        ("", Bandwidth(10, 10, 10)),
        ("[layout]\nIfmapSRAMBankBandwidth: 3\nFilterSRAMBankBandwidth: 4\n", Bandwidth(3, 4, 10)),
        ("[layout]\nFilterSRAMBankBandwidth: 4\n", Bandwidth(10, 4, 10)),
    ],
)
def test_a_bandwidth_that_is_given(tmp_path: Path, more: str, bandwidth: Bandwidth) -> None:
    assert read_config(_file(tmp_path, FORM.replace("CALC", "USER") + more)).bandwidth == bandwidth


def test_of_several_bandwidths_the_first_is_meant(tmp_path: Path) -> None:
    found = read_config(_file(tmp_path, FORM.replace("CALC", "USER").replace("Bandwidth : 10", "Bandwidth : 7, 9")))
    assert found.bandwidth == Bandwidth(7, 7, 7)


@given(
    st.builds(
        ScaleSimConfig,
        run_name=st.text("abcXYZ019 _-.;#=:[]$é", min_size=1, max_size=12).map(lambda name: f"x{name}x"),
        array=st.builds(Array, COUNTS, COUNTS, st.sampled_from(get_args(Dataflow))),
        input_sram_kib=COUNTS,
        weight_sram_kib=COUNTS,
        output_sram_kib=COUNTS,
        bandwidth=st.none() | st.builds(Bandwidth, COUNTS, COUNTS, COUNTS),
        input_offset=st.integers(0, 10**9),
        weight_offset=st.integers(0, 10**9),
        output_offset=st.integers(0, 10**9),
    )
)
@settings(max_examples=30, deadline=None)
def test_what_is_written_is_read(tmp_path_factory: pytest.TempPathFactory, config: ScaleSimConfig) -> None:
    path = tmp_path_factory.mktemp("written") / "scale.cfg"
    write_config(path, config)
    assert read_config(path) == config


def test_version_3_finds_all_that_it_asks_for(tmp_path: Path) -> None:
    """`scale_config.read_conf_file` of version 3.0.0 fails without any of these."""
    write_config(tmp_path / "scale.cfg", MINE)
    parser = ConfigParser()
    parser.read(tmp_path / "scale.cfg")
    assert {"readrequestbuffer", "writerequestbuffer"} <= set(parser["architecture_presets"])
    sides = [f"{side}{key}" for side in ("ifmap", "filter") for key in ("customlayout", "srambanknum", "srambankport")]
    assert {*sides, "ifmapsrambankbandwidth", "filtersrambankbandwidth"} <= set(parser["layout"])
    assert parser["sparsity"]["SparsitySupport"] == "false"
    assert parser["run_presets"]["UseRamulatorTrace"] == "False"


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("run_name = mine", "name = mine", r"scale.cfg has no run_name in \[general\]"),
        ("ArrayWidth:     14\n", "", r"no ArrayWidth in \[architecture_presets\]"),
        ("ArrayWidth:     14", "ArrayWidth: wide", r"ArrayWidth in .* is 'wide'; allowed: a whole number, 1 or more"),
        ("ArrayWidth:     14", "ArrayWidth: 0", "is '0'; allowed: a whole number, 1 or more"),
        ("IfmapOffset:    0", "IfmapOffset: -1", "is '-1'; allowed: a whole number, 0 or more"),
        ("Dataflow : is", "Dataflow : WS", "Dataflow in .* is 'WS'; allowed: ws or os or is"),
        ("CALC", "calc", "InterfaceBandwidth in .* is 'calc'; allowed: CALC or USER"),
        ("[run_presets]", "[sparsity]\nSparsitySupport: True\n[run_presets]", "SparsitySupport in .* is 'True'"),
        ("run_name = mine", "run_name = ../mine", "'../mine'; it must be one that a folder can have"),
        ("[general]", "", "cannot be read"),
        ("Dataflow : is", "Dataflow : is\nDataflow : os", "cannot be read: .*already exists"),
    ],
)
def test_what_is_wrong_is_said(tmp_path: Path, old: str, new: str, words: str) -> None:
    assert old in FORM
    with pytest.raises(DataError, match=words):
        read_config(_file(tmp_path, FORM.replace(old, new)))


def test_a_bandwidth_that_shall_be_given_and_is_not(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="no Bandwidth in"):
        read_config(_file(tmp_path, FORM.replace("CALC", "USER").replace("Bandwidth : 10\n", "")))


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"none.cfg cannot be read"):
        read_config(tmp_path / "none.cfg")


def test_a_file_that_cannot_be_written(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="no regular file"):
        write_config(tmp_path, MINE)


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"run_name": ""}, "run's name is ''"),
        ({"run_name": " mine"}, "run's name is ' mine'"),
        ({"run_name": "a\nb"}, r"run's name is 'a\\nb'"),
        ({"run_name": "50%"}, "without '/' and '%'"),
        ({"array": Array(4, 4, shadow=True)}, "shadow registers"),
        ({"weight_sram_kib": 0}, r"\(36, 0, 38\) KiB"),
        ({"output_offset": -1}, r"\(0, 100, -1\)"),
    ],
)
def test_what_it_has_no_form_for_is_said(changed: dict[str, object], words: str) -> None:
    with pytest.raises(UsageError, match=words):
        ScaleSimConfig(**(vars(MINE) | changed))  # type: ignore[arg-type]


def test_no_bandwidth_is_none() -> None:
    with pytest.raises(UsageError, match="1 word per cycle or more"):
        Bandwidth(1, 0, 1)
