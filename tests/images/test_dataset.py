"""Folders, CSV and Parquet become the same list; what is missing or cannot be listed is said."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from edgewise.errors import DataError, ImageError
from edgewise.images.dataset import read_dataset


def touch(*paths: Path) -> None:
    for path in paths:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"x")


def names(folder: Path) -> list[str]:
    return [item.name for item in read_dataset(folder).items]


def unread(path: Path) -> dict[str, str]:
    return {row.name: row.reason for row in read_dataset(path).unread}


def test_class_folders(tmp_path: Path) -> None:
    touch(
        tmp_path / "cat/2.jpg",
        tmp_path / "cat/1.JPEG",
        tmp_path / "dog/deep/er/3.png",
        tmp_path / "dog/notes.txt",
        tmp_path / "dog/._3.png",
        tmp_path / ".git/4.png",
    )
    dataset = read_dataset(tmp_path)
    assert [(item.name, item.label) for item in dataset.items] == [
        ("cat/1.JPEG", "cat"),
        ("cat/2.jpg", "cat"),
        ("dog/deep/er/3.png", "dog"),
    ]
    assert dataset.unread == ()
    assert dataset.items[0].path == tmp_path / "cat/1.JPEG"
    assert dataset.items[0].read() == b"x"


def test_what_cannot_be_listed_is_named(tmp_path: Path) -> None:
    touch(tmp_path / "cat/1.jpg", tmp_path / "dog/2.jpg", tmp_path / "cat/3.HEIC", tmp_path / "loose.png")
    touch(tmp_path / "cat" / os.fsdecode(b"caf\xe9.jpg"), tmp_path / os.fsdecode(b"h\xfchn") / "4.jpg")
    (tmp_path / "dog/x.jpg").mkdir()
    (tmp_path / "empty").mkdir()
    (tmp_path / "\x1b[2Jblank").mkdir()
    assert names(tmp_path) == ["cat/1.jpg", "dog/2.jpg"]
    assert unread(tmp_path) == {
        "cat/3.HEIC": "is in a format that cannot be read (.heic)",
        "cat/caf\\xe9.jpg": "has a name that is not UTF-8",
        "dog/x.jpg": "is a folder",
        "empty": "is a folder without images",
        "h\\xfchn/4.jpg": "has a name that is not UTF-8",
        "loose.png": "has no label: it lies beside the class folders",
        "\\x1b[2Jblank": "is a folder without images",
    }


def test_what_can_be_listed_and_not_read_fails_alone(tmp_path: Path) -> None:
    touch(tmp_path / "cat/1.jpg", tmp_path / "dog/2.jpg")
    (tmp_path / "cat/circle.jpg").symlink_to("circle.jpg")
    (tmp_path / "cat/dangling.jpg").symlink_to("gone.jpg")
    (tmp_path / "cat/zero.jpg").touch()
    os.mkfifo(tmp_path / "dog/pipe.jpg")
    reasons: dict[str, str] = {}
    for item in read_dataset(tmp_path).items:
        try:
            item.read()
        except ImageError as error:
            reasons[item.name] = error.reason
    assert reasons == {
        "cat/circle.jpg": "cannot be read: Too many levels of symbolic links",
        "cat/dangling.jpg": "there is no such file",
        "cat/zero.jpg": "is empty (0 bytes)",
        "dog/pipe.jpg": "is no regular file",
    }
    read_dataset(tmp_path).listing_sha256()


def test_links_are_followed(tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere"
    touch(elsewhere / "a/1.jpg", elsewhere / "b/2.jpg", elsewhere / "3.jpg")
    data = tmp_path / "data"
    touch(data / "dog/4.jpg")
    (data / "cat").symlink_to(elsewhere / "a")
    (data / "dog/more").symlink_to(elsewhere / "b")
    (data / "dog/3.jpg").symlink_to(elsewhere / "3.jpg")
    assert names(data) == ["cat/1.jpg", "dog/3.jpg", "dog/4.jpg", "dog/more/2.jpg"]
    assert unread(data) == {}


def test_circles_of_links_end(tmp_path: Path) -> None:
    data = tmp_path / "data"
    touch(data / "cat/deep/1.jpg", data / "dog/2.jpg")
    (data / "cat/deep/back").symlink_to(data / "cat")
    (data / "dog/self").symlink_to(".")
    (data / "dog/out").symlink_to(tmp_path)
    (data / "dog/up").symlink_to("/")
    (data / "a cat").symlink_to(data / "cat")
    assert names(data) == ["cat/deep/1.jpg", "dog/2.jpg"]
    assert unread(data) == {
        "a cat": "is a link to cat, which is listed already",
        "cat/deep/back": "is a link to cat, which is listed already",
        "dog/out": "is a link to a folder that holds the data set",
        "dog/self": "is a link to dog, which is listed already",
        "dog/up": "is a link to a folder that holds the data set",
    }


def test_folders_without_permission_are_named(open_folder: Path, as_nobody: Callable[[], None]) -> None:
    for label in ("cat", "dog", "secret"):
        touch(open_folder / label / "1.jpg")
    (open_folder / "secret").chmod(0)
    as_nobody()
    dataset = read_dataset(open_folder)
    assert dataset.labels == ("cat", "dog")
    assert [(row.name, row.reason) for row in dataset.unread] == [("secret", "cannot be read: Permission denied")]
    with pytest.raises(DataError, match="secret cannot be read: Permission denied"):
        read_dataset(open_folder / "secret")
    with pytest.raises(DataError, match="inside cannot be read: Permission denied"):
        read_dataset(open_folder / "secret" / "inside")


def test_paths_that_the_system_refuses(tmp_path: Path) -> None:
    (tmp_path / "circle").symlink_to("circle")
    with pytest.raises(DataError, match="File name too long"):
        read_dataset(tmp_path / ("x" * 300))
    with pytest.raises(DataError, match="Too many levels of symbolic links"):
        read_dataset(tmp_path / "circle")
    with pytest.raises(DataError, match=r"no .*zero\\x00byte"):
        read_dataset(tmp_path / "zero\0byte")


def test_nothing_there(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="holds no images"):
        read_dataset(tmp_path)
    with pytest.raises(DataError, match="There is no"):
        read_dataset(tmp_path / "gone")
    touch(tmp_path / "loose.jpg")
    with pytest.raises(DataError, match="1 images, but no class folder"):
        read_dataset(tmp_path)
    with pytest.raises(DataError, match="neither"):
        read_dataset(tmp_path / "loose.jpg")
    touch(tmp_path / "cat/1.heic")
    with pytest.raises(DataError, match=r"cat/1\.heic is in a format"):
        read_dataset(tmp_path)


@pytest.mark.parametrize("labels", [("cat", "cat"), ("car", "CAR"), ("caf\u00e9", "cafe\u0301"), ("a_b", "a-b")])
def test_one_class_only_however_it_is_written(tmp_path: Path, labels: tuple[str, str]) -> None:
    touch(tmp_path / labels[0] / "1.jpg", tmp_path / labels[1] / "2.jpg")
    with pytest.raises(DataError, match=f"All 2 images of .* have the one label '{min(labels)}'"):
        read_dataset(tmp_path)


def test_labels_stay_as_they_are_written(tmp_path: Path) -> None:
    touch(tmp_path / "car/1.jpg", tmp_path / "CAR/2.jpg", tmp_path / "Dog/3.jpg")
    assert read_dataset(tmp_path).labels == ("CAR", "Dog", "car")


def test_listing_hash_sees_names_labels_and_sizes(tmp_path: Path) -> None:
    touch(tmp_path / "cat/1.jpg", tmp_path / "dog/2.jpg")
    seen = {read_dataset(tmp_path).listing_sha256()}
    assert read_dataset(tmp_path).listing_sha256() in seen
    (tmp_path / "cat/1.jpg").write_bytes(b"xx")
    seen.add(read_dataset(tmp_path).listing_sha256())
    (tmp_path / "cat/1.jpg").rename(tmp_path / "cat/3.jpg")
    seen.add(read_dataset(tmp_path).listing_sha256())
    (tmp_path / "cat").rename(tmp_path / "cow")
    seen.add(read_dataset(tmp_path).listing_sha256())
    assert len(seen) == 4
