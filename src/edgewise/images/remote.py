"""Class folders of a remote store, read through fsspec: s3://bucket/photos, gs://..., file:///photos.

Settings keep such a place as a `Path`, which folds its slashes ("s3:/bucket/photos"); it is unfolded here.
"""

import re
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

from edgewise.errors import DataError, ImageError, MissingExtra
from edgewise.images.below import suffix
from edgewise.images.class_folders import NOT_DECODED
from edgewise.images.decode import SUFFIXES
from edgewise.images.items import Dataset, Item, Unread
from edgewise.text import printable

_FOLDED = re.compile(r"([a-z][a-z0-9+.-]+):/+(.*)")


@dataclass(frozen=True)
class RemoteItem(Item):
    """One image of a remote store."""

    store: Any  # fsspec's file system
    place: str  # in it
    size: int

    def read(self) -> bytes:
        """Raises `ImageError` for an image that is gone, or empty, and `DataError` where the store does not give it:
        that may pass, and must not be taken for the image's fault.
        """
        try:
            content = self.store.cat_file(self.place)
        except (FileNotFoundError, IsADirectoryError) as error:
            raise ImageError(self.name, f"cannot be read: {type(error).__name__}: {error}") from error
        except Exception as error:  # each store raises its own
            raise DataError(
                f"The store does not give {self.name}: {type(error).__name__}: {error}.",
                "See that it can be reached and read, and give the same command again: it goes on from there.",
            ) from error
        if not content:
            raise ImageError(self.name, "is empty")
        return content

    def file_bytes(self) -> int:
        return self.size


def is_remote(path: Path) -> bool:
    """Whether a path is the place of a remote store; a file of this machine that is called so goes first."""
    return bool(_FOLDED.match(str(path))) and not path.exists()


def whole(path: Path) -> Path:
    """A path that means the same from any folder."""
    return path if is_remote(path) else path.absolute()


def url_of(path: Path) -> str:
    """The place as fsspec takes it."""
    found = _FOLDED.fullmatch(str(path))
    assert found is not None
    scheme, rest = found.groups()
    return f"{scheme}://{'/' if scheme in ('file', 'local') else ''}{rest}"


def read_remote_folders(path: Path) -> Dataset:
    """List `URL/LABEL/image.jpg`, at any depth below the label; names that begin with a dot are left out.

    The listing has the sizes with it, images are read one by one when asked for. Raises `MissingExtra` without fsspec
    and `DataError` for a store that is unknown, does not answer, or holds no images.
    """
    url = url_of(path)
    try:
        import fsspec
    except ImportError as error:
        raise MissingExtra(url, "remote") from error
    try:
        store, root = fsspec.core.url_to_fs(url)
        store.invalidate_cache()
        found: dict[str, dict[str, Any]] = store.find(root, detail=True)
    except ImportError as error:
        raise DataError(f"{url} cannot be read: {error}.", "Install that package on every node.") from error
    except Exception as error:
        raise DataError(
            f"{url} cannot be read: {type(error).__name__}: {error}.", "Check the place, and who may read it."
        ) from error
    items: list[Item] = []
    unread: list[Unread] = []
    for place, about in found.items():
        name = PurePosixPath(place).relative_to(root).as_posix()
        parts, ending = name.split("/"), suffix(name)
        if any(part.startswith(".") for part in parts):
            continue
        if ending in NOT_DECODED:
            unread.append(Unread(printable(name), f"is in a format that cannot be read ({ending})"))
        elif ending in SUFFIXES and len(parts) == 1:
            unread.append(Unread(printable(name), "has no label: it lies beside the class folders"))
        elif ending in SUFFIXES:
            items.append(RemoteItem(None, name, parts[0], store, place, int(about.get("size") or -1)))
    if not items:
        raise DataError(
            f"{url} holds no class folder with images.", "Remote data are class folders: URL/LABEL/image.jpg."
        )
    items.sort(key=lambda item: item.name.split("/"))  # as those of local class folders are
    return Dataset(path, tuple(items), tuple(sorted(unread, key=lambda one: one.name)))
