"""Folders and CSV files become the same list; what is missing is said."""

from pathlib import Path

import pytest

from edgewise.errors import DataError
from edgewise.images.dataset import read_dataset


def touch(*paths: Path) -> None:
    for path in paths:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"x")


def test_class_folders(tmp_path: Path) -> None:
    touch(
        tmp_path / "cat/2.jpg",
        tmp_path / "cat/1.JPEG",
        tmp_path / "dog/deep/3.png",
        tmp_path / "dog/notes.txt",
        tmp_path / ".git/4.png",
    )
    dataset = read_dataset(tmp_path)
    assert [(item.name, item.label) for item in dataset.items] == [
        ("cat/1.JPEG", "cat"),
        ("cat/2.jpg", "cat"),
        ("dog/deep/3.png", "dog"),
    ]


def test_csv(tmp_path: Path) -> None:
    table = tmp_path / "set.csv"
    table.write_text("label,file\ncat,a/1.jpg\ndog,ünï/2.jpg\n", encoding="utf-8")
    dataset = read_dataset(table)
    assert [(item.name, item.label) for item in dataset.items] == [("a/1.jpg", "cat"), ("ünï/2.jpg", "dog")]
    assert dataset.items[0].path == tmp_path / "a/1.jpg"


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("file;label\na;b\n", "columns"),
        ("file,label\n", "no rows"),
        ("file,label\na.jpg,\n", "line 2"),
        ("", "no rows"),
    ],
)
def test_bad_csv(tmp_path: Path, text: str, reason: str) -> None:
    table = tmp_path / "set.csv"
    table.write_text(text)
    with pytest.raises(DataError, match=reason):
        read_dataset(table)


def test_nothing_there(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="holds no images"):
        read_dataset(tmp_path)
    with pytest.raises(DataError, match="There is no"):
        read_dataset(tmp_path / "gone")
    touch(tmp_path / "loose.jpg")
    with pytest.raises(DataError, match="no class folder"):
        read_dataset(tmp_path)
    with pytest.raises(DataError, match="neither"):
        read_dataset(tmp_path / "loose.jpg")


def test_one_class_only(tmp_path: Path) -> None:
    touch(tmp_path / "cat/1.jpg", tmp_path / "cat/2.jpg")
    with pytest.raises(DataError, match="one label 'cat'"):
        read_dataset(tmp_path)


def test_listing_hash_sees_names_labels_and_sizes(tmp_path: Path) -> None:
    touch(tmp_path / "cat/1.jpg", tmp_path / "dog/2.jpg")
    before = read_dataset(tmp_path).listing_sha256()
    assert read_dataset(tmp_path).listing_sha256() == before
    (tmp_path / "cat/1.jpg").write_bytes(b"xx")
    assert read_dataset(tmp_path).listing_sha256() != before
