"""From a folder of images to a user's network, at a smaller input and with classes that nobody names."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

torch = pytest.importorskip("torch")

from torch import nn  # noqa: E402

from edgewise.errors import DataError  # noqa: E402
from edgewise.images.preprocess import Preprocess  # noqa: E402
from edgewise.prune.seen_classes import seen_classes  # noqa: E402
from edgewise.prune.settings import Settings  # noqa: E402
from edgewise.prune.taught import Taught  # noqa: E402
from edgewise.prune.user_images import UserImages  # noqa: E402
from edgewise.prune.user_maker import UserMaker  # noqa: E402
from edgewise.prune.work import network_work  # noqa: E402
from edgewise.runtime.torch import TorchSession  # noqa: E402
from edgewise.zoo.card import Card  # noqa: E402
from edgewise.zoo.classes import ClassSet  # noqa: E402
from edgewise.zoo.classifier import Classifier  # noqa: E402
from tests.prune.test_make import CLASSES, LENIENT, _generic  # noqa: E402

pytestmark = pytest.mark.torch


class MacClock:
    """By which a network takes as long as it has MACs: a real one is too coarse for networks of microseconds."""

    def share(self, network: nn.Module, size_px: int) -> float:
        return self._macs(network, size_px) / self._macs(_generic(), 64)

    def reference_ms(self) -> float:
        return 1.0

    def _macs(self, network: nn.Module, size_px: int) -> int:
        return network_work(network, torch.zeros(1, 3, size_px, size_px)).macs


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    rng = np.random.default_rng(0)
    for place in range(24):
        Image.fromarray(rng.integers(0, 255, (96, 96, 3), np.uint8)).save(tmp_path / f"{place:02}.png")
    (tmp_path / "torn.png").write_bytes(b"\x89PNG\r\n\x1a\n")
    return tmp_path


def _maker(folder: Path, classes: tuple[int, ...] | None) -> UserMaker:
    generic = _generic()
    card = Card("net", "torch:own.py:net", ClassSet(tuple("abcdefgh")), Preprocess(64, 64))
    classifier = Classifier(card, TorchSession(generic, "net", size_px=64), "0")
    return UserMaker(classifier, classes, UserImages(folder), Settings(2.5), LENIENT, MacClock)


def test_at_a_smaller_input_it_is_held_against_the_generic_network_at_its_own(folder: Path) -> None:
    maker = _maker(folder, CLASSES)
    made = maker.of_itself(48)
    assert made.base.card.preprocess == Preprocess(48, 48)
    small, large = (maker.images.at(Preprocess(size, size))[12:] for size in (48, 64))
    with torch.no_grad():
        taught = Taught(_generic()(large).numpy(), CLASSES)
        expected = taught.judge(LENIENT, made.network.network(small).numpy())
    assert made.network.evidence == expected
    assert [path.name for path in map(Path, maker.images.skipped)] == ["torn.png"]


def test_classes_that_nobody_names_are_those_that_it_shows_at_its_own(folder: Path) -> None:
    maker = _maker(folder, None)
    sharp = replace(maker, settings=replace(maker.settings, temperature=0.02))
    with torch.no_grad():
        network = _generic()
        said = network(maker.images.at(Preprocess(64, 64)))
        network.head.bias -= said.mean(dim=0)  # so that it does not answer the same always
        logits = network(maker.images.at(Preprocess(64, 64))).numpy()
    generic = replace(maker.generic, session=TorchSession(network, "net", size_px=64))
    sharp = replace(sharp, generic=generic)
    assert len(seen_classes(logits[:12], 0.02)) < 8
    assert sharp.of_itself(48).network.classes == seen_classes(logits[:12], 0.02)


def test_a_classifier_of_other_classes_is_no_base(folder: Path) -> None:
    maker = _maker(folder, CLASSES)
    other = Card("other", "torch:own.py:other", ClassSet(tuple("stuvwxyz")), Preprocess(64, 64))
    stranger = Classifier(other, TorchSession(_generic(), "other", size_px=64), "1")
    found = maker.of_the_best([stranger]).choice
    assert found is not None
    assert {one.base.card.name for one in found.looked} == {"net"}


def test_no_images(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="holds no images"):
        _maker(tmp_path, CLASSES).of_itself(48)
