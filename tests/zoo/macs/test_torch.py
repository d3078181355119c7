"""The work of PyTorch networks, by hand, against published figures, and against their ONNX export."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from edgewise.zoo.macs.torch import count_macs, count_torch
from edgewise.zoo.macs.work import Layer, Uncounted

pytestmark = pytest.mark.torch


def test_by_hand() -> None:
    from torch import nn

    network = nn.Sequential(
        nn.Conv2d(3, 4, 3, stride=2, padding=1), nn.ReLU(), nn.Flatten(), nn.Linear(64, 5), nn.Softmax(1)
    )
    assert count_torch(network, 8).layers == (
        Layer(4 * 16 * 27, "float32", 4 * 27, 192 + 64),
        Layer(64 * 5, "float32", 64 * 5, 64 + 5),
    )


def test_half_precision_is_told() -> None:
    import torch
    from torch import nn

    network = nn.Sequential(nn.Conv2d(3, 4, 3), nn.Flatten()).to(torch.bfloat16)
    assert {layer.number for layer in count_torch(network, 8).layers} == {"float16"}


def test_attention_is_two_products() -> None:
    """Which PyTorch's own counter leaves out on a CPU."""
    import torch
    from torch import nn

    class Attention(nn.Module):
        def forward(self, images: torch.Tensor) -> torch.Tensor:
            rows = images.reshape(1, 3, 8, 8)
            return nn.functional.scaled_dot_product_attention(rows, rows, rows)

    assert count_torch(Attention(), 8).macs == 2 * 3 * 8 * 8 * 8


def test_what_fails_is_said() -> None:
    from torch import nn

    broken = nn.Linear(7, 2)
    with pytest.raises(Uncounted, match="it cannot be watched"):
        count_torch(broken, 8)
    assert count_macs(broken, 8) is None


@pytest.mark.parametrize(
    ("name", "giga"),
    [("resnet18", 1.81), ("mobilenetv3_small_100", 0.0565), ("vit_tiny_patch16_224", 1.26)],
)
def test_published_figures(name: str, giga: float) -> None:
    assert count_torch(network(name), 224).macs / 1e9 == pytest.approx(giga, rel=0.01)


@pytest.mark.slow
@pytest.mark.parametrize(
    "name", ["mobilenetv3_small_100", pytest.param("vit_tiny_patch16_224", marks=pytest.mark.long)]
)
def test_an_export_has_the_work_of_its_network(tmp_path: Path, name: str) -> None:
    """But for the activations of attention, which the export spells out."""
    from edgewise.zoo.export import to_onnx
    from edgewise.zoo.macs.onnx import count_onnx

    module = network(name)
    (tmp_path / "a.onnx").write_bytes(to_onnx(module, 224, name))
    exported = count_onnx(tmp_path / "a.onnx", np.zeros((1, 3, 224, 224), np.float32))
    counted = count_torch(module, 224)
    assert (exported.macs, exported.weight_bytes) == (counted.macs, counted.weight_bytes)
    if name.startswith("mobilenet"):
        assert exported.activation_bytes == counted.activation_bytes


def network(name: str) -> Any:
    from edgewise.zoo.timm_catalogue import import_timm

    return import_timm("this test").create_model(name).eval()
