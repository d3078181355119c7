"""The last layer made the user's, where it reads channels of its own choice."""

import copy

import numpy as np
import pytest

pytest.importorskip("torch", reason="the extra [torch] is not installed")
import torch
from torch import nn

from edgewise.prune.chain import chain_of
from edgewise.prune.restrict import restrict_head
from edgewise.prune.selective_layers import let_read

pytestmark = pytest.mark.torch


def _entering(network: nn.Module, batches: list[torch.Tensor]) -> list[torch.Tensor]:
    """What they are where the last segment begins."""
    *before, _ = chain_of(network, batches[0][:1])
    with torch.no_grad():
        for segment in before:
            batches = [segment(batch) for batch in batches]
    return batches


@pytest.mark.parametrize("kept", [[0, 3, 4, 7], [2, 3, 4, 5]])
@pytest.mark.parametrize("known", [False, True])
def test_a_head_that_reads_some_channels_still_does(kept: list[int], known: bool) -> None:
    torch.manual_seed(0)
    network = nn.Sequential(
        nn.Conv2d(3, 8, 3), nn.ReLU(), nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(8, 6)
    ).eval()
    let_read(network[4], np.array(kept))
    whole, images = copy.deepcopy(network), torch.randn(40, 3, 8, 8)
    entering = _entering(network, list(images.split(20))) if known else None
    restrict_head(network, [1, 4], list(images.split(20)), entering)
    with torch.no_grad():
        found, generic = network(images), whole(images)
    torch.testing.assert_close(found[:, :2], generic[:, [1, 4]])
    others = generic[:, [0, 2, 3, 5]].logsumexp(dim=1)
    assert float((found[:, 2] - others).abs().max()) < 0.1
    assert network[4].weight.shape == (3, 4)
