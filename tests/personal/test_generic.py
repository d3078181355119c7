"""The two parts of the generic network, and what is stored of them."""

import json
from pathlib import Path

import numpy as np
import pytest

from edgewise.errors import ModelError, StoreError
from edgewise.personal.generic import FOLDER, PREFIX, RECORD, TAIL, GenericNetwork, GenericParts
from tests.tiny_generic import images

pytestmark = pytest.mark.torch


@pytest.fixture
def generic_folder(device_folder: Path) -> Path:
    return device_folder / FOLDER


def test_both_parts_together_answer_as_the_whole_network(opened_once: Path) -> None:
    from torch import from_numpy, no_grad

    from edgewise.zoo.tiny.nets import load

    network = GenericNetwork(opened_once / FOLDER)
    pixels, labels = images()
    whole, right = load("tiny:l").eval(), 0
    for place in range(0, len(pixels), 20):
        entering, ms = network.enter(pixels[place])
        assert entering.shape == (1, *network.parts.entering)
        assert ms > 0
        found, _ = network.answer(entering)
        with no_grad():
            expected = whole(from_numpy(network.parts.preprocess.apply(pixels[place])[None])).numpy()[0]
        np.testing.assert_allclose(found, expected, rtol=1e-4, atol=1e-4 * np.abs(expected).max())
        right += found.argmax() == labels[place]
    assert right >= 18, "of 20"


def test_the_record_comes_back(generic_folder: Path) -> None:
    parts = GenericParts.read(generic_folder)
    assert 0.5 <= parts.tail_share < 1
    assert len(parts.classes) == 10
    before = (generic_folder / RECORD).read_bytes()
    parts.write(generic_folder)
    assert (generic_folder / RECORD).read_bytes() == before


@pytest.mark.parametrize("name", [PREFIX, TAIL])
@pytest.mark.parametrize("damage", ["torn", "changed", "gone"])
def test_a_damaged_part_is_refused(generic_folder: Path, name: str, damage: str) -> None:
    path, content = generic_folder / name, (generic_folder / name).read_bytes()
    if damage == "gone":
        path.unlink()
    else:
        path.write_bytes(content[:-7] if damage == "torn" else content[:-7] + b"changed")
    with pytest.raises(StoreError, match=name):
        GenericNetwork(generic_folder)


def test_a_damaged_record_is_refused(generic_folder: Path) -> None:
    path = generic_folder / RECORD
    stored = json.loads(path.read_text())
    del stored["data"]["place"]
    for content in ("", path.read_text()[:-50], json.dumps(stored)):
        path.write_text(content)
        with pytest.raises(StoreError, match=RECORD):
            GenericParts.read(generic_folder)
    path.unlink()
    with pytest.raises(StoreError):
        GenericParts.read(generic_folder)


def test_another_shape_is_refused(opened_once: Path) -> None:
    with pytest.raises(ModelError, match=r"tail\.onnx failed on"):
        GenericNetwork(opened_once / FOLDER).answer(np.zeros((1, 3, 5, 5), np.float32))
