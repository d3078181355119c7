"""Which layers may read sets of their own, and what each misses least."""

from collections.abc import Callable

import numpy as np
import pytest

pytest.importorskip("torch", reason="the extra [torch] is not installed")
pytest.importorskip("torch_pruning", reason="the extra [torch] is not installed")
import torch
from torch import nn

from edgewise.errors import UsageError
from edgewise.prune.asymmetric_rankings import asymmetric_rankings, asymmetric_readers, reads_keeping
from edgewise.prune.criterion import Ranking
from edgewise.prune.plan import Cut
from edgewise.prune.torch_pruning_groups import find_groups
from tests.prune.small_networks import Chunked, Dense, Flat, Inverted, Residual, Upsampled, drawn, noise

pytestmark = pytest.mark.torch


@pytest.mark.parametrize(
    ("make", "readers", "refused"),
    [
        # "two" reads what "one" alone writes: a set of its own is a cut of that group.
        (Residual, {"one", "project", "three"}, {}),
        (Dense, {"left", "right", "wide"}, {}),
        (Inverted, {"expand", "squeeze", "project", "head"}, {}),
        (Chunked, {"left", "right"}, {}),
        (Flat, set(), {}),
    ],
)
def test_readers(make: Callable[[], nn.Module], readers: set[str], refused: dict[str, str]) -> None:
    found = asymmetric_readers(drawn(make), find_groups(drawn(make), noise(1)))
    assert (set(found[0]), found[1]) == (readers, refused)


class Transposed(nn.Module):
    """A transposed convolution and a plain one read the same maps."""

    def __init__(self) -> None:
        super().__init__()
        self.stem, self.plain, self.up = nn.Conv2d(3, 4, 1), nn.Conv2d(4, 5, 1), nn.ConvTranspose2d(4, 5, 1)
        self.head = nn.Linear(5, 3)

    def forward(self, image: torch.Tensor) -> torch.Tensor:
        maps = torch.relu(self.stem(image))
        return self.head((self.plain(maps) + self.up(maps)).mean((2, 3)))


def test_other_layers_are_refused_by_their_path() -> None:
    found, refused = asymmetric_readers(drawn(Transposed), find_groups(drawn(Transposed), noise(1)))
    assert set(found) == {"plain"}
    assert "ConvTranspose2d" in refused["up"]
    assert asymmetric_readers(drawn(Upsampled), ()) == ({}, {})


@pytest.mark.parametrize("classes", [(), (0, 2, 4)])
def test_what_a_layer_does_not_weigh_goes_first(classes: tuple[int, ...]) -> None:
    network = drawn(Residual).float()
    with torch.no_grad():
        network.get_submodule("project").weight[:, [1, 6]] = 0
        network.get_submodule("three").weight[:, [0, 4, 5]] = 0
    found = asymmetric_rankings(network, ["project", "three"], [noise(8).float()], classes=classes)
    assert set(found["project"].order[:2].tolist()) == {1, 6}
    assert set(found["three"].order[:3].tolist()) == {0, 4, 5}
    for ranking in found.values():
        assert len(set(ranking.order.tolist())) == len(ranking.costs) == 7
        assert (np.diff(ranking.costs) >= -1e-9).all()
    assert found["project"].costs[1] < 1e-6 < found["project"].costs[2]


def test_costs_without_classes_are_shares_of_the_outputs_variance() -> None:
    """The rest of the weights make up as they can; what one channel alone could not tell is missed."""
    network = drawn(Residual).float()
    costs = asymmetric_rankings(network, ["three"], [noise(8).float()])["three"].costs
    assert 0 < costs[0] < costs[-1] < 1.01


class TestReadsKeeping:
    rankings = {"a": Ranking(np.array([3, 1, 0, 5, 4, 2, 6]), np.arange(7.0))}

    @pytest.mark.parametrize(
        ("share", "step", "kept"),
        [
            (0.5, 1, (2, 4, 6, 7)),
            (0.5, 3, (2, 6, 7)),
            (0.01, 2, (6, 7)),  # one step stays
            (1.0, 3, tuple(range(8))),
            (0.5, 16, tuple(range(8))),
        ],
    )
    def test_keeps_what_is_missed_most(self, share: float, step: int, kept: tuple[int, ...]) -> None:
        found = reads_keeping(self.rankings, share, step=step)
        assert found == {"a": Cut(8, kept)}

    def test_a_share_that_is_none(self) -> None:
        with pytest.raises(UsageError, match="share is 0"):
            reads_keeping(self.rankings, 0)
