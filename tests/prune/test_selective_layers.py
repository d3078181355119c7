"""Layers with sets of their own answer as plain ones on the channels that they are left."""

import numpy as np
import pytest

pytest.importorskip("torch", reason="the extra [torch] is not installed")
import torch
from torch import nn

from edgewise.prune.selective_layers import Selective, let_fill, let_give, let_read, why_not_selective

pytestmark = pytest.mark.torch

LAYERS = [
    (lambda: nn.Conv2d(6, 4, 3, padding=1, stride=2), (2, 6, 7, 7), 1),
    (lambda: nn.Conv2d(6, 4, 1, bias=False), (2, 6, 3, 3), 1),
    (lambda: nn.Linear(6, 4), (2, 6), 1),
    (lambda: nn.Linear(6, 4), (2, 3, 3, 6), -1),  # over the channels of each place
]


@pytest.mark.parametrize(("make", "shape", "axis"), LAYERS)
@pytest.mark.parametrize("kept", [[0, 2, 5], [1, 2, 3], [4]])
def test_reads_some_of_its_inputs(make, shape, axis, kept) -> None:  # type: ignore[no-untyped-def]
    layer, given = make(), torch.randn(shape)
    hidden = given.clone()
    hidden.index_fill_(axis, torch.tensor([c for c in range(6) if c not in kept]), 0)
    expected, names = layer(hidden), set(layer.state_dict())
    let_read(layer, np.array(kept))
    torch.testing.assert_close(layer(given), expected)
    assert layer.weight.shape[1] == len(kept)
    assert set(layer.state_dict()) == names  # the plan holds the index


@pytest.mark.parametrize(("make", "shape", "axis"), LAYERS)
def test_fills_some_of_its_outputs(make, shape, axis) -> None:  # type: ignore[no-untyped-def]
    layer, given = make(), torch.randn(shape)
    expected = layer(given).index_fill(axis, torch.tensor([0, 2]), 0)
    let_fill(layer, np.array([1, 3]))
    torch.testing.assert_close(layer(given), expected)
    assert len(layer.weight) == 2


def test_reads_and_fills_at_once() -> None:
    layer, given = nn.Conv2d(5, 4, 1), torch.randn(2, 5, 3, 3)
    with torch.no_grad():
        layer.weight[:, [0, 2]] = 0
    expected = layer(given).index_fill(1, torch.tensor([1]), 0)
    let_read(layer, np.array([1, 3, 4]))
    let_fill(layer, np.array([0, 2, 3]))
    torch.testing.assert_close(layer(given), expected)
    assert layer.weight.shape == (3, 3, 1, 1)


def test_a_norm_fills_behind_a_narrow_writer() -> None:
    layer, norm, given = nn.Conv2d(3, 4, 1), nn.BatchNorm2d(4).eval(), torch.randn(2, 3, 5, 5)
    expected = norm(layer(given)).index_fill(1, torch.tensor([1, 2]), 0)
    let_give(layer, np.array([0, 3]))
    let_fill(norm, np.array([0, 3]))
    torch.testing.assert_close(norm(layer(given)), expected)


def test_channels_that_follow_each_other_need_no_gather() -> None:
    layer = nn.Conv2d(6, 4, 1)
    let_read(layer, np.array([2, 3, 4]))
    assert isinstance(layer, Selective)
    assert (layer.run, layer.reads) == ((2, 3), None)


@pytest.mark.parametrize(
    ("layer", "reason"),
    [
        (nn.Conv2d(4, 4, 1, groups=2), "grouped"),
        (nn.ConvTranspose2d(4, 4, 2), "ConvTranspose2d"),
        (type("StdConv2d", (nn.Conv2d,), {})(4, 4, 1), "StdConv2d"),  # its forward may be its own
    ],
)
def test_which_layers_cannot(layer: nn.Module, reason: str) -> None:
    assert reason in str(why_not_selective(layer))


def test_which_layers_can() -> None:
    assert why_not_selective(nn.Conv2d(4, 4, 1)) is None
    assert why_not_selective(nn.Linear(4, 4)) is None
