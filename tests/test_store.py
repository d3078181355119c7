"""Nothing half written is ever read."""

import hashlib
import json
import os
import stat
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from edgewise.errors import StoreError
from edgewise.store import (
    atomic_path,
    check_files,
    describe_files,
    map_array,
    read_arrays,
    read_json,
    read_table,
    remove_parts,
    see_that_writable,
    write_array,
    write_arrays,
    write_json,
    write_table,
)


def test_whether_a_folder_can_be_written_is_seen_beforehand(tmp_path: Path) -> None:
    see_that_writable(tmp_path / "new" / "deep")
    see_that_writable(tmp_path)
    assert list(tmp_path.iterdir()) == []
    with pytest.raises(StoreError, match="cannot be written"):
        see_that_writable(Path("/dev/null/folder"))


def test_json_comes_back(tmp_path: Path) -> None:
    path = tmp_path / "deep" / "a.json"
    write_json(path, "plan", 2, {"x": [1, 2.5, "ü"]})
    assert read_json(path, "plan", 2) == {"x": [1, 2.5, "ü"]}


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        ('{"kind": "plan", "schema": 1, "data": {}}', "schema 1"),
        ('{"kind": "plan", "schema": 1, "data": {}}', "made by an older edgewise"),
        ('{"kind": "plan", "schema": 3, "data": {}}', "made by a newer edgewise"),
        ('{"kind": "plan", "schema": "2", "data": {}}', "its schema is '2'"),
        ('{"kind": "plan", "schema": true, "data": {}}', "its schema is True"),
        ('{"kind": "plan", "schema": 2, "data": [1]}', r"its data is \[1\]"),
        ('{"kind": "plan", "schema": 2, "data": {"x": NaN}}', "NaN is no number"),
        pytest.param('{"kind": "plan", "schema": ' + "9" * 5000 + ', "data": {}}', "not a readable", id="huge"),
        (f'{{"kind": "{"x" * 500}", "schema": 2, "data": {{}}}}', r"is a 'x+\.\.\.; a 'plan' is expected"),
        ('{"kind": "plan", "schema": 2}', "not a readable plan"),
        pytest.param("[" * 100_000, "not a readable plan", id="deep"),
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


def test_a_link_stays_one_and_a_device_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "a.json").symlink_to(tmp_path / "deep" / "b.json")
    for schema in (1, 2):
        write_json(tmp_path / "a.json", "plan", schema, {})
        assert (tmp_path / "a.json").is_symlink()
        assert read_json(tmp_path / "deep" / "b.json", "plan", schema) == {}
    os.mkfifo(tmp_path / "pipe")
    for name in ("pipe", "deep"):
        with pytest.raises(StoreError, match=f"{name} is no regular file"):
            write_json(tmp_path / name, "plan", 1, {})
    assert stat.S_ISFIFO((tmp_path / "pipe").stat().st_mode)
    (tmp_path / "loop").symlink_to("loop")
    with pytest.raises(StoreError, match="loop cannot be written: Too many levels"):
        write_json(tmp_path / "loop", "plan", 1, {})
    assert {path.name for path in tmp_path.iterdir()} == {"a.json", "deep", "pipe", "loop"}


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
    with pytest.raises(StoreError, match="holds no arrays"):
        read_arrays(path, hashlib.sha256(path.read_bytes()).hexdigest())


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


def test_a_newer_schema_says_what_to_do(tmp_path: Path) -> None:
    write_json(tmp_path / "a.json", "plan", 3, {})
    with pytest.raises(StoreError) as caught:
        read_json(tmp_path / "a.json", "plan", 2)
    assert caught.value.hint == "Update edgewise."


def test_a_table_that_lacks_something_is_refused(tmp_path: Path) -> None:
    write_table(tmp_path / "t.parquet", {"a": [1, 2]})
    assert read_table(tmp_path / "t.parquet", ["a"], rows=2) == {"a": [1, 2]}
    with pytest.raises(StoreError, match="no column b, c"):
        read_table(tmp_path / "t.parquet", ["a", "b", "c"])
    with pytest.raises(StoreError, match="2 rows; expected 3"):
        read_table(tmp_path / "t.parquet", rows=3)


@pytest.mark.parametrize("array", [np.arange(6, dtype=np.float16).reshape(2, 3), np.zeros((2, 3), np.float16).T])
def test_arrays_are_mapped_as_they_were_written(tmp_path: Path, array: np.ndarray) -> None:
    write_array(tmp_path / "a.npy", array)
    mapped = map_array(tmp_path / "a.npy", np.float16, array.shape)
    assert isinstance(mapped, np.memmap)
    np.testing.assert_array_equal(mapped, array)
    np.testing.assert_array_equal(np.load(tmp_path / "a.npy"), array)


@pytest.mark.parametrize(
    "content", ["torn", "empty", "text", "other shape", "other type", "header", "archive", "absent"]
)
def test_an_array_that_is_another_is_refused(tmp_path: Path, content: str) -> None:
    path = tmp_path / "a.npy"
    write_array(path, np.zeros((40, 3), np.float16))
    match content:
        case "torn":
            path.write_bytes(path.read_bytes()[:-7])
        case "empty":
            path.write_bytes(b"")
        case "text":
            path.write_text("once upon a time")
        case "other shape":
            write_array(path, np.zeros((39, 3), np.float16))
        case "other type":
            write_array(path, np.zeros((40, 3), np.float32))
        case "header":
            path.write_bytes(path.read_bytes().replace(b"}", b"{", 1))
        case "archive":
            with path.open("wb") as stream:
                np.savez(stream, a=np.zeros(3))
        case _:
            path.unlink()
    with pytest.raises(StoreError, match=r"The array .*a\.npy"):
        map_array(path, np.float16, (40, 3))


def test_files_are_those_that_were_described(tmp_path: Path) -> None:
    (tmp_path / "deep").mkdir()
    (tmp_path / "deep" / "a").write_text("one")
    origin = tmp_path / "manifest.json"
    described = describe_files(tmp_path, ["deep/a"])
    check_files(tmp_path, described, origin, contents=True)
    (tmp_path / "deep" / "a").write_text("two")
    check_files(tmp_path, described, origin)
    with pytest.raises(StoreError, match=r"does not hold what manifest\.json says"):
        check_files(tmp_path, described, origin, contents=True)
    (tmp_path / "deep" / "a").write_text("three")
    with pytest.raises(StoreError, match=r"has 5 bytes; manifest\.json says 3"):
        check_files(tmp_path, described, origin)
    (tmp_path / "deep" / "a").unlink()
    with pytest.raises(StoreError, match="cannot be read"):
        check_files(tmp_path, described, origin)


def test_what_killed_writers_left_is_removed(tmp_path: Path) -> None:
    for name in (".a.json.x1y2.part", "a.part", ".other"):
        (tmp_path / name).touch()
    remove_parts(tmp_path)
    assert {path.name for path in tmp_path.iterdir()} == {"a.part", ".other"}
    remove_parts(tmp_path / "absent")


_WRITERS = """
import resource, sys
from pathlib import Path
import numpy as np
import pyarrow.parquet
from edgewise import store
from edgewise.errors import StoreError
resource.setrlimit(resource.RLIMIT_FSIZE, (1000, 1000))
big = np.random.default_rng(0).random(1000)
folder = Path(sys.argv[1])
for write in (
    lambda: store.write_json(folder / "a", "plan", 1, {"x": big.tolist()}),
    lambda: store.write_arrays(folder / "a", {"x": big}),
    lambda: store.write_array(folder / "a", big),
    lambda: store.write_table(folder / "a", {"x": big}),
):
    try:
        write()
    except StoreError as error:
        print(error.message, list(folder.iterdir()))
"""


def test_every_writer_says_when_the_system_stops_it(tmp_path: Path) -> None:
    """The limit is the kernel's: a write beyond it fails as one to a full disk does, with another number."""
    done = subprocess.run([sys.executable, "-c", _WRITERS, tmp_path], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines() == [f"{tmp_path / 'a'} cannot be written: File too large. []"] * 4


def test_a_full_device_is_said() -> None:
    with pytest.raises(StoreError, match="No space left") as caught:
        raise_as_store_error()
    assert "Free some space" in caught.value.hint


def raise_as_store_error() -> None:
    from edgewise.store import cannot_write

    try:
        with Path("/dev/full").open("wb", buffering=0) as full:
            full.write(b"x")
    except OSError as error:
        raise cannot_write(Path("/dev/full"), error) from error
