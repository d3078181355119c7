"""Card files: what they may say, and what happens when they contradict their network."""

from pathlib import Path

import pytest

from edgewise.errors import ModelError
from edgewise.images.preprocess import Preprocess
from edgewise.zoo.card import Card, CardFile, complete, read_card
from edgewise.zoo.zoo_file import read_zoo_file


def finish(given: dict[str, object], *, size_px: int | None = 224, outputs: int = 1000) -> Card:
    return complete(
        CardFile(given, "the card"),
        name="net",
        source="onnx:net.onnx",
        size_px=size_px,
        outputs=outputs,
        output="logits",
        preprocess=Preprocess(224, 256),
    )


def test_everything_has_a_default() -> None:
    card = finish({})
    assert card.preprocess == Preprocess(224, 256)
    assert card.classes.ids[0] == "n01440764"
    assert card.skip_outputs == 0


def test_1001_outputs_have_a_background() -> None:
    card = finish({}, outputs=1001)
    assert card.skip_outputs == 1
    assert len(card.classes) == 1000


def test_unknown_class_count_is_numbered() -> None:
    assert finish({}, outputs=7).classes.names == tuple("0123456")


def test_resize_scales_with_size() -> None:
    assert finish({"size_px": 112}, size_px=None).preprocess.resize_px == 128


@pytest.mark.parametrize(
    ("given", "reason"),
    [
        ({"size_px": 160}, "size_px = 160, but the network takes 224"),
        ({"classes": ["a", "b"]}, "2 classes, but the network has 1000"),
        ({"skip_outputs": 1}, "1000 classes, but|999"),
        ({"classes": ["a"] * 1000}, "listed twice"),
    ],
)
def test_contradictions_are_said(given: dict[str, object], reason: str) -> None:
    if "skip_outputs" in given:
        given["classes"] = "imagenet1k"
    with pytest.raises(ModelError, match=reason):
        finish(given)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("sise_px = 3", "unknown key 'sise_px'"),
        ('size_px = "3"', "wrong type"),
        ("size_px = 0", "must be positive"),
        ("mean = [1, 2]", "three numbers"),
        ("std = [0, 1, 1]", "must be positive"),
        ('output = "scores"', "Allowed: logits, probabilities"),
        ("size_px = true", "wrong type"),
        ("size_px", "cannot be read as TOML"),
        ('classes = "gone.txt"', "cannot be read"),
    ],
)
def test_bad_cards_are_said(tmp_path: Path, text: str, reason: str) -> None:
    path = tmp_path / "net.toml"
    path.write_text(text)
    with pytest.raises(ModelError, match=reason):
        read_card(path)


def test_class_list_in_a_file(tmp_path: Path) -> None:
    (tmp_path / "names.txt").write_text("cat\ndog\n\n")
    (tmp_path / "net.toml").write_text('classes = "names.txt"')
    assert read_card(tmp_path / "net.toml").given["classes"] == ["cat", "dog"]


@pytest.mark.parametrize("text", ["x = 1", "model = 3", '[model]\nname = "a"', "[[model]]\nname = 3"])
def test_bad_zoo_files_are_said(tmp_path: Path, text: str) -> None:
    path = tmp_path / "zoo.toml"
    path.write_text(text)
    with pytest.raises(ModelError):
        read_zoo_file(path)
