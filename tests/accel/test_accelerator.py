"""Presets, and files of one's own."""

from dataclasses import replace
from importlib import resources
from pathlib import Path

import pytest

from edgewise.accel.accelerator import preset_names, read_accelerator
from edgewise.accel.area import parts_of
from edgewise.accel.array import Array
from edgewise.accel.convolution import Convolution
from edgewise.accel.numbers import Numbers
from edgewise.accel.run import run_layers
from edgewise.accel.scale_sim_config import Bandwidth, ScaleSimConfig, write_config
from edgewise.errors import DataError, UsageError

PRESETS, TECHNOLOGIES = (resources.files("edgewise.accel") / folder for folder in ("presets", "technologies"))
TEXT = (PRESETS / "reading.toml").read_text()


@pytest.mark.parametrize("name", preset_names())
def test_every_preset_says_where_its_figures_are_from(name: str) -> None:
    found = read_accelerator(name)
    assert found.name == name
    assert len(found.source) > 40
    assert found.technology.source.startswith("Horowitz")


def test_one_of_ones_own(tmp_path: Path) -> None:
    """With a technology of its own beside it."""
    (tmp_path / "mine.toml").write_text(TEXT.replace("rows = 64", "rows = 12").replace('"45nm"', '"node.toml"'))
    (tmp_path / "node.toml").write_text(
        (TECHNOLOGIES / "45nm.toml").read_text().replace("int8_add_pj = 0.03", "int8_add_pj = 0.007")
    )
    found = read_accelerator(str(tmp_path / "mine.toml"))
    assert found.array.rows == 12
    assert found.technology.operations.int8_add_pj == 0.007


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("rows = 64\n", "", "'rows' is missing"),
        ("rows = 64", "rows = 0", "must have a row"),
        ("rows = 64", "rows = 6.5", "a whole number"),
        ("rows = 64", "rows = true", "a whole number"),
        ("rows = 64", "lines = 64", "unknown key 'lines'"),
        ('dataflow = "weight"', 'dataflow = "row"', "one of weight, output, input"),
        ("input_kib = 3072", "input_kib = 0", "input_kib is 0"),
        ("bank_kib = 64", "bank_kib = 6400", "no larger than a buffer"),
        ("rows = 64", f"rows = 1{400 * '0'}", "too large"),
        ("clock_mhz = 480", "clock_mhz = inf", "clock_mhz is too large"),
        ("block = 64", "block = 1", "must have 2 or more"),
        ('format = "int8"', 'format = "int8"\nblock = 8', "must have 1"),
        ('technology = "45nm"', 'technology = "3nm"', "no technology '3nm'"),
        ('technology = "45nm"', 'technology = "3nm.toml"', "cannot be read"),
        ("clock_mhz = 480", "clock_mhz =", "is no TOML"),
    ],
)
def test_what_is_wrong_in_a_file_is_named(tmp_path: Path, old: str, new: str, words: str) -> None:
    path = tmp_path / "mine.toml"
    assert old in TEXT
    path.write_text(TEXT.replace(old, new))
    with pytest.raises(DataError, match=r"mine\.toml|3nm\.toml") as caught:
        read_accelerator(str(path))
    assert words in str(caught.value)


def test_a_configuration_of_scale_sim(tmp_path: Path) -> None:
    """Three words a cycle are 1.44 GB/s at 480 MHz; without a bandwidth its memory keeps up."""
    config = ScaleSimConfig("mine", Array(12, 14, "output"), 36, 37, 38, Bandwidth(1, 1, 1))
    path = tmp_path / "mine.cfg"
    write_config(path, config)
    found = read_accelerator(str(path))
    assert (found.name, found.array, found.dram_gb_per_s) == ("mine", config.array, pytest.approx(1.44))
    assert (found.sram.input_kib, found.sram.weight_kib, found.sram.output_kib) == (36, 37, 38)
    write_config(path, replace(config, bandwidth=None))
    layers = [Convolution("a", 1, 3, 8, (8, 8), (3, 3))]
    (run,) = run_layers(layers, read_accelerator(str(path)))
    assert run.cycles == pytest.approx(config.array.cycles(layers[0].forward), rel=1e-6)


def test_a_name_that_is_not_known() -> None:
    with pytest.raises(UsageError, match="no preset 'abacus'"):
        read_accelerator("abacus")


def test_silicon_for_pruning_is_itemised() -> None:
    """64 columns of sums in blocks of 64, 128 lanes; none of it where nothing shares exponents."""
    reading = read_accelerator("reading")
    parts = {part.name: part for part in parts_of(reading)}
    assert parts["exponent adders"].count == parts["FP32 accumulators"].count == 64
    assert parts["FP32 accumulators"].um2 == 4184 - 137
    assert parts["converters"].count == 128
    assert parts["multipliers and adders"].mm2 == pytest.approx(4096 * (282 + 137) / 1e6)
    assert not any(part.for_pruning for part in parts_of(read_accelerator("eyeriss-like")))


def test_bits_of_numbers() -> None:
    assert [Numbers(name, block).bits for name, block in (("int8", 1), ("bfp16", 64), ("mxint8", 32), ("fp16", 1))] == [
        8,
        8.125,
        8.25,
        16,
    ]
