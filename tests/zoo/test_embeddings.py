"""Penultimate vectors of networks as users bring them: the head's weights make the scores of them, on any engine.

Exporting takes long, so blocks that repeat others are left out; weights are random.
"""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from edgewise.zoo.card import CardFile
from edgewise.zoo.export import export_onnx
from edgewise.zoo.loaders import load
from edgewise.zoo.loaders.timm import timm_classifier
from edgewise.zoo.sources import Source, find
from edgewise.zoo.timm_catalogue import import_timm
from tests.zoo.random_networks import draw_weights, leave_out_repeats

CLASSES, SIZE_PX = 7, 64


def test_asked_for_at_loading() -> None:
    (source,) = find(["tiny:m"])
    with_, without = load(source, embedding=True), load(source)
    assert (with_.embedding_width, without.embedding_width) == (40, None)
    assert with_.fingerprint == without.fingerprint
    pixels = np.random.default_rng(0).integers(0, 256, (80, 90, 3), dtype=np.uint8)
    found, plain = with_.infer(pixels), without.infer(pixels)
    assert found.embedding is not None
    assert found.embedding.shape == (40,)
    assert plain.embedding is None
    np.testing.assert_array_equal(found.logits, plain.logits)
    logits, vectors = with_.predict_with_embedding(with_.preprocess(pixels)[None])
    assert vectors is not None
    np.testing.assert_array_equal(vectors[0], found.embedding)
    np.testing.assert_array_equal(logits[0], found.logits)
    assert found.infer_ms > 0


def test_an_ensemble_has_none() -> None:
    (source,) = find(["ensemble:tiny:xs+tiny:s"])
    ensemble = load(source, embedding=True)
    assert ensemble.embedding_width is None
    assert ensemble.infer(np.zeros((64, 64, 3), np.uint8)).embedding is None


@pytest.mark.torch
@pytest.mark.slow
@pytest.mark.parametrize(
    "name",
    [
        "test_resnet",
        pytest.param("test_efficientnet", marks=pytest.mark.long),
        "test_convnext",  # a norm between pooling and the head
        pytest.param(
            "mobilenetv3_small_050", marks=pytest.mark.long
        ),  # a convolution and its activation between pooling and the head
        pytest.param("mobilenetv2_050", marks=pytest.mark.long),
    ],
)
def test_torch_and_its_export_agree(name: str, tmp_path: Path) -> None:
    import torch

    torch.manual_seed(0)
    network = import_timm("this test").create_model(name, num_classes=CLASSES).eval()
    leave_out_repeats(network, SIZE_PX)
    draw_weights(network, SIZE_PX)
    source = Source("timm", name, CardFile({"size_px": SIZE_PX}, name))
    through_torch = timm_classifier(network, source, threads=1, embedding=True)
    exported = export_onnx(timm_classifier(network, source, threads=1), tmp_path)
    through_onnx = load(find([str(exported.model)])[0], embedding=True)
    images = np.random.default_rng(0).normal(size=(2, 3, SIZE_PX, SIZE_PX)).astype(np.float32)
    (scores, vectors), (expected, wanted) = (
        one.predict_with_embedding(images) for one in (through_onnx, through_torch)
    )
    assert vectors is not None
    assert wanted is not None
    head: Any = network.get_classifier()
    with torch.inference_mode():
        remade = head(torch.from_numpy(wanted)).numpy()
    np.testing.assert_allclose(remade, expected, atol=1e-5 * np.abs(expected).max())
    np.testing.assert_allclose(vectors, wanted, atol=1e-3 * np.abs(wanted).max())
    np.testing.assert_allclose(scores, expected, atol=1e-3 * np.abs(expected).max())
    assert vectors.shape[1] == head.weight.shape[1] == through_onnx.embedding_width


@pytest.mark.torch
@pytest.mark.parametrize(
    ("name", "width"),
    [("mobilenet_v3_small", 1024), ("squeezenet1_1", 512), pytest.param("densenet121", 1024, marks=pytest.mark.slow)],
)
def test_torchvision_networks(name: str, width: int, tmp_path: Path) -> None:
    import torch
    from safetensors.torch import save_file

    from edgewise.zoo.loaders.torchvision import import_models

    torch.manual_seed(0)
    save_file(import_models("this test").get_model(name).state_dict(), tmp_path / "w.safetensors")
    (source,) = find([f"torchvision:{name}"], [str(tmp_path / "w.safetensors")])
    assert load(source, embedding=True).embedding_width == width
