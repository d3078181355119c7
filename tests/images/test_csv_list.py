"""A CSV of `file,label` as people write them, and what is wrong with it by line."""

from pathlib import Path

import pytest

from edgewise.errors import DataError
from edgewise.images.dataset import Dataset, read_dataset


def read(tmp_path: Path, text: str | bytes) -> Dataset:
    table = tmp_path / "set.csv"
    table.write_bytes(text if isinstance(text, bytes) else text.encode())
    return read_dataset(table)


def test_columns_in_any_place_and_others_ignored(tmp_path: Path) -> None:
    dataset = read(tmp_path, "Label,split, FILE \ncat,train,a/1.jpg\n dog ,test,ünï/2.jpg\n")
    assert [(item.name, item.label) for item in dataset.items] == [("a/1.jpg", "cat"), ("ünï/2.jpg", "dog")]
    assert dataset.items[0].path == tmp_path / "a/1.jpg"


def test_byte_order_mark_crlf_quotes_blank_lines_and_absolute_paths(tmp_path: Path) -> None:
    text = f'\ufefffile,label\r\n"a,b.jpg",cat\r\n\r\n{tmp_path}/2.jpg,dog\r\n'
    dataset = read(tmp_path / ".", text)
    assert [item.path for item in dataset.items] == [tmp_path / "a,b.jpg", tmp_path / "2.jpg"]


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("file;label\na;b\n", r"columns \['file;label'\]"),
        ("file,name\na,b\n", r"columns \['file', 'name'\]"),
        ("file,label,label\na,b,c\n", "columns"),
        ("", "no rows"),
        ("file,label\n", "no rows"),
        ("file,label\na.jpg,cat\nb.jpg,\n", "line 3: file or label is missing"),
        ("file,label\na.jpg,cat\nb.jpg, \n", "line 3: file or label is missing"),
        ("file,label\na.jpg,cat\n,dog\n", "line 3: file or label is missing"),
        ("file,label\na.jpg,cat\nb.jpg\n", "line 3: file or label is missing"),
        ("file,label\na.jpg,cat\na,b.jpg,cat\n", "line 3: 3 fields, but 2 columns"),
        ('file,label,note\na.jpg,cat,"two\nlines"\nb.jpg,\n', "line 4: file or label is missing"),
        ("file,label\na.jpg,cat\nb.jpg,dog\n./a.jpg,dog\n", "'./a.jpg' two labels: 'cat' on line 2, 'dog' on line 4"),
        ("file,label\n\x1b[2J.jpg,cat\n\x1b[2J.jpg,dog\n", r"gives '\\x1b\[2J.jpg' two"),
        ("file,label\na.jpg,cat\n".encode("utf-16"), "cannot be read as a CSV in UTF-8"),
        (b"file,label\ncaf\xe9.jpg,cat\n", "cannot be read as a CSV in UTF-8"),
        ("file,label\n" + "x" * 200_000 + ",cat\n", "cannot be read as a CSV.*field larger"),
    ],
)
def test_bad_csv(tmp_path: Path, text: str | bytes, reason: str) -> None:
    with pytest.raises(DataError, match=reason):
        read(tmp_path, text)


def test_a_file_listed_twice_alike_counts_once(tmp_path: Path) -> None:
    dataset = read(tmp_path, "file,label\na.jpg,cat\nb.jpg,dog\nx/../a.jpg,Cat\n")
    assert [item.name for item in dataset.items] == ["a.jpg", "b.jpg"]
    assert [(row.name, row.reason) for row in dataset.unread] == [
        ("x/../a.jpg", "is listed again: line 4 repeats line 2")
    ]


def test_files_that_no_system_can_hold(tmp_path: Path) -> None:
    dataset = read(tmp_path, f"file,label\n{'x' * 300}.jpg,cat\nzero\0byte.jpg,dog\n")
    assert [item.file_bytes() for item in dataset.items] == [-1, -1]
    assert len(dataset.listing_sha256()) == 64
