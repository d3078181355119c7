"""Nothing half written is ever read."""

import json
import os
import stat
from pathlib import Path

import numpy as np
import pytest

from edgewise.errors import StoreError
from edgewise.store import atomic_path, read_arrays, read_json, read_table, write_arrays, write_json, write_table


def test_json_comes_back(tmp_path: Path) -> None:
    path = tmp_path / "deep" / "a.json"
    write_json(path, "plan", 2, {"x": [1, 2.5, "ü"]})
    assert read_json(path, "plan", 2) == {"x": [1, 2.5, "ü"]}


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        ('{"kind": "plan", "schema": 1, "data": {}}', "schema 1"),
        ('{"kind": "other", "schema": 2, "data": {}}', "'other'"),
        ('{"kind": "plan", "schema": 2, "da', "not a readable plan"),
        ("[]", "not a readable plan"),
        ("", "not a readable plan"),
    ],
)
def test_json_of_another_kind_is_refused(tmp_path: Path, content: str, reason: str) -> None:
    path = tmp_path / "a.json"
    path.write_text(content)
    with pytest.raises(StoreError, match=reason):
        read_json(path, "plan", 2)


def test_missing_json_is_said(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="does not exist"):
        read_json(tmp_path / "a.json", "plan", 2)


def test_a_failed_write_leaves_the_old_file(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    path.write_text("old")

    def write_and_fail() -> None:
        with atomic_path(path) as temporary:
            temporary.write_text("half of the ne")
            raise RuntimeError("the power went")

    with pytest.raises(RuntimeError):
        write_and_fail()
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


def test_written_files_have_usual_rights(tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    umask = os.umask(0o022)
    try:
        write_json(path, "plan", 2, {})
    finally:
        os.umask(umask)
    assert stat.S_IMODE(path.stat().st_mode) == 0o644


def test_a_folder_that_cannot_be_written_is_said(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(StoreError, match="cannot be written"):
        write_json(tmp_path / "file" / "a.json", "plan", 2, {})


def test_arrays_come_back_and_a_torn_file_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.safetensors"
    array = np.arange(12, dtype=np.float64).reshape(3, 4).T
    digest = write_arrays(path, {"x": array})
    np.testing.assert_array_equal(read_arrays(path, digest)["x"], array)
    path.write_bytes(path.read_bytes()[:-1])
    with pytest.raises(StoreError, match="does not hold"):
        read_arrays(path, digest)


def test_not_a_number_is_not_json(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="JSON"):
        write_json(tmp_path / "a.json", "plan", 2, {"x": float("nan")})
    assert list(tmp_path.iterdir()) == []


def test_table_comes_back_and_a_torn_one_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "t.parquet"
    write_table(path, {"a": [1, 2], "b": ["x", "y"]})
    assert read_table(path) == {"a": [1, 2], "b": ["x", "y"]}
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    with pytest.raises(StoreError, match="cannot be read"):
        read_table(path)


def test_artefacts_are_plain_json(tmp_path: Path) -> None:
    write_json(tmp_path / "a.json", "plan", 2, {"x": 1})
    assert json.loads((tmp_path / "a.json").read_text()) == {"kind": "plan", "schema": 2, "data": {"x": 1}}
