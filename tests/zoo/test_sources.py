"""Names find their classifiers, and what cannot be found is said."""

import os
import shutil
from pathlib import Path

import pytest

from edgewise.errors import MissingExtra, ModelError, UsageError
from edgewise.zoo import loaders
from edgewise.zoo.loaders import load
from edgewise.zoo.sources import KINDS, Source, describe, find, from_description
from edgewise.zoo.tiny import WEIGHTS


def test_tiny_pattern() -> None:
    assert [source.name for source in find(["tiny:*"])] == ["tiny:xs", "tiny:s", "tiny:m", "tiny:l"]


def test_onnx_pattern_and_card_beside(tmp_path: Path) -> None:
    for name in ("a", "b"):
        shutil.copy(WEIGHTS / "xs.onnx", tmp_path / f"{name}.onnx")
    (tmp_path / "a.toml").write_text('name = "first"\nsize_px = 32\n')
    first, second = find([f"onnx:{tmp_path}/*.onnx"])
    assert (first.name, second.name) == ("first", "b")
    assert find([str(tmp_path / "b.onnx")]) == (second,)


def test_zoo_file_paths_are_relative_and_may_use_the_environment(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "models").mkdir()
    shutil.copy(WEIGHTS / "xs.onnx", tmp_path / "models" / "a.onnx")
    monkeypatch.setenv("MODEL_HOME", str(tmp_path / "models"))
    (tmp_path / "zoo.toml").write_text(
        '[[model]]\nsource = "onnx:models/a.onnx"\nsize_px = 32\n\n'
        '[[model]]\nsource = "onnx:$MODEL_HOME/a.onnx"\nname = "again"\nsize_px = 32\n'
    )
    first, second = find([str(tmp_path / "zoo.toml")])
    assert load(first).fingerprint == load(second).fingerprint
    assert (first.name, second.name) == ("a", "again")


def test_a_source_survives_storage(tmp_path: Path) -> None:
    shutil.copy(WEIGHTS / "xs.onnx", tmp_path / "a.onnx")
    (tmp_path / "a.toml").write_text('licence = "MIT"\nsize_px = 32')
    (source,) = find([str(tmp_path / "a.onnx")])
    assert from_description(describe(source)) == source


@pytest.mark.parametrize(
    ("names", "reason"),
    [
        (["resnet50"], "names no classifier"),
        (["ftp:a.onnx"], "names no classifier"),
        (["tiny:xxl"], "no tiny:xxl"),
        (["onnx:/nowhere/*.onnx"], "matches no file"),
        (["torch:nets.py"], "names no classifier"),
        (["tiny:xs", "tiny:*"], "Two classifiers are called 'tiny:xs'"),
        ([], "No classifier"),
    ],
)
def test_bad_names_are_said(names: list[str], reason: str) -> None:
    with pytest.raises(UsageError, match=reason):
        find(names)


def test_file_that_is_no_model(tmp_path: Path) -> None:
    (tmp_path / "a.onnx").write_bytes(b"not a model")
    with pytest.raises(ModelError, match="cannot be loaded by ONNX Runtime"):
        load(Source("onnx", str(tmp_path / "a.onnx")))


def test_card_that_contradicts_its_network(tmp_path: Path) -> None:
    shutil.copy(WEIGHTS / "xs.onnx", tmp_path / "a.onnx")
    (tmp_path / "a.toml").write_text('classes = ["cat", "dog"]\nsize_px = 32')
    with pytest.raises(ModelError, match="2 classes, but the network has 10"):
        load(find([str(tmp_path / "a.onnx")])[0])


def test_absent_extra_says_how_to_get_it(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    import sys

    monkeypatch.setitem(sys.modules, "ai_edge_litert.interpreter", None)
    (tmp_path / "a.tflite").write_bytes(b"x")
    with pytest.raises(MissingExtra, match=r"\.\[litert\]"):
        load(Source("tflite", str(tmp_path / "a.tflite")))


def test_every_kind_has_a_loader() -> None:
    assert set(loaders.LOADERS) == set(KINDS)


def test_zoo_file_entry_goes_over_the_card_beside_its_model(tmp_path: Path) -> None:
    shutil.copy(WEIGHTS / "xs.onnx", tmp_path / "a.onnx")
    (tmp_path / "a.toml").write_text('size_px = 32\nlicence = "MIT"\nname = "beside"')
    (tmp_path / "zoo.toml").write_text('[[model]]\nsource = "onnx:a.onnx"\nlicence = "CC0"\n')
    (source,) = find([str(tmp_path / "zoo.toml")])
    assert source.card.given == {"size_px": 32, "licence": "CC0", "name": "beside"}


def test_bundled_networks_keep_their_card_in_a_zoo_file(tmp_path: Path) -> None:
    (tmp_path / "zoo.toml").write_text('[[model]]\nsource = "tiny:xs"\nname = "mine"\n')
    (source,) = find([str(tmp_path / "zoo.toml")])
    card = load(source).card
    assert (card.name, card.licence, card.classes.names[0]) == ("mine", "Apache-2.0", "bicycle")


@pytest.mark.parametrize(
    ("entry", "reason"),
    [
        ('source = "onnx:a.onnx"\nweights = "w.safetensors"', "takes no `weights`"),
        ('source = "tiny:*"', "several classifiers"),
        ('source = "resnet50"', "names no classifier"),
    ],
)
def test_bad_entries_are_said(tmp_path: Path, entry: str, reason: str) -> None:
    (tmp_path / "zoo.toml").write_text(f"[[model]]\n{entry}\n")
    with pytest.raises(ModelError, match=reason):
        find([str(tmp_path / "zoo.toml")])


def test_weights_go_to_the_one_that_takes_them() -> None:
    first, second = find(["tiny:xs", "timm:resnet18"], ["w.safetensors"])
    assert "weights" not in first.card.given
    assert second.card.given["weights"] == str(Path("w.safetensors").absolute())
    named = find(["timm:resnet18", "timm:resnet34.a1_in1k"], ["timm:resnet18=a=b.safetensors", "resnet34.a1_in1k=c"])
    assert [Path(source.card.given["weights"]).name for source in named] == ["a=b.safetensors", "c"]


@pytest.mark.parametrize(
    ("names", "weights", "reason"),
    [
        (["timm:resnet18", "timm:resnet34"], "w.safetensors", "several classifiers could take them"),
        (["tiny:xs"], "w.safetensors", "no such classifier"),
        (["timm:resnet18", "tiny:xs"], "tiny:xs=w.safetensors", "no such classifier"),
    ],
)
def test_weights_that_nobody_takes_are_said(names: list[str], weights: str, reason: str) -> None:
    with pytest.raises(UsageError, match=reason):
        find(names, [weights])


@pytest.mark.parametrize(
    ("where", "name"),
    [
        ("timm/resnet18.a1_in1k", "resnet18.a1_in1k"),
        ("me/net@v2", "net"),
        ("me/net/onnx/model.onnx", "net"),
        ("me/net/small.onnx", "small"),
    ],
)
def test_names_of_hub_sources(where: str, name: str) -> None:
    assert find([f"hf:{where}"])[0].name == name


@pytest.mark.torch
@pytest.mark.parametrize(
    ("body", "reason"),
    [
        ("def make(): return 3", "gave a int"),
        ("def other(): pass", "has no factory 'make'"),
        ("import gone_package", "cannot be imported"),
        ("import torch\ndef make(): return torch.nn.Conv2d(3, 2, 1)", "expected one tensor"),
        ("import torch\ndef make(): return torch.nn.Linear(7, 2)", "failed on an input of shape"),
    ],
)
def test_bad_factories_are_said(tmp_path: Path, body: str, reason: str) -> None:
    path = tmp_path / "nets.py"
    path.write_text(body)
    with pytest.raises(ModelError, match=reason):
        load(find([f"torch:{path}:make"])[0])


@pytest.mark.torch
def test_factory_by_module_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    name = f"edgewise_test_nets_{os.getpid()}"
    (tmp_path / f"{name}.py").write_text(
        "from torch import nn\n"
        "def make():\n"
        "    return nn.Sequential(nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(3, 4))\n"
    )
    monkeypatch.syspath_prepend(tmp_path)
    model = load(find([f"torch:{name}:make"])[0])
    assert model.card.name == "make"
    assert model.card.classes.names == ("0", "1", "2", "3")
