"""Widths and work of layers, of a network and of one that was cut out of it."""

import pytest

torch = pytest.importorskip("torch")

from torch import nn  # noqa: E402

from edgewise.prune.layer_widths import LayerWidth, layer_widths  # noqa: E402
from edgewise.prune.plan import Plan  # noqa: E402
from edgewise.prune.surgery import cut  # noqa: E402
from edgewise.prune.torch_pruning_groups import find_groups  # noqa: E402

pytestmark = pytest.mark.torch


def test_each_layer_beside_what_is_left_of_it() -> None:
    network = nn.Sequential(
        nn.Conv2d(3, 8, 3, padding=1), nn.ReLU(), nn.Conv2d(8, 4, 1), nn.Flatten(), nn.Linear(4 * 64, 5)
    ).eval()
    image = torch.zeros(1, 3, 8, 8)
    plan = Plan.of(find_groups(network, image), {"0": (0, 1, 5)})
    assert layer_widths(network, cut(network, plan, image), image) == (
        LayerWidth("0", 8, 3, 64 * 8 * 27, 64 * 3 * 27),
        LayerWidth("2", 4, 4, 64 * 4 * 8, 64 * 4 * 3),
        LayerWidth("4", 5, 5, 4 * 64 * 5, 4 * 64 * 5),
    )
