"""timm's networks: with local weights, and without a network."""

import os
from collections.abc import Callable
from pathlib import Path
from subprocess import CompletedProcess
from typing import Any

import numpy as np
import pytest

from edgewise.errors import ModelError
from edgewise.zoo.loaders import load
from edgewise.zoo.sources import Source, find

pytestmark = pytest.mark.torch
Run = Callable[..., CompletedProcess[str]]
NAME = "test_resnet.r160_in1k"


def timm() -> Any:
    from edgewise.zoo.timm_catalogue import import_timm

    return import_timm("this test")


@pytest.fixture(scope="session")
def weights(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A test_resnet of 1000 classes, a file for each number of classes asked for."""
    return stored(tmp_path_factory.mktemp("weights") / "w.safetensors", "test_resnet")


def stored(path: Path, name: str, **options: Any) -> Path:
    import torch
    from safetensors.torch import save_file

    torch.manual_seed(0)
    network = timm().create_model(name, **options)
    save_file({key: value.contiguous() for key, value in network.state_dict().items()}, path)
    return path


@pytest.mark.slow
def test_local_weights_without_a_zoo_file(weights: Path) -> None:
    import torch

    model = load(find([f"timm:{NAME}"], [str(weights)])[0])
    torch.manual_seed(0)
    network = timm().create_model("test_resnet").eval()
    images = np.random.default_rng(0).normal(size=(2, 3, 160, 160)).astype(np.float32)
    with torch.inference_mode():
        np.testing.assert_allclose(model.predict(images), network(torch.from_numpy(images)).numpy(), atol=1e-5)
    card = model.card
    assert card.preprocess.size_px == 160
    assert card.preprocess.resize_px == 168  # 160 / 0.95
    assert card.classes.ids[0] == "n01440764"
    assert card.params == sum(weight.numel() for weight in network.parameters())
    assert 10e6 < (card.macs or 0) < 200e6
    assert card.licence == "apache-2.0"


def test_as_many_classes_as_the_weights_have(tmp_path: Path) -> None:
    stored(tmp_path / "w.safetensors", "test_resnet", num_classes=3)
    (tmp_path / "zoo.toml").write_text(
        f'[[model]]\nsource = "timm:{NAME}"\nweights = "w.safetensors"\nclasses = ["cat", "dog", "owl"]\n'
    )
    assert load(find([str(tmp_path / "zoo.toml")])[0]).card.classes.names == ("cat", "dog", "owl")
    assert load(find([f"timm:{NAME}"], [str(tmp_path / "w.safetensors")])[0]).card.classes.names == ("0", "1", "2")


def test_classes_of_larger_imagenets_have_their_names(tmp_path: Path) -> None:
    """ImageNet-12k's list, as timm carries it, holds the WordNet ids that labels are found by."""
    from edgewise.zoo.timm_catalogue import classes_of

    classes = classes_of({"num_classes": 11821}, 11821)
    assert classes is not None
    assert len(classes) == 11821
    assert "n02084071" in classes.ids  # dog


def test_weights_of_another_architecture_are_said(weights: Path) -> None:
    with pytest.raises(ModelError, match=r"do not fit timm:test_convnext: .* missing \(stem.0.weight, .* unknown"):
        load(find(["timm:test_convnext"], [str(weights)])[0])


@pytest.mark.parametrize(
    ("file", "content", "reason"),
    [
        ("gone.safetensors", None, "There is no weights file"),
        ("w.pth", b"PK", "opening one can run any code"),
        ("w.safetensors", b"no header here", "cannot be read"),
    ],
)
def test_weights_that_cannot_be_read_are_said(tmp_path: Path, file: str, content: bytes | None, reason: str) -> None:
    if content is not None:
        (tmp_path / file).write_bytes(content)
    with pytest.raises(ModelError, match=reason):
        load(find([f"timm:{NAME}"], [str(tmp_path / file)])[0])


def test_what_cards_say_of_files_alone_is_refused(tmp_path: Path, weights: Path) -> None:
    (tmp_path / "zoo.toml").write_text(f'[[model]]\nsource = "timm:{NAME}"\nweights = "{weights}"\nlayout = "nhwc"\n')
    with pytest.raises(ModelError, match="layout cannot be said of a PyTorch network"):
        load(find([str(tmp_path / "zoo.toml")])[0])


@pytest.mark.parametrize(
    ("where", "reason"),
    [
        ("resnet_18", "The nearest names: .*resnet18"),
        ("resnet18.imagenet", "resnet18 has no tag 'imagenet'"),
    ],
)
def test_names_that_are_not_there_are_said(where: str, reason: str) -> None:
    with pytest.raises(ModelError, match=f"(?s){reason}"):
        load(Source("timm", where))


def test_patterns() -> None:
    found = find(["timm:test_resnet*", "timm:test_convnext.*"])
    assert [source.text for source in found] == ["timm:test_resnet", "timm:test_convnext.r160_in1k"]


@pytest.mark.slow
@pytest.mark.parametrize("environment", [{"HF_HUB_OFFLINE": "1"}, {"HF_ENDPOINT": "http://127.0.0.1:9"}])
def test_without_a_network_one_error_that_says_what_to_do(
    edgewise: Run, tmp_path: Path, environment: dict[str, str]
) -> None:
    done = edgewise("zoo", "describe", "timm:test_resnet", env=os.environ | environment | {"HF_HOME": str(tmp_path)})
    assert done.returncode == 3
    assert "is not in the local cache" in done.stderr
    assert "--weights FILE.safetensors" in done.stderr
    assert "Retrying" not in done.stderr
    assert done.stderr.count("error:") == 1
