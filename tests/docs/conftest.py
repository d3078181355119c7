"""What the pages take for granted that their reader has."""

import shutil
from pathlib import Path

import pytest
from PIL import Image

from edgewise.drawn import CLASSES, draw_split
from edgewise.zoo.tiny import WEIGHTS
from tests.docs.blocks import DOCS
from tests.tiny_generic import factory

_USER = ("car", "key", "lamp")
_PICTURES = 300  # of each class of the user


@pytest.fixture(scope="session")
def users_pictures(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A user's pictures without labels, in no order: user/0000.png and on."""
    folder = tmp_path_factory.mktemp("drawn") / "user"
    folder.mkdir()
    images, _ = draw_split("sample", _PICTURES, [CLASSES.index(name) for name in _USER])
    for number, place in enumerate((row, kind) for row in range(_PICTURES) for kind in range(len(_USER))):
        row, kind = place
        Image.fromarray(images[kind * _PICTURES + row]).save(folder / f"{number:04}.png")
    return folder


@pytest.fixture
def reader(tmp_path: Path, drawn_folder: Path, users_pictures: Path) -> Path:
    """A folder with photos/CLASS/*.png, models/*.onnx, net.onnx, camera/*.jpg, user/*.png and the checkout in it."""
    folder = tmp_path / "reader"
    folder.mkdir()
    shutil.copytree(drawn_folder, folder / "photos")
    shutil.copytree(users_pictures, folder / "user")
    (folder / "models").mkdir()
    for suffix in ("onnx", "toml"):
        for bundled, name in (("xs", "small"), ("m", "medium"), ("l", "large")):
            shutil.copy(WEIGHTS / f"{bundled}.{suffix}", folder / "models" / f"{name}.{suffix}")
        shutil.copy(WEIGHTS / f"l.{suffix}", folder / f"net.{suffix}")
    (folder / "camera").mkdir()
    for number, path in enumerate(sorted(folder.glob("photos/*/0000.png"))):
        Image.open(path).save(folder / "camera" / f"{number:04}.jpg", quality=95)
    factory(folder)
    (folder / "edgewise").symlink_to(DOCS.parent)
    return folder
