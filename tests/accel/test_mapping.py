"""Blocks that are named rather than chosen."""

from dataclasses import replace
from pathlib import Path

import pytest

from edgewise.accel.accelerator import Sram, read_accelerator
from edgewise.accel.array import Array
from edgewise.accel.convolution import Convolution, dense
from edgewise.accel.mapping import Block, read_mapping, write_mapping
from edgewise.accel.run import blocks_of, run_layers
from edgewise.errors import DataError, UsageError

LAYERS = [
    Convolution("a.b", 1, 16, 32, (14, 14), (3, 3), padding=(1, 1), stride=(2, 2)),
    dense('odd "name"', 64, 96, 48),
]
SMALL = replace(read_accelerator("reading"), array=Array(8, 8, "weight", True), sram=Sram(4, 4, 8, bank_kib=4))


@pytest.mark.parametrize("dataflow", ["weight", "output", "input"])
def test_blocks_that_were_chosen_cost_the_same_when_named(tmp_path: Path, dataflow: str) -> None:
    accelerator = replace(SMALL, array=replace(SMALL.array, dataflow=dataflow))
    chosen = run_layers(LAYERS, accelerator, "both")
    blocks = {(one.name, one.kind): one.blocks[0] for one in chosen if len(one.blocks) == 1}
    assert len(blocks) == 5
    write_mapping(tmp_path / "mapping.toml", blocks)
    assert read_mapping(tmp_path / "mapping.toml") == blocks
    assert run_layers(LAYERS, accelerator, "both", blocks) == chosen


def test_names_that_mean_several_are_left_out() -> None:
    twice = [dense("twice", 8, 16, 16), dense("twice", 8, 16, 32), dense("once", 8, 32, 8)]
    assert set(blocks_of(run_layers(twice, SMALL))) == {("once", "forward")}
    strided = [dense("before", 1, 1, 1), Convolution("strided", 1, 8, 8, (8, 8), (3, 3), (2, 2), (1, 1))]
    found = run_layers(strided, SMALL, "both")
    named = blocks_of(found)
    assert ("strided", "input gradient") not in named
    assert run_layers(strided, SMALL, "both", named) == found


def test_a_worse_block_costs_more() -> None:
    where = ('odd "name"', "forward")
    chosen = run_layers(LAYERS, SMALL)[1]
    named = run_layers(LAYERS, SMALL, mapping={where: Block(8, 5, 8, "input")})
    assert named[0] == run_layers(LAYERS, SMALL)[0]
    assert named[1].blocks == (Block(8, 8, 8, "input"),), "whole to the array"
    assert named[1].dram_bytes > chosen.dram_bytes
    assert named[1].cycles > chosen.cycles


def test_what_cannot_be_is_said(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="'zzz', forward, which is not run"):
        run_layers(LAYERS, SMALL, mapping={("zzz", "forward"): Block(1, 1, 1, "sums")})
    with pytest.raises(UsageError, match="a block of 64 x 96 x 48 does not fit"):
        run_layers(LAYERS, SMALL, mapping={('odd "name"', "forward"): Block(64, 96, 48, "sums")})
    path = tmp_path / "mapping.toml"
    for text, words in (
        ("a = 1", "is no table"),
        ("[a.sideways]\nm = 1", "no kind of product"),
        ("[a.forward]\nm = 1\nk = 1\nn = 1", "'keeps' is missing"),
        ('[a.forward]\nm = 1\nk = 0\nn = 1\nkeeps = "sums"', "must be 1 or more"),
        ('[a.forward]\nm = 1\nk = 1\nn = 1\nkeeps = "calm"', "one of weights, input, sums"),
    ):
        path.write_text(text)
        with pytest.raises(DataError, match="mapping") as caught:
            read_mapping(path)
        assert words in str(caught.value)
