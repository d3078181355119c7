"""The record of a user's network, read again."""

from __future__ import annotations

from pathlib import Path

import pytest

from edgewise.errors import StoreError
from edgewise.prune.layer_widths import LayerWidth
from edgewise.prune.user_record import RECORD, FloatTwin, read_user_record
from tests.prune.stored_network import CANDIDATES, COST, evidence, int8, stored, write


def test_all_of_it_comes_back(tmp_path: Path) -> None:
    found = evidence(wrong=3)
    record = read_user_record(write(tmp_path, stored(found)))
    assert record.evidence == found
    assert record.cost == COST
    assert record.candidates == CANDIDATES
    assert record.layers[-1] == LayerWidth("head", 1000, 4, 64_000, 256)
    assert record.solved[0].missed_after == 0.1
    assert record.speedup == 2.0


def test_an_earlier_one_knew_less(tmp_path: Path) -> None:
    record = read_user_record(write(tmp_path, stored(layers=None, candidates=None)))
    assert record.layers == ()
    assert record.candidates == ()
    assert record.precision == "fp32"
    assert record.float_twin is None


def test_one_at_int8_tells_of_its_twin(tmp_path: Path) -> None:
    at_float, at_int8 = evidence(wrong=3), evidence(wrong=9)
    record = read_user_record(write(tmp_path, stored(at_int8, **int8(at_float))))
    assert record.precision == "int8"
    assert record.evidence == at_int8
    assert record.float_twin == FloatTwin("net-user-fp32.onnx", 25.0, 40_000_000, at_float)
    assert (record.file_bytes, record.generic_int8_ms) == (10_000_000, 9.0)


def test_a_folder_without_one(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="does not exist") as caught:
        read_user_record(tmp_path)
    assert "edgewise prune" in str(caught.value.hint)


def test_one_that_was_changed_is_refused_by_name(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match=f"{RECORD}.*generic_ms"):
        read_user_record(write(tmp_path, stored(generic_ms="fast")))
