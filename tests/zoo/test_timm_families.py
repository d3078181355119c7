"""Every CNN family of timm answers through ONNX Runtime as it does through PyTorch.

Weights are random. timm starts networks where half of them does nothing (the last batch norm of a residual block has
gamma 0, layer scales are 1e-6), and exporters fold what does nothing away: so norms, scales and biases are drawn too,
and batch norms are given the statistics of some images, or the answer would hardly depend on the image.
"""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from edgewise.zoo.export import TOLERANCE, export_onnx, relative_error
from edgewise.zoo.loaders import load
from edgewise.zoo.sources import find
from tests.zoo.timm_families import CNNS

pytestmark = [pytest.mark.torch, pytest.mark.slow]
CLASSES = 7


def blobs(count: int, size_px: int, seed: int) -> np.ndarray:
    """Images uint8 [n, size, size, 3] of a few large areas of one colour each."""
    coarse = np.random.default_rng(seed).integers(0, 256, (count, 4, 4, 3), dtype=np.uint8)
    side = -(-size_px // 4)
    return coarse.repeat(side, axis=1).repeat(side, axis=2)[:, :size_px, :size_px]


def draw_weights(network: Any, size_px: int, seed: int = 0) -> None:
    """Draw every norm, scale and bias, and let batch norms see some images."""
    import torch
    from torch import nn

    random = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for name, weight in network.named_parameters():
            if name.endswith("bias"):
                weight.uniform_(-0.2, 0.2, generator=random)
            elif weight.numel() == max(weight.shape, default=1):
                weight.uniform_(0.5, 1.5, generator=random)
        for module in network.modules():
            if isinstance(module, nn.BatchNorm2d):
                module.momentum = None  # the mean of all that it sees
                module.reset_running_stats()
                module.train()
        images = torch.from_numpy(blobs(8, size_px, seed)).permute(0, 3, 1, 2)
        network((images.float() - 128) / 64)


@pytest.mark.parametrize("module", CNNS)
def test_onnx_answers_as_torch_does(module: str, tmp_path: Path) -> None:
    import torch
    from safetensors.torch import save_file

    from edgewise.zoo.timm_catalogue import import_timm

    name, size_px = CNNS[module]
    torch.manual_seed(0)
    network = import_timm(name).create_model(name, num_classes=CLASSES).eval()
    draw_weights(network, size_px)
    save_file({key: value.contiguous() for key, value in network.state_dict().items()}, tmp_path / "w.safetensors")
    (tmp_path / "zoo.toml").write_text(
        f'[[model]]\nsource = "timm:{name}"\nweights = "w.safetensors"\nsize_px = {size_px}\n'
    )
    through_torch = load(find([str(tmp_path / "zoo.toml")])[0])
    exported = export_onnx(through_torch, tmp_path)
    through_onnx = load(find([str(exported.model)])[0])
    assert through_onnx.card.preprocess == through_torch.card.preprocess
    assert len(through_onnx.card.classes) == CLASSES
    images = np.stack([through_torch.preprocess(each) for each in blobs(4, size_px, 1)])
    expected, found = through_torch.predict(images), through_onnx.predict(images)
    assert relative_error(expected, found) <= TOLERANCE
    assert np.ptp(expected, axis=0).max() > 20 * TOLERANCE * np.abs(expected).max(), "it hardly looks at the image"
