"""From a folder of images to a user's network, at a smaller input and with classes that nobody names."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

torch = pytest.importorskip("torch")

from torch import nn  # noqa: E402

from edgewise.errors import DataError, GuardRefused  # noqa: E402
from edgewise.images.preprocess import Preprocess  # noqa: E402
from edgewise.prune import int8_network  # noqa: E402
from edgewise.prune.int8_network import Int8Network  # noqa: E402
from edgewise.prune.seen_classes import seen_classes  # noqa: E402
from edgewise.prune.settings import Settings  # noqa: E402
from edgewise.prune.taught import Taught  # noqa: E402
from edgewise.prune.user_images import UserImages  # noqa: E402
from edgewise.prune.user_maker import UserMaker  # noqa: E402
from edgewise.prune.work import network_work  # noqa: E402
from edgewise.runtime.onnx import OnnxSession  # noqa: E402
from edgewise.runtime.torch import TorchSession  # noqa: E402
from edgewise.zoo.card import Card  # noqa: E402
from edgewise.zoo.classes import ClassSet  # noqa: E402
from edgewise.zoo.classifier import Classifier  # noqa: E402
from tests.prune.stored_network import evidence  # noqa: E402
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


@pytest.mark.slow  # exports and quantises a network
@pytest.mark.parametrize(("size_px", "cut"), [(48, True), (32, False)])
def test_int8_is_made_of_what_the_guard_does_not_see(
    folder: Path, monkeypatch: pytest.MonkeyPatch, size_px: int, cut: bool
) -> None:
    """At 32 px the network is fast enough as it is, so that nothing is cut."""
    given: list[np.ndarray] = []
    write_int8 = int8_network.write_int8

    def noted(network: nn.Module, images: np.ndarray, path: Path) -> None:
        given.append(images)
        write_int8(network, images, path)

    monkeypatch.setattr(int8_network, "write_int8", noted)
    maker = replace(_maker(folder, CLASSES), precision="int8")
    made = maker.of_itself(size_px)
    images = maker.images.at(Preprocess(size_px, size_px)).numpy()
    np.testing.assert_array_equal(given[0], images[:12])
    assert made.network.plan.removes == cut
    assert made.int8 is not None
    (folder / "int8.onnx").write_bytes(made.int8.content)
    answers = OnnxSession(folder / "int8.onnx").run(images[12:])
    with torch.no_grad():
        taught = Taught(_generic()(maker.images.at(Preprocess(64, 64))[12:]).numpy(), CLASSES)
    assert made.evidence == made.int8.evidence == taught.judge(LENIENT, answers)


def test_what_serves_must_be_let_in_and_float32_does_not_save_it(folder: Path) -> None:
    made = _maker(folder, CLASSES).of_itself(48)
    made = replace(made, network=replace(made.network, evidence=evidence()))
    made.require()
    with pytest.raises(GuardRefused, match="at int8 is refused") as refused:
        replace(made, int8=Int8Network(b"", evidence(wrong=400), ())).require()
    assert "At float32 it would be let in" in refused.value.hint
    both = replace(made.network, evidence=evidence(wrong=400))
    with pytest.raises(GuardRefused) as refused:
        replace(made, network=both, int8=Int8Network(b"", evidence(wrong=400), ())).require()
    assert "float32" not in refused.value.hint
    replace(made, network=both, int8=Int8Network(b"", evidence(), ())).require()


@pytest.mark.slow  # exports and quantises a network
def test_the_best_of_several_at_int8_has_the_promise_of_one_of_several(folder: Path) -> None:
    made = replace(_maker(folder, CLASSES), precision="int8").of_the_best([])
    assert made.int8 is not None
    assert made.choice is not None
    assert made.int8.evidence.alpha == made.network.evidence.alpha < LENIENT.alpha
    assert made.int8.evidence.inputs == 12
    (folder / "int8.onnx").write_bytes(made.int8.content)
    size_px = made.base.card.preprocess.size_px
    assert OnnxSession(folder / "int8.onnx").run(np.zeros((1, 3, size_px, size_px), np.float32)).shape == (1, 4)
