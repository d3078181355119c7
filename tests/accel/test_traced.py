"""What runs in a PyTorch network, as shapes, and on an array."""

import pytest

pytest.importorskip("torch")

import torch
from torch import nn
from torch.nn import functional

from edgewise.accel.convolution import Convolution
from edgewise.accel.traced import layers_of, trace
from edgewise.errors import ModelError

pytestmark = pytest.mark.torch


class Small(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.first = nn.Conv2d(3, 8, (3, 5), stride=(2, 1), padding=1, dilation=(1, 2), bias=False)
        self.deep = nn.ModuleList([nn.Conv2d(8, 8, 3, padding="same", groups=8), nn.Conv2d(8, 4, 1)])
        self.line = nn.Conv1d(4, 6, 3, stride=2)
        self.head = nn.Linear(6, 10)

    def forward(self, image: torch.Tensor) -> torch.Tensor:
        x = self.first(image)
        for layer in self.deep:
            x = layer(x).relu()
        x = functional.conv2d(x, x.new_zeros(4, 4, 1, 1))
        x = self.line(x.flatten(2))
        x = torch.bmm(x, x.transpose(1, 2))
        return self.head(x.mean(dim=1))


def test_what_runs_is_found_however_it_is_called() -> None:
    layers = layers_of(Small().eval(), torch.zeros(2, 3, 9, 9))
    assert layers == (
        Convolution("first", 2, 3, 8, (9, 9), (3, 5), (2, 1), (1, 1), (1, 2)),
        Convolution("deep.0", 2, 8, 8, (5, 3), (3, 3), padding=(1, 1), groups=8),
        Convolution("deep.1", 2, 8, 4, (5, 3)),
        Convolution("Small", 2, 4, 4, (5, 3)),
        Convolution("line", 2, 4, 6, (1, 15), (1, 3), (1, 2)),
        Convolution("Small", 6, 14, 12, (1, 1), groups=2),
        Convolution("head", 2, 6, 10, (1, 1)),
    )


def test_what_is_no_product_is_left() -> None:
    """A tensor in and one out; views cost nothing, and what is done in place counts as well."""
    network = nn.Sequential(nn.Conv2d(3, 4, 1), nn.ReLU(inplace=True), nn.MaxPool2d(2), nn.Flatten(), nn.Linear(16, 2))
    found = trace(network.eval(), torch.zeros(2, 3, 4, 4))
    assert [(one.operation, one.after, one.values) for one in found.rest] == [
        ("relu_", 1, 2 * 2 * 64),
        ("max_pool2d_with_indices", 1, 2 * (64 + 16 + 16)),
    ]


@pytest.mark.parametrize("fast", [False, True])
def test_attention_is_taken_apart(fast: bool) -> None:
    """Kernels that do all of it at once would hide four products of each block."""
    torch.backends.mha.set_fastpath_enabled(fast)
    block = nn.TransformerEncoderLayer(16, 2, 32, batch_first=True).eval()
    found = layers_of(block, torch.zeros(3, 5, 16))
    tokens = 3 * 5
    heads = 2 * 3 * 5 * 5 * 8 * 2  # batch, heads, tokens by tokens, twice
    assert sum(one.forward.macs for one in found) == tokens * 16 * (3 * 16 + 16 + 2 * 32) + heads
    assert torch.backends.mha.get_fastpath_enabled() == fast
    torch.backends.mha.set_fastpath_enabled(True)


def test_macs_are_those_that_pytorch_does() -> None:
    from edgewise.prune.mac_counter import MacCounter
    from edgewise.zoo.tiny.nets import load

    network, image = load("tiny:l").eval(), torch.zeros(2, 3, 64, 64)
    with torch.no_grad(), MacCounter() as counter:
        network(image)
    assert sum(one.forward.macs for one in layers_of(network, image)) == counter.macs.forward


@pytest.mark.parametrize(
    ("layer", "words"),
    [(nn.ConvTranspose2d(3, 4, 2), "transposed"), (nn.Conv3d(3, 4, 1), "3 dimensions"), (nn.ReLU(), "Nothing")],
)
def test_what_is_not_modelled_is_named(layer: nn.Module, words: str) -> None:
    image = torch.zeros(1, 3, 4, 4, 4) if isinstance(layer, nn.Conv3d) else torch.zeros(1, 3, 4, 4)
    with pytest.raises(ModelError, match=words):
        layers_of(nn.Sequential(layer), image)
