import pytest

torch = pytest.importorskip("torch")

from torch import nn  # noqa: E402

from edgewise.errors import ModelError  # noqa: E402
from edgewise.prune.chain import chain_of  # noqa: E402
from edgewise.prune.sums import sum_after  # noqa: E402

pytestmark = pytest.mark.torch


class Residual(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.stem = nn.Conv2d(3, 8, 3, padding=1)
        self.inner = nn.Sequential(nn.Conv2d(8, 6, 1), nn.ReLU(inplace=True))
        self.outer, self.norm = nn.Conv2d(6, 8, 1, bias=False), nn.BatchNorm2d(8)
        self.head = nn.Linear(8, 4)

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        start = torch.relu(self.stem(images))
        end = torch.relu(self.norm(self.outer(self.inner(start))) + start)
        return self.head(end.mean((2, 3)))


class Branches(nn.Module):
    """Two branches that are joined; nothing can be cut between."""

    def __init__(self) -> None:
        super().__init__()
        self.left, self.right, self.head = nn.Conv2d(3, 4, 1), nn.Conv2d(3, 5, 3, padding=1), nn.Conv2d(9, 4, 1)

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        return self.head(torch.cat([self.left(images), self.right(images)], 1)).mean((2, 3))


class Doubtful(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.layer = nn.Conv2d(3, 4, 1)

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        given = self.layer(images).mean((2, 3))
        return given if given.sum() > 0 else -given


@pytest.mark.parametrize(("network", "names"), [(Residual, ["stem", "inner.0", "head"]), (Branches, ["left", "head"])])
def test_segments_one_after_the_other_are_the_network(network, names: list[str]) -> None:
    torch.manual_seed(0)
    made = network().eval()
    segments = chain_of(made, torch.zeros(1, 3, 6, 6))
    assert [segment.name for segment in segments] == names
    images = torch.randn(3, 3, 6, 6)
    given = images
    with torch.no_grad():
        for segment in segments:
            given = segment(given)
        assert (given == made(images)).all()


def test_segments_share_the_layers_of_the_network() -> None:
    made = Residual().eval()
    segments = chain_of(made, torch.zeros(1, 3, 6, 6))
    with torch.no_grad():
        made.head.bias.add_(5.0)
        images = torch.randn(1, 3, 6, 6)
        given = images
        for segment in segments:
            given = segment(given)
        assert (given == made(images)).all()


def test_a_network_that_branches_on_values_is_named() -> None:
    with pytest.raises(ModelError, match="cannot be traced"):
        chain_of(Doubtful().eval(), torch.zeros(1, 3, 6, 6))


def test_what_a_residual_branch_must_give() -> None:
    torch.manual_seed(1)
    made = Residual().eval()
    made.norm.running_mean.normal_()
    made.norm.running_var.uniform_(0.5, 2.0)
    made.norm.weight.data.uniform_(0.5, 2.0)
    made.norm.bias.data.normal_()
    block = chain_of(made, torch.zeros(1, 3, 6, 6))[1]
    nodes = {str(node.target): node for node in block.module.graph.nodes}
    found = sum_after(block.module, nodes["outer"])
    assert found is not None
    assert sum_after(block.module, nodes["inner.0"]) is None
    given = torch.randn(5, 8, 1, 1)
    with torch.no_grad():
        torch.testing.assert_close(found.before(made.norm(given).flatten(1)), given.flatten(1), rtol=1e-4, atol=1e-5)
