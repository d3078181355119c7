"""Card files: what they may say, and what happens when they contradict their network."""

from pathlib import Path

import pytest

from edgewise.errors import ModelError
from edgewise.images.preprocess import Preprocess
from edgewise.zoo.card import Card, CardFile, complete, read_card
from edgewise.zoo.classes import ClassSet
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


def test_the_background_is_found_beside_imagenet_too() -> None:
    assert finish({"classes": "imagenet1k"}, outputs=1001).skip_outputs == 1


def test_what_the_network_says_fills_gaps_only() -> None:
    known = ClassSet(("cat", "dog"))
    said = complete(
        CardFile({"licence": "MIT"}, "the card"),
        name="net",
        source="timm:net",
        size_px=None,
        outputs=2,
        output="logits",
        preprocess=Preprocess(224, 256),
        classes=known,
        params=7,
        licence="Apache-2.0",
        paper="arXiv:1512.03385",
    )
    assert (said.classes, said.params, said.licence, said.paper) == (known, 7, "MIT", "arXiv:1512.03385")


def test_a_card_over_another() -> None:
    beside, entry = (
        CardFile({"size_px": 32, "licence": "MIT"}, "a.toml"),
        CardFile({"size_px": 64}, "zoo.toml, model 1"),
    )
    both = entry.over(beside)
    assert both.given == {"size_px": 64, "licence": "MIT"}
    assert both.origin == "zoo.toml, model 1 (over a.toml)"
    assert entry.over(CardFile({}, "b.onnx")) is entry


def test_weights_are_relative_to_the_card(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WEIGHTS_HOME", "deep")
    (tmp_path / "net.toml").write_text('weights = "$WEIGHTS_HOME/w.safetensors"')
    assert read_card(tmp_path / "net.toml").given["weights"] == str(tmp_path / "deep" / "w.safetensors")


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
        ({"skip_outputs": 1000}, "skip_outputs = 1000, but the network has 1000 outputs"),
        ({"resize_px": 200}, "resize_px = 200, but the centre square of 224 is cut out of it"),
        ({"classes": ["a"] * 999 + ["b"], "class_ids": ["n1"]}, "1000 class names, but 1 ids"),
        ({"class_ids": ["n1"]}, "class_ids stand for no list"),
    ],
)
def test_contradictions_are_said(given: dict[str, object], reason: str) -> None:
    if given == {"skip_outputs": 1}:
        given["classes"] = "imagenet1k"
    with pytest.raises(ModelError, match=reason):
        finish(given)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("sise_px = 3", "unknown key 'sise_px'"),
        ('size_px = "3"', 'size_px = "3" is not a whole number from 1 to 8192'),
        ("size_px = 0", "size_px = 0 is not a whole number from 1"),
        ("size_px = -224", "size_px = -224 is not a whole number from 1"),
        ("size_px = 1_000_000_000", "is not a whole number from 1 to 8192"),
        ("size_px = 224.0", "size_px = 224.0 is not a whole number"),
        ("size_px = nan", "size_px = nan is not a whole number"),
        ("size_px = true", "size_px = true is not a whole number"),
        ("resize_px = 0", "resize_px = 0 is not a whole number from 1"),
        ("resize_px = inf", "resize_px = inf is not a whole number"),
        ("macs = -1", "macs = -1 is not a whole number of at least 0"),
        ("macs = nan", "macs = nan is not a whole number"),
        (f"macs = 1{'0' * 400}", r"macs = 10+\.\.\. is not a whole number"),
        ("params = -1", "params = -1 is not a whole number of at least 0"),
        ("params = inf", "params = inf is not a whole number"),
        ("mean = [1, 2]", "mean = .1, 2. is not a list of three numbers"),
        ("mean = [1, 2, nan]", "is not a list of three numbers"),
        ("mean = [-inf, 0, 0]", "is not a list of three numbers"),
        (f"mean = [1{'0' * 400}, 0, 0]", "is not a list of three numbers"),
        ("mean = [1, true, 0]", "is not a list of three numbers"),
        ('mean = ["0", 0, 0]', "is not a list of three numbers"),
        ("mean = 0.5", "mean = 0.5 is not a list of three numbers"),
        ("std = [0, 1, 1]", "is not a list of three positive numbers"),
        ("std = [-1, 1, 1]", "is not a list of three positive numbers"),
        ("std = [inf, 1, 1]", "is not a list of three positive numbers"),
        ("std = [nan, nan, nan]", "is not a list of three positive numbers"),
        ('output = "scores"', 'output = "scores" is not "logits" or "probabilities"'),
        ('layout = "hwc"', 'layout = "hwc" is not "nchw" or "nhwc"'),
        ("skip_outputs = -1", "skip_outputs = -1 is not a whole number of at least 0"),
        ("classes = 3", "classes = 3 is not a list of names"),
        ("name = 3", "name = 3 is not a text"),
        ("size_px", "cannot be read as TOML"),
        (f"size_px = {'9' * 5000}", "cannot be read as TOML"),
        (f"classes = {'[' * 5000}", "cannot be read as TOML"),
        ('classes = "gone.txt"', "cannot be read"),
    ],
)
def test_bad_cards_are_said(tmp_path: Path, text: str, reason: str) -> None:
    path = tmp_path / "net.toml"
    path.write_text(text)
    with pytest.raises(ModelError, match=reason) as raised:
        read_card(path)
    assert "<class" not in str(raised.value)
    assert raised.value.hint


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
