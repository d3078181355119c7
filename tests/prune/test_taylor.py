"""Taylor importance against what weakening a channel does to the answers."""

import copy
from collections.abc import Callable

import numpy as np
import pytest

torch = pytest.importorskip("torch")

from torch import nn  # noqa: E402
from torch.nn import functional  # noqa: E402

from edgewise.prune.criterion import Ranking, criterion_named  # noqa: E402
from edgewise.prune.groups import Group, Member  # noqa: E402
from edgewise.prune.taylor import Taylor  # noqa: E402
from edgewise.prune.torch_pruning_groups import find_groups  # noqa: E402
from tests.prune.small_networks import CLASSES, Dense, Flat, Inverted, Residual, drawn, noise  # noqa: E402

pytestmark = pytest.mark.torch

USER = (3, 0, 4)
WEAKER = 1e-3
IMAGES, DRAWS = 128, 8


class ChannelsLast(nn.Module):
    """A linear layer over the channels of each place, as in ConvNeXt."""

    def __init__(self) -> None:
        super().__init__()
        self.stem, self.wide, self.head = nn.Conv2d(3, 6, 3), nn.Linear(6, 8), nn.Linear(8, CLASSES)

    def forward(self, image: torch.Tensor) -> torch.Tensor:
        maps = functional.gelu(self.wide(functional.relu(self.stem(image)).permute(0, 2, 3, 1)))
        return self.head(maps.mean((1, 2)))


def _groups(network: nn.Module) -> list[Group]:
    return [group for group in find_groups(network, noise()) if group.whole is None]


def _costs(ranking: Ranking, channels: int) -> np.ndarray:
    """Of each channel alone; nan for the one that always stays."""
    costs = np.full(channels, np.nan)
    costs[ranking.order] = np.diff(ranking.costs, prepend=0)
    return costs


def _measured(network: nn.Module, group: Group, images: torch.Tensor, classes: tuple[int, ...]) -> np.ndarray:
    """The answers' divergence when a channel is read a little weaker, scaled to all of it gone."""
    with torch.no_grad():
        before = network(images)[:, list(classes)].log_softmax(1)
        found = []
        for channel in range(group.channels):
            weaker = copy.deepcopy(network)
            for member in group.members:
                if member.side == "reads":
                    weaker.get_submodule(member.path).weight[:, torch.from_numpy(member.index[channel])] *= 1 - WEAKER
            after = weaker(images)[:, list(classes)].log_softmax(1)
            found.append(float((before.exp() * (before - after)).sum(1).mean()) / WEAKER**2)
    return np.array(found)


@pytest.mark.parametrize("make", [Residual, Dense, Inverted, Flat, ChannelsLast])
def test_costs_are_what_the_answers_diverge_by(make: Callable[[], nn.Module]) -> None:
    network = drawn(make)
    images = noise(IMAGES)
    groups = _groups(network)
    found = Taylor(USER, images=DRAWS * IMAGES).rank(network, groups, [images] * DRAWS)
    assert set(found) == {group.name for group in groups}
    for group in groups:
        own, measured = _costs(found[group.name], group.channels), _measured(network, group, images, USER)
        ranked = found[group.name].order
        assert own[ranked] == pytest.approx(measured[ranked], rel=0.35, abs=0.02 * measured.max())
        assert own[ranked].sum() == pytest.approx(measured[ranked].sum(), rel=0.15)


def test_what_all_of_the_users_classes_read_alike_is_of_no_use_to_them() -> None:
    """A channel that lifts all of their logits by the same tells them from others, not from each other."""
    network = drawn(Residual)
    with torch.no_grad():
        network.head.weight[list(USER), 4] = 2.0
    rows = np.arange(10)[:, None]
    groups = [Group("three", 10, (Member("three", "writes", rows), Member("head", "reads", rows)))]
    aware, blind = (
        criterion_named(name, USER).rank(network, groups, noise(64).split(16))["three"]
        for name in ("taylor", "taylor-blind")
    )
    assert aware.order[0] == 4
    assert aware.costs[0] < 1e-12 * aware.costs[1]
    assert blind.order[0] != 4


def test_it_is_deterministic_and_leaves_no_trace() -> None:
    network = drawn(Residual)
    network.one.weight.requires_grad_(False)
    before = copy.deepcopy(network.state_dict())
    groups, seen = _groups(network), []
    batches = noise(32).split(8)
    with torch.no_grad():  # a caller's, which is no business of the criterion
        one = Taylor(USER).rank(network, groups, batches, lambda *at: seen.append(at))
    other = Taylor(USER).rank(network, groups, batches)
    assert all((one[name].costs == other[name].costs).all() for name in one)
    assert seen == [("weighing channels", done, 4) for done in range(1, 5)]
    assert all((before[name] == numbers).all() for name, numbers in network.state_dict().items())
    assert [name for name, weight in network.named_parameters() if not weight.requires_grad] == ["one.weight"]
    assert all(weight.grad is None for weight in network.parameters())
    assert not any(layer._forward_pre_hooks for layer in network.modules())


def test_about_so_many_images_are_run() -> None:
    network, seen = drawn(Residual), []
    Taylor(USER, images=16).rank(network, _groups(network), noise(64).split(8), lambda *at: seen.append(at))
    assert len(seen) == 2


def test_a_group_that_no_layer_reads_is_ranked_by_its_weights() -> None:
    network = drawn(Residual)
    groups = [Group("stem", 8, (Member("stem", "writes", np.arange(8)[:, None]),))]
    found = Taylor(USER).rank(network, groups, [noise(4)])["stem"]
    assert (found.order == criterion_named("l2").rank(network, groups, [])["stem"].order).all()
