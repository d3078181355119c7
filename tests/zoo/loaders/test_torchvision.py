"""torchvision's networks, with weights from a local file or from PyTorch's cache."""

import hashlib
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from edgewise.errors import ModelError
from edgewise.zoo.loaders import load
from edgewise.zoo.sources import Source, find

pytestmark = pytest.mark.torch


def models() -> Any:
    from edgewise.zoo.loaders.torchvision import import_models

    return import_models("this test")


def state_of(name: str, **options: Any) -> dict[str, Any]:
    import torch

    torch.manual_seed(0)
    return models().get_model(name, **options).state_dict()


def local(path: Path, state: dict[str, Any]) -> Path:
    from safetensors.torch import save_file

    save_file({key: value.contiguous() for key, value in state.items()}, path)
    return path


def test_local_weights(tmp_path: Path) -> None:
    import torch

    state = state_of("squeezenet1_1", num_classes=5)
    model = load(find(["torchvision:squeezenet1_1"], [str(local(tmp_path / "w.safetensors", state))])[0])
    network = models().get_model("squeezenet1_1", num_classes=5).eval()
    network.load_state_dict(state)
    images = np.random.default_rng(0).normal(size=(2, 3, 224, 224)).astype(np.float32)
    with torch.inference_mode():
        np.testing.assert_allclose(model.predict(images), network(torch.from_numpy(images)).numpy(), atol=1e-4)
    assert len(model.card.classes) == 5
    prepared = model.card.preprocess
    assert (prepared.size_px, prepared.resize_px, prepared.mean) == (224, 256, (0.485, 0.456, 0.406))


@pytest.mark.parametrize(
    "name",
    [
        "regnet_x_400mf",
        "mobilenet_v3_small",
        *(pytest.param(name, marks=pytest.mark.slow) for name in ("mnasnet0_5", "convnext_tiny", "efficientnet_b0")),
        *(pytest.param(name, marks=pytest.mark.long) for name in ("vgg11_bn", "densenet121", "shufflenet_v2_x0_5")),
    ],
)
def test_the_head_is_found_in_every_family(tmp_path: Path, name: str) -> None:
    path = local(tmp_path / "w.safetensors", state_of(name, num_classes=3))
    assert load(find([f"torchvision:{name}"], [str(path)])[0]).card.classes.names == ("0", "1", "2")


def test_preprocessing_is_that_of_the_weights() -> None:
    from edgewise.zoo.loaders.torchvision import find_weights, preprocess_of

    for where, size_px, resize_px in (
        ("resnet50", 224, 232),
        ("resnet50.IMAGENET1K_V1", 224, 256),
        ("efficientnet_b1", 240, 255),
        ("inception_v3", 299, 342),
    ):
        prepared = preprocess_of(find_weights(models(), where)[1])
        assert (prepared.size_px, prepared.resize_px) == (size_px, resize_px)


@pytest.mark.slow
@pytest.mark.parametrize("name", ["googlenet", "inception_v3"])
def test_auxiliary_heads_are_left_out(tmp_path: Path, name: str) -> None:
    """Published weights hold them; the answer is that of the whole network in eval mode."""
    import torch

    options = {"aux_logits": True, "init_weights": False, "transform_input": True}
    state = state_of(name, **options)
    model = load(find([f"torchvision:{name}"], [str(local(tmp_path / "w.safetensors", state))])[0])
    whole = models().get_model(name, **options).eval()
    whole.load_state_dict(state)
    side = model.card.preprocess.size_px
    images = np.random.default_rng(0).normal(size=(1, 3, side, side)).astype(np.float32)
    with torch.inference_mode():
        np.testing.assert_allclose(model.predict(images), whole(torch.from_numpy(images)).numpy(), rtol=1e-3, atol=1e-5)


def in_cache(home: Path, name: str, state: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> Path:
    """Put weights into PyTorch's cache as if they had been downloaded: under their URL's name, with its hash."""
    import torch

    published = models().get_model_weights(name).DEFAULT
    folder = home / "hub" / "checkpoints"
    folder.mkdir(parents=True)
    torch.save(state, folder / "new.pth")
    digest = hashlib.sha256((folder / "new.pth").read_bytes()).hexdigest()[:8]
    url = f"http://127.0.0.1:9/{name}-{digest}.pth"
    (folder / "new.pth").rename(folder / url.rpartition("/")[2])
    monkeypatch.setenv("TORCH_HOME", str(home))
    monkeypatch.setattr(published.value, "url", url)
    return folder / url.rpartition("/")[2]


def test_published_weights_come_from_the_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    in_cache(tmp_path, "squeezenet1_1", state_of("squeezenet1_1"), monkeypatch)
    card = load(find(["torchvision:squeezenet1_1"])[0]).card
    assert card.classes.ids[0] == "n01440764"
    assert card.licence == "BSD-3-Clause"


def test_dotted_names_of_old_densenets(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import re

    state = state_of("densenet121")
    dotted = {re.sub(r"(denselayer\d+\.(?:norm|conv))(\d)", r"\1.\2", key): value for key, value in state.items()}
    assert dotted.keys() != state.keys()
    in_cache(tmp_path, "densenet121", dotted, monkeypatch)
    assert len(load(find(["torchvision:densenet121"])[0]).card.classes) == 1000


def test_damaged_and_absent_downloads_are_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = in_cache(tmp_path, "squeezenet1_1", state_of("squeezenet1_1"), monkeypatch)
    path.write_bytes(path.read_bytes()[:-100])
    with pytest.raises(ModelError, match="is damaged"):
        load(find(["torchvision:squeezenet1_1"])[0])
    path.unlink()
    with pytest.raises(ModelError, match="cannot be reached"):
        load(find(["torchvision:squeezenet1_1"])[0])


def test_names_that_are_not_there_are_said() -> None:
    with pytest.raises(ModelError, match=r"(?s)no classifier 'resnet17'.*resnet18"):
        load(Source("torchvision", "resnet17"))
    with pytest.raises(ModelError, match=r"(?s)no weights 'V9'.*IMAGENET1K_V1"):
        load(Source("torchvision", "resnet18.V9"))


def test_weights_of_another_architecture_are_said(tmp_path: Path) -> None:
    path = local(tmp_path / "w.safetensors", state_of("squeezenet1_1"))
    with pytest.raises(ModelError, match=r"do not fit torchvision:resnet18: .*conv1.weight"):
        load(find(["torchvision:resnet18"], [str(path)])[0])


def test_patterns() -> None:
    assert [source.name for source in find(["torchvision:squeezenet*"])] == ["squeezenet1_0", "squeezenet1_1"]
