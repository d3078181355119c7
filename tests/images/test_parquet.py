"""Parquet tables as Hugging Face `datasets` writes them, and plainer ones."""

import json
import pickle
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from edgewise.errors import DataError, ImageError
from edgewise.images.dataset import Dataset, read_dataset

STRUCT = pa.struct([("bytes", pa.binary()), ("path", pa.string())])


def content(number: int) -> bytes:
    return b"image %d " % number * 50


def hugging_face(path: Path, labels: Sequence[int | None], *, names: Any = ("cat", "dog"), group: int = 5) -> None:
    """A file as `datasets` writes it: a struct of bytes and path, numbered labels, their names in the metadata."""
    images = [{"bytes": content(i), "path": f"{i}.jpg"} for i in range(len(labels))]
    features = {"image": {"_type": "Image"}, "label": {"names": names, "_type": "ClassLabel"}}
    table = pa.table({"image": pa.array(images, STRUCT), "label": pa.array(labels, pa.int64())})
    table = table.replace_schema_metadata({"huggingface": json.dumps({"info": {"features": features}})})
    pq.write_table(table, path, row_group_size=group)


def read_all(dataset: Dataset) -> list[bytes]:
    return [item.read() for item in dataset.items]


def test_hugging_face_table(tmp_path: Path) -> None:
    hugging_face(tmp_path / "train.parquet", [0, 1] * 12)
    dataset = read_dataset(tmp_path / "train.parquet")
    assert dataset.labels == ("cat", "dog")
    assert [(i.name, i.label, i.path) for i in dataset.items[:2]] == [
        ("train.parquet:0", "cat", None),
        ("train.parquet:1", "dog", None),
    ]
    assert read_all(dataset) == [content(i) for i in range(24)]


@pytest.mark.parametrize("group", [1, 5, 40, 1000])
def test_rows_in_any_order(tmp_path: Path, group: int) -> None:
    for name in ("a", "b"):
        hugging_face(tmp_path / f"{name}.parquet", [0, 1] * 20, group=group)
    items = read_dataset(tmp_path).items
    for i in (0, 39, 40, 3, 79, 78, 20, 20, 21, 60, 0):
        assert items[i].read() == content(i % 40)


def test_items_can_be_sent_to_another_process(tmp_path: Path) -> None:
    hugging_face(tmp_path / "a.parquet", [0, 1] * 4)
    dataset = read_dataset(tmp_path / "a.parquet")
    before = dataset.items[3].read()
    copies = pickle.loads(pickle.dumps(dataset))
    assert copies.items[3].read() == before
    assert copies.items[0].images is copies.items[3].images
    assert copies.listing_sha256() == dataset.listing_sha256()


def test_threads_take_turns(tmp_path: Path) -> None:
    hugging_face(tmp_path / "a.parquet", [0, 1] * 20)
    items = read_dataset(tmp_path / "a.parquet").items
    wrong: list[int] = []

    def read_backwards_from(start: int) -> None:
        for i in reversed(range(start)):
            if items[i].read() != content(i):
                wrong.append(i)

    threads = [threading.Thread(target=read_backwards_from, args=(start,)) for start in (40, 33, 27)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []


def test_labels_that_say_nothing_are_counted(tmp_path: Path) -> None:
    hugging_face(tmp_path / "a.parquet", [0, 1, -1, None, 2, 0])
    dataset = read_dataset(tmp_path / "a.parquet")
    assert [item.name for item in dataset.items] == ["a.parquet:0", "a.parquet:1", "a.parquet:5"]
    assert [row.name for row in dataset.unread] == ["a.parquet:2", "a.parquet:3", "a.parquet:4"]
    assert {row.reason for row in dataset.unread} == {"has no label, or one without a name"}


@pytest.mark.parametrize("metadata", [None, {"huggingface": "no json"}, {"huggingface": "[1]"}])
def test_numbers_without_names_stay_numbers(tmp_path: Path, metadata: dict[str, str] | None) -> None:
    table = pa.table({"image": [content(0), content(1)], "label": pa.array([7, 3], pa.uint8())})
    pq.write_table(table.replace_schema_metadata(metadata), tmp_path / "a.parquet")
    dataset = read_dataset(tmp_path / "a.parquet")
    assert [item.label for item in dataset.items] == ["7", "3"]
    assert read_all(dataset) == [content(0), content(1)]


@pytest.mark.parametrize("kind", [pa.string(), pa.large_string(), pa.dictionary(pa.int8(), pa.string())])
@pytest.mark.parametrize("image", [pa.binary(), pa.large_binary()])
def test_text_labels_of_any_kind(tmp_path: Path, kind: pa.DataType, image: pa.DataType) -> None:
    columns = {"label": pa.array([" cat", "dog", "", None]).cast(kind), "image": pa.array([content(0)] * 4, image)}
    pq.write_table(pa.table(columns), tmp_path / "a.parquet")
    dataset = read_dataset(tmp_path / "a.parquet")
    assert [item.label for item in dataset.items] == ["cat", "dog"]
    assert len(dataset.unread) == 2


def test_table_of_files(tmp_path: Path) -> None:
    (tmp_path / "1.jpg").write_bytes(content(1))
    files = ["1.jpg", str(tmp_path / "2.jpg"), None, "./1.jpg"]
    pq.write_table(pa.table({"file": files, "label": ["cat", "dog", "dog", "Cat"]}), tmp_path / "a.parquet")
    dataset = read_dataset(tmp_path / "a.parquet")
    assert [item.path for item in dataset.items] == [tmp_path / "1.jpg", tmp_path / "2.jpg"]
    assert dataset.items[0].read() == content(1)
    assert {row.name: row.reason for row in dataset.unread} == {
        "a.parquet:2": "names no file",
        "./1.jpg": "is listed again: a.parquet:3 repeats a.parquet:0",
    }


def test_file_with_two_labels(tmp_path: Path) -> None:
    table = pa.table({"file": ["1.jpg", "1.jpg"], "label": ["cat", "dog"]})
    pq.write_table(table, tmp_path / "a.parquet")
    with pytest.raises(DataError, match=r"'1.jpg' two labels: 'cat' on a.parquet:0, 'dog' on a.parquet:1"):
        read_dataset(tmp_path / "a.parquet")
    for name, row in (("a", 0), ("b", 1)):
        pq.write_table(table.slice(row, 1), tmp_path / f"{name}.parquet")
    with pytest.raises(DataError, match=r"'1.jpg' two labels: 'cat' on a.parquet:0, 'dog' on b.parquet:0"):
        read_dataset(tmp_path)


def test_images_that_are_not_there(tmp_path: Path) -> None:
    (tmp_path / "beside.jpg").write_bytes(content(9))
    images = [
        {"bytes": None, "path": "beside.jpg"},
        {"bytes": None, "path": "gone.jpg"},
        {"bytes": b"", "path": None},
        {"bytes": None, "path": None},
        None,
    ]
    pq.write_table(pa.table({"image": pa.array(images, STRUCT), "label": list("abcde")}), tmp_path / "a.parquet")
    items = read_dataset(tmp_path / "a.parquet").items
    assert items[0].read() == content(9)
    for item, reason in zip(
        items[1:], ("there is no such file", "is empty", "holds no image", "holds no image"), strict=True
    ):
        with pytest.raises(ImageError, match=reason):
            item.read()


@pytest.mark.parametrize(
    "columns",
    [
        {"img": [b"x"], "label": [1]},
        {"image": [b"x"], "fine_label": [1]},
        {"image": ["a.jpg"], "label": [1]},
        {"image": [b"x"], "label": [0.5]},
        {"image": [{"data": b"x"}], "label": [1]},
        {"file": [1], "label": ["cat"]},
        {},
    ],
)
def test_other_columns_are_one_error_that_names_them(tmp_path: Path, columns: dict[str, list[Any]]) -> None:
    pq.write_table(pa.table(columns), tmp_path / "a.parquet")
    with pytest.raises(DataError) as caught:
        read_dataset(tmp_path / "a.parquet")
    assert "has the columns" in caught.value.message
    assert all(repr(name) in caught.value.message for name in columns)
    assert "It needs label" in caught.value.hint


def test_what_is_no_parquet(tmp_path: Path) -> None:
    broken = tmp_path / "a.parquet"
    hugging_face(broken, [0, 1])
    whole = broken.read_bytes()
    for half in (b"", b"once upon a time", whole[: len(whole) // 2]):
        broken.write_bytes(half)
        with pytest.raises(DataError, match=r"a\.parquet cannot be read as Parquet"):
            read_dataset(broken)


def test_file_that_changed_after_listing(tmp_path: Path) -> None:
    path = tmp_path / "a.parquet"
    hugging_face(path, [0, 1] * 20)
    items = read_dataset(path).items
    hugging_face(path, [0, 1])
    with pytest.raises(ImageError, match=r"a\.parquet:30: cannot be read from a\.parquet: it has 2 rows now"):
        items[30].read()
    path.unlink()
    with pytest.raises(ImageError, match="cannot be read from"):
        items[30].read()
    hugging_face(path, [0, 1] * 20)
    assert items[30].read() == content(30)


def test_folder_of_tables_says_what_it_leaves_out(tmp_path: Path) -> None:
    hugging_face(tmp_path / "b.parquet", [0, 1])
    hugging_face(tmp_path / "a.PARQUET", [1])
    (tmp_path / "images").mkdir()
    dataset = read_dataset(tmp_path)
    assert [item.name for item in dataset.items] == ["a.PARQUET:0", "b.parquet:0", "b.parquet:1"]
    assert [row.name for row in dataset.unread] == ["images"]


def test_empty_table(tmp_path: Path) -> None:
    hugging_face(tmp_path / "a.parquet", [])
    with pytest.raises(DataError, match="holds no images"):
        read_dataset(tmp_path / "a.parquet")


def test_listing_hash_sees_rows_labels_and_size(tmp_path: Path) -> None:
    path = tmp_path / "a.parquet"
    seen: set[str] = set()
    for labels, names in (
        ([0, 1], ("cat", "dog")),
        ([0, 1], ("cat", "cow")),
        ([1, 0], ("cat", "dog")),
        ([0, 1, -1], "ab"),
    ):
        hugging_face(path, labels, names=list(names))
        seen.add(read_dataset(path).listing_sha256())
        assert read_dataset(path).listing_sha256() in seen
    assert len(seen) == 4
