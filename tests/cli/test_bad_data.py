"""Data sets of every bad kind given to the real command: what is bad is counted and named, the rest is profiled."""

import json
import os
import shutil
from collections.abc import Callable
from pathlib import Path
from subprocess import CompletedProcess

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tests.cli_errors import DATA, said

Run = Callable[..., CompletedProcess[str]]
slow = pytest.mark.slow  # each command takes over a second; what differs only in its reason is in tests/images too


@pytest.fixture
def small(tmp_path: Path, drawn_folder: Path) -> Path:
    """Class folders with three images of each of two classes."""
    for label in ("car", "tree"):
        (tmp_path / "data" / label).mkdir(parents=True)
        for file in sorted((drawn_folder / label).iterdir())[:3]:
            shutil.copy(file, tmp_path / "data" / label)
    return tmp_path / "data"


@pytest.fixture
def profile(in_process: Run, tmp_path: Path) -> Callable[..., CompletedProcess[str]]:
    """`profile(data)`: the command with the smallest model, quiet, and its answer as JSON."""

    def run(data: Path, *more: str) -> CompletedProcess[str]:
        return in_process("profile", "--data", data, "--out", tmp_path / "out", "--zoo", "tiny:xs", "--json", *more)

    return run


def failed(done: CompletedProcess[str], out: Path, *parts: str) -> None:
    """The data were refused in one error that holds `parts`, and nothing was left behind."""
    said(done, DATA, *parts)
    assert not out.exists()


def good_and_bad(done: CompletedProcess[str], out: Path) -> tuple[int, dict[str, str], dict[str, str]]:
    """How many images were profiled; what was skipped, and what was not listed, with their reasons."""
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    manifest = json.loads((out / "manifest.json").read_text())["data"]
    skipped = {row["image"]: row["reason"] for row in manifest["skipped"]}
    return manifest["images"], skipped, {row["name"]: row["reason"] for row in manifest["unread"]}


def test_folder_with_everything_wrong(profile: Run, small: Path, tmp_path: Path) -> None:
    car = small / "car"
    (car / "zero.jpg").touch()
    (car / "zeros.jpg").write_bytes(bytes(5000))
    (car / "page.jpg").write_text("<html>404")
    (car / "circle.jpg").symlink_to("circle.jpg")
    (car / "dangling.jpg").symlink_to("gone.jpg")
    os.mkfifo(car / "pipe.jpg")
    (car / "folder.jpg").mkdir()
    (car / "phone.heic").write_bytes(b"x")
    (car / "again").symlink_to(small)
    (car / os.fsdecode(b"caf\xe9.jpg")).write_bytes(b"x")
    (car / "\x1b[2J.jpg").write_text("no")
    (small / "loose.jpg").write_bytes(b"x")
    (small / "auto").symlink_to(car)
    (small / "bus").mkdir()
    good, skipped, unread = good_and_bad(profile(small), tmp_path / "out")
    assert good == 6
    assert skipped == {
        "car/\x1b[2J.jpg": "is not an image in a format that can be read; it looks like text",
        "car/circle.jpg": "cannot be read: Too many levels of symbolic links",
        "car/dangling.jpg": "there is no such file",
        "car/page.jpg": "is not an image in a format that can be read; it looks like HTML: a web page was saved in its "
        "place",
        "car/pipe.jpg": "is no regular file",
        "car/zero.jpg": "is empty (0 bytes)",
        "car/zeros.jpg": "is not an image in a format that can be read; it looks like a file of zero bytes only, as a "
        "failed copy leaves it",
    }
    assert unread == {
        "auto": "is a link to car, which is listed already",
        "bus": "is a folder without images",
        "car/again": "is a link to a folder that holds the data set",
        "car/caf\\xe9.jpg": "has a name that is not UTF-8",
        "car/folder.jpg": "is a folder",
        "car/phone.heic": "is in a format that cannot be read (.heic)",
        "loose.jpg": "has no label: it lies beside the class folders",
    }


@slow
def test_labels_that_differ_by_spelling_are_one_class(profile: Run, small: Path, tmp_path: Path) -> None:
    (small / "CAR").mkdir()
    (small / "car").replace(small / "CAR" / "below")
    (small / "Car").mkdir()
    first = next((small / "CAR" / "below").iterdir())
    first.rename(small / "Car" / first.name)
    good, skipped, unread = good_and_bad(profile(small), tmp_path / "out")
    assert (good, skipped, unread) == (6, {}, {})


@slow
def test_one_class_however_it_is_written(profile: Run, small: Path, tmp_path: Path) -> None:
    (small / "tree").rename(small / "CAR")
    failed(profile(small), tmp_path / "out", "All 6 images", "have the one label 'CAR'", "at least two classes")


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        pytest.param("file;label\na;b\n", ("columns ['file;label']", "separated by commas"), marks=slow),
        ("file,label\ncar/1.png,car\ntree/1.png\n", ("line 3: file or label is missing",)),
        pytest.param(
            "file,label\na.png,car\na.png,tree\n",
            ("'a.png' two labels: 'car' on line 2, 'tree' on line 3",),
            marks=slow,
        ),
        pytest.param(b"file,label\ncaf\xe9.png,car\n", ("cannot be read as a CSV in UTF-8",), marks=slow),
    ],
)
def test_bad_csv(profile: Run, tmp_path: Path, text: str | bytes, parts: tuple[str, ...]) -> None:
    table = tmp_path / "set.csv"
    table.write_bytes(text if isinstance(text, bytes) else text.encode())
    failed(profile(table), tmp_path / "out", "set.csv", *parts)


@slow
def test_csv_with_some_bad_files(profile: Run, small: Path, tmp_path: Path) -> None:
    files = sorted(small.rglob("*.png"))
    rows = [f"{file},{file.parent.name}" for file in files]
    rows += [f"gone.png,car\n{'x' * 300}.png,tree\n{files[0]},car"]
    (tmp_path / "set.csv").write_text("file,label\n" + "\n".join(rows))
    good, skipped, unread = good_and_bad(profile(tmp_path / "set.csv"), tmp_path / "out")
    assert good == 6
    assert skipped == {
        "gone.png": "there is no such file",
        "x" * 300 + ".png": "cannot be read: File name too long",
    }
    assert unread == {str(files[0]): "is listed again: line 10 repeats line 2"}


@slow
def test_path_that_is_too_long(profile: Run, tmp_path: Path) -> None:
    failed(profile(tmp_path / ("x" * 300)), tmp_path / "out", "File name too long")


@slow
def test_path_that_is_a_circle_of_links(profile: Run, tmp_path: Path) -> None:
    (tmp_path / "circle").symlink_to("circle")
    failed(profile(tmp_path / "circle"), tmp_path / "out", "Too many levels of symbolic links")


def write_parquet(path: Path, files: list[Path]) -> None:
    struct = pa.struct([("bytes", pa.binary()), ("path", pa.string())])
    images = [{"bytes": file.read_bytes(), "path": file.name} for file in files]
    names = ["car", "tree"]
    table = pa.table(
        {"image": pa.array(images, struct), "label": pa.array([names.index(file.parent.name) for file in files])}
    )
    features = {"label": {"names": names, "_type": "ClassLabel"}}
    metadata = {"huggingface": json.dumps({"info": {"features": features}})}
    pq.write_table(table.replace_schema_metadata(metadata), path, row_group_size=2)


@slow
def test_parquet_gives_what_its_files_give(profile: Run, small: Path, tmp_path: Path) -> None:
    files = sorted(small.rglob("*.png"))
    write_parquet(tmp_path / "set.parquet", files)
    assert good_and_bad(profile(tmp_path / "set.parquet"), tmp_path / "out") == (6, {}, {})
    inside = logits(tmp_path / "out")
    shutil.rmtree(tmp_path / "out")
    assert good_and_bad(profile(small), tmp_path / "out") == (6, {}, {})
    assert np.array_equal(inside, logits(tmp_path / "out"))


def logits(out: Path) -> np.ndarray:
    (file,) = (out / "logits").iterdir()
    return np.load(file)


def test_parquet_with_some_bad_rows(profile: Run, small: Path, tmp_path: Path) -> None:
    files = sorted(small.rglob("*.png"))
    contents = [file.read_bytes() for file in files]
    labels = [file.parent.name for file in files]
    columns = {
        "image": [*contents, b"once upon a time", b"", None, contents[0]],
        "label": [*labels, *["car"] * 3, None],
    }
    pq.write_table(pa.table(columns), tmp_path / "set.parquet")
    good, skipped, unread = good_and_bad(profile(tmp_path / "set.parquet"), tmp_path / "out")
    assert good == 6
    assert skipped == {
        "set.parquet:6": "is not an image in a format that can be read; it looks like text",
        "set.parquet:7": "is empty (0 bytes)",
        "set.parquet:8": "holds no image",
    }
    assert unread == {"set.parquet:9": "has no label, or one without a name"}


def test_parquet_of_other_columns(profile: Run, tmp_path: Path) -> None:
    pq.write_table(pa.table({"img": [b"x"], "label": [1]}), tmp_path / "set.parquet")
    done = profile(tmp_path / "set.parquet")
    failed(done, tmp_path / "out", "has the columns 'img' (binary), 'label' (int64)", "It needs label")


@slow
def test_text_named_parquet(profile: Run, tmp_path: Path) -> None:
    (tmp_path / "set.parquet").write_text("once upon a time")
    failed(profile(tmp_path / "set.parquet"), tmp_path / "out", "set.parquet cannot be read as Parquet")


@slow
def test_folder_that_nothing_can_be_read_from(profile: Run, tmp_path: Path) -> None:
    for label in ("car", "tree"):
        (tmp_path / "data" / label).mkdir(parents=True)
        (tmp_path / "data" / label / "1.heic").write_bytes(b"x")
    failed(profile(tmp_path / "data"), tmp_path / "out", "holds no images", "car/1.heic is in a format that cannot")


@slow
def test_two_thousand_unknown_labels_are_refused_in_time(profile: Run, tmp_path: Path) -> None:
    """Looking for names like each of them took minutes; the command is stopped after that many seconds."""
    for i in range(2000):
        folder = tmp_path / "data" / f"unknown {i:04d}"
        folder.mkdir(parents=True)
        (folder / "1.png").write_bytes(b"x")
    failed(profile(tmp_path / "data"), tmp_path / "out", "No class is called 'unknown 0000'", "(and 1995 more)")
