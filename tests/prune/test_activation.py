"""Activation and firing rate, on a network and images whose activations are known by heart."""

import numpy as np
import pytest

torch = pytest.importorskip("torch")

from torch import nn  # noqa: E402

from edgewise.prune.activation import Activation, Firing  # noqa: E402
from edgewise.prune.criterion import Ranking, criterion_named  # noqa: E402
from edgewise.prune.groups import Group, Member  # noqa: E402

pytestmark = pytest.mark.torch

ROWS = np.arange(4)[:, None]
GROUPS = (
    Group("first", 4, (Member("first", "writes", ROWS), Member("second", "reads", ROWS))),
    Group("second", 4, (Member("second", "writes", ROWS), Member("head", "reads", ROWS))),
)


class Network(nn.Module):
    """Channels 0 to 2 are those of the image, rectified, 3 the first one's other half; classes 0 to 2 read 0 to 2."""

    def __init__(self) -> None:
        super().__init__()
        self.first, self.second = nn.Conv2d(3, 4, 1, bias=False), nn.Conv2d(4, 4, 1, bias=False)
        self.head = nn.Linear(4, 3, bias=False)
        with torch.no_grad():
            self.first.weight.copy_(torch.tensor([[1, 0, 0], [0, 1, 0], [0, 0, 1], [-1, 0, 0]])[..., None, None])
            self.second.weight.copy_(3 * torch.eye(4)[..., None, None])
            self.head.weight.copy_(torch.eye(3, 4))

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        return self.head(torch.relu(self.second(torch.relu(self.first(images)))).mean((2, 3)))


def _image(*places: tuple[float, float, float]) -> torch.Tensor:
    """Of four places in a square."""
    return torch.tensor(places, dtype=torch.float32).T.reshape(1, 3, 2, 2)


def _batches() -> list[torch.Tensor]:
    """Two images that are answered with class 0, one with class 1; class 2 is shown by none."""
    first = _image((8, 0, -1), (-4, 0, -1), (-4, 2, -1), (-4, 0, -1))
    second = _image((8, 0, -1), (8, 0, -1), (-4, 0, 4), (-4, 0, 0))
    third = _image((-2, 4, -1), (0, 4, -1), (0, 4, -1), (0, 4, -1))
    return [torch.cat([first, second]), third]


def _costs(ranking: Ranking) -> dict[int, float]:
    return dict(zip(ranking.order.tolist(), np.diff(ranking.costs, prepend=0).tolist(), strict=True))


def test_activation_is_the_mean_behind_the_non_linearity() -> None:
    means = np.array([8 + 16, 2 + 16, 4, 12 + 8 + 2]) / 12
    found = Activation().rank(Network().eval(), GROUPS, _batches())
    assert found["first"].order.tolist() == [2, 1, 3]  # and 0 stays
    assert _costs(found["first"]) == pytest.approx({k: means[k] / means.sum() for k in (2, 1, 3)})
    assert found["second"].costs == pytest.approx(found["first"].costs), "three times as large, and shares all the same"


def test_signs_count_for_nothing_where_nothing_rectifies() -> None:
    network = nn.Sequential(nn.Conv2d(3, 3, 1, bias=False), nn.Conv2d(3, 2, 1), nn.AdaptiveAvgPool2d(1), nn.Flatten())
    with torch.no_grad():
        network[0].weight.copy_(torch.diag(torch.tensor([1.0, -3.0, 2.0]))[..., None, None])
    rows = np.arange(3)[:, None]
    groups = [Group("0", 3, (Member("0", "writes", rows), Member("1", "reads", rows)))]
    found = Activation().rank(network, groups, [torch.ones(2, 3, 2, 2)])["0"]
    assert _costs(found) == pytest.approx({0: 1 / 6, 2: 2 / 6})


def test_firing_is_the_largest_share_over_the_classes() -> None:
    """Class 0: channels fire at 3, 1, 1 and 5 of 8 places; class 1: at 0, 4, 0 and 1 of 4."""
    found = Firing().rank(Network().eval(), GROUPS, _batches())["first"]
    assert found.order.tolist() == [2, 0, 3], "1 serves class 1 everywhere, and stays"
    assert _costs(found) == pytest.approx({2: 1 / 8, 0: 3 / 8, 3: 5 / 8}), "rates, not shares of their sum"


def test_images_are_of_the_likeliest_of_the_users_classes() -> None:
    """Among 1 and 2 the first image is of class 1, as the third is, and the second of class 2."""
    found = criterion_named("firing", (2, 1)).rank(Network().eval(), GROUPS, _batches())["first"]
    assert _costs(found) == pytest.approx({2: 1 / 4, 0: 2 / 4, 3: 2 / 4})
    rates = {0: (1 + 0) / 8, 1: (1 + 4) / 8, 2: 0, 3: (3 + 1) / 8}
    assert rates[1] == 5 / 8, "what stays has the largest rate of all"


def test_at_the_head_a_place_is_an_image() -> None:
    found = Firing().rank(Network().eval(), GROUPS, _batches())["second"]
    assert _costs(found) == pytest.approx({2: 1 / 2, 0: 1, 1: 1})


@pytest.mark.parametrize(("criterion", "expected"), [(Activation(), [4, 6, 10]), (Firing(), [0.5, 0.5, 1])])
def test_all_inputs_that_go_with_a_channel_count(criterion: Activation | Firing, expected: list[float]) -> None:
    """A channel is two inputs behind a flattened map, and another layer reads it too."""

    class Flat(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.conv, self.dense, self.other = nn.Conv2d(3, 3, 1), nn.Linear(6, 2), nn.Conv2d(3, 2, 1)

        def forward(self, images: torch.Tensor) -> torch.Tensor:
            maps = torch.relu(images)
            return self.dense(maps.flatten(1)) + self.other(2 * maps).mean((2, 3))

    image = torch.tensor([[2.0, -1.0], [3.0, -1.0], [4.0, 1.0]]).reshape(1, 3, 1, 2)
    rows, pairs = np.arange(3)[:, None], np.arange(6).reshape(3, 2)
    members = (Member("conv", "writes", rows), Member("dense", "reads", pairs), Member("other", "reads", rows))
    found = criterion.rank(Flat().eval(), [Group("conv", 3, members)], [image, image])["conv"]
    if isinstance(criterion, Activation):
        assert found.costs == pytest.approx(np.cumsum([4, 6]) / 20)  # of 2 + 2, 3 + 3, (4 + 1) + 5
    else:
        assert found.costs == pytest.approx([1, 2])  # a flattened place is an input of its own, and fires or not


def test_a_group_that_no_layer_reads_is_ranked_by_its_weights() -> None:
    network = Network().eval()
    groups = [Group("first", 4, (Member("first", "writes", ROWS),))]
    with torch.no_grad():
        network.first.weight[2] *= 0.1
    for criterion in (Activation(), Firing()):
        assert criterion.rank(network, groups, _batches())["first"].order[0] == 2


def test_nothing_is_left_behind() -> None:
    network, seen = Network().eval(), []
    Firing((0, 1)).rank(network, GROUPS, _batches(), lambda *at: seen.append(at))
    assert seen == [("reading activations", done, 2) for done in (1, 2)]
    assert not any(layer._forward_pre_hooks for layer in network.modules())
