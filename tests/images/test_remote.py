"""Class folders of a remote store are the data set that they are on a disk."""

from pathlib import Path

import pytest

from edgewise.errors import DataError, ImageError
from edgewise.images.dataset import read_dataset
from edgewise.images.remote import is_remote, url_of, whole
from edgewise.profile.originals import Originals
from edgewise.profile.run import Settings, profile
from edgewise.store import read_table

fsspec = pytest.importorskip("fsspec")


@pytest.mark.parametrize(
    ("text", "url"),
    [
        ("s3://bucket/photos", "s3://bucket/photos"),
        ("memory://photos/", "memory://photos"),
        ("file:///data/photos", "file:///data/photos"),
    ],
)
def test_places_come_through_a_path(text: str, url: str) -> None:
    assert is_remote(Path(text))
    assert url_of(Path(text)) == url
    assert url_of(whole(Path(text))) == url


@pytest.mark.parametrize("text", ["photos", "/data/photos", "c:/photos", "a:b/c"])
def test_local_paths_stay_local(text: str) -> None:
    assert not is_remote(Path(text))
    assert whole(Path(text)).is_absolute()


def test_the_same_listing_as_on_a_disk(drawn_folder: Path) -> None:
    there, here = read_dataset(Path(f"file://{drawn_folder}")), read_dataset(drawn_folder)
    assert [(item.name, item.label) for item in there.items] == [(item.name, item.label) for item in here.items]
    assert there.listing_sha256() == here.listing_sha256()
    assert there.items[7].read() == here.items[7].read()


@pytest.fixture
def memory() -> Path:
    store = fsspec.filesystem("memory")
    store.store.clear()
    for name in ("cat/a.png", "cat/deep/b.JPG", "dog/c.png", "dog/.hidden.png", "dog/note.txt", "dog/d.heic", "e.png"):
        store.pipe_file(f"/photos/{name}", name.encode())
    store.pipe_file("/photos/dog/empty.png", b"")
    return Path("memory://photos")


def test_what_lies_in_a_store(memory: Path) -> None:
    dataset = read_dataset(memory)
    assert [(item.name, item.label) for item in dataset.items] == [
        ("cat/a.png", "cat"),
        ("cat/deep/b.JPG", "cat"),
        ("dog/c.png", "dog"),
        ("dog/empty.png", "dog"),
    ]
    assert [one.name for one in dataset.unread] == ["dog/d.heic", "e.png"]
    assert dataset.items[0].read() == b"cat/a.png"
    assert dataset.items[0].file_bytes() == 9
    with pytest.raises(ImageError, match="is empty"):
        dataset.items[3].read()
    fsspec.filesystem("memory").rm("/photos/cat/a.png")
    with pytest.raises(ImageError, match="cannot be read: FileNotFoundError"):
        dataset.items[0].read()


def test_what_a_store_does_not_give_now_is_not_the_images_fault(memory: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Else a profile would keep, for good, that it cannot be used."""
    (item, *_) = read_dataset(memory).items

    def expired(*_: object) -> bytes:
        raise PermissionError("the token has expired")

    monkeypatch.setattr(type(fsspec.filesystem("memory")), "cat_file", expired)
    with pytest.raises(DataError, match="PermissionError: the token has expired") as raised:
        item.read()
    assert not isinstance(raised.value, ImageError)
    assert "goes on" in raised.value.hint


@pytest.mark.parametrize("url", ["memory://nowhere", "nonsense://bucket/photos", "file:///no/such/folder"])
def test_what_cannot_be_read(url: str) -> None:
    with pytest.raises(DataError, match=url.partition(":")[0]):
        read_dataset(Path(url))


@pytest.mark.slow
def test_a_profile_of_a_remote_store(drawn_folder: Path, tmp_path: Path) -> None:
    data = Path(f"file://{drawn_folder}")
    there = profile(Settings(("tiny:xs",), data, tmp_path / "there"))
    profile(Settings(("tiny:xs",), drawn_folder, tmp_path / "here"))
    tables = [read_table(tmp_path / name / "outcomes.parquet") for name in ("there", "here")]
    assert tables[0] == tables[1]
    assert Originals(there).read(5) == (drawn_folder / there.images["image"][5]).read_bytes()
    profile(Settings(("tiny:xs",), data, tmp_path / "there"))  # it is the same one: nothing is raised
