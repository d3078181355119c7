import pytest

torch = pytest.importorskip("torch")

import numpy as np  # noqa: E402
from torch import nn  # noqa: E402

from edgewise.prune.cost_scale import Trial, measured_scales  # noqa: E402
from edgewise.prune.groups import Group, Member  # noqa: E402

pytestmark = pytest.mark.torch


def _network() -> nn.Module:
    torch.manual_seed(0)
    layers = [nn.Conv2d(3, 8, 3), nn.ReLU(), nn.Conv2d(8, 8, 3), nn.ReLU()]
    return nn.Sequential(*layers, nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(8, 4)).eval()


def _groups() -> tuple[Group, ...]:
    rows = np.arange(8)[:, None]
    return tuple(
        Group(writer, 8, (Member(writer, "writes", rows), Member(reader, "reads", rows)))
        for writer, reader in (("0", "2"), ("2", "6"))
    )


def test_a_scale_makes_the_foretold_cost_the_measured_one() -> None:
    network, images, classes = _network(), torch.randn(30, 3, 10, 10), (0, 2)
    silenced = (1, 4, 6)
    with torch.no_grad():
        before = network(images)[:, list(classes)].log_softmax(1)
        weights, biases = network[2].weight.clone(), network[2].bias.clone()
        network[2].weight[list(silenced)], network[2].bias[list(silenced)] = 0, 0
        after = network(images)[:, list(classes)].log_softmax(1)
        network[2].weight.copy_(weights)
        network[2].bias.copy_(biases)
    cost = float((before.exp() * (before - after)).sum(1).mean())
    scales = measured_scales(network, _groups(), {"2": Trial(silenced, cost / 7)}, [images], classes)
    assert scales == {"2": pytest.approx(7, rel=1e-3)}


def test_what_costs_nothing_and_is_foretold_to_is_not_scaled() -> None:
    network = _network()
    with torch.no_grad():
        network[2].weight[:, 3] = 0  # nobody reads it
    scales = measured_scales(network, _groups(), {"0": Trial((3,), 0.0)}, [torch.randn(8, 3, 10, 10)], (0, 1))
    assert scales == {"0": pytest.approx(1.0)}
