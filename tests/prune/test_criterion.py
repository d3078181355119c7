"""What is cut, on a small network whose useless channels are known."""

import copy

import numpy as np
import pytest

torch = pytest.importorskip("torch")

from torch import nn  # noqa: E402

from edgewise.errors import UsageError  # noqa: E402
from edgewise.prune.criterion import criterion_named  # noqa: E402
from edgewise.prune.groups import Group, Member  # noqa: E402
from edgewise.prune.sensitivity import sensitivities  # noqa: E402

pytestmark = pytest.mark.torch

NEVER_READ, COPY, SMALL = 2, 5, 1
NAMES = ("reconstruction", "taylor", "taylor-blind", "activation", "firing", "l1", "l2", "random")


class Network(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.first, self.second, self.head = nn.Conv2d(3, 8, 3), nn.Conv2d(8, 6, 3), nn.Linear(6, 4)

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        return self.head(torch.relu(self.second(torch.relu(self.first(images)))).mean((2, 3)))


@pytest.fixture
def network() -> nn.Module:
    """One channel of the first layer is never read though its weights are large, one is a copy, one is small."""
    torch.manual_seed(0)
    made = Network().eval()
    with torch.no_grad():
        made.first.weight[NEVER_READ] *= 9
        made.second.weight[:, NEVER_READ] = 0
        made.first.weight[COPY], made.first.bias[COPY] = made.first.weight[0], made.first.bias[0]
        made.first.weight[SMALL] *= 1e-3
        made.first.bias[SMALL] = 3.0
    return made


def _groups() -> tuple[Group, ...]:
    rows = np.arange(8)[:, None]
    return (Group("first", 8, (Member("first", "writes", rows), Member("second", "reads", rows))),)


def _batches(seed: int = 0) -> list[torch.Tensor]:
    generator = torch.Generator().manual_seed(seed)
    return [torch.randn(25, 3, 9, 9, generator=generator) for _ in range(4)]


@pytest.mark.parametrize("classes", [(), (0, 2)])
def test_what_nobody_misses_goes_first(network: nn.Module, classes: tuple[int, ...]) -> None:
    """A channel that is not read, one of two copies, and a constant, which the biases make up for."""
    found = criterion_named("reconstruction", classes).rank(network, _groups(), _batches())["first"]
    first = set(found.order[:3].tolist())
    assert NEVER_READ in first
    assert SMALL in first
    assert first & {0, COPY}
    assert (np.diff(found.costs) >= 0).all()
    assert found.costs[1] < 0.05 * found.costs[-1]
    assert found.costs[2] < 0.15 * found.costs[-1]


def test_magnitude_is_blind_to_who_reads(network: nn.Module) -> None:
    found = criterion_named("l1").rank(network, _groups(), _batches())["first"]
    assert found.order[0] == SMALL
    assert NEVER_READ not in found.order, "the largest stays"


@pytest.mark.parametrize("name", ["taylor", "taylor-blind"])
def test_taylor_sees_who_reads(network: nn.Module, name: str) -> None:
    found = criterion_named(name, (0, 2)).rank(network, _groups(), _batches())["first"]
    assert found.order[0] == NEVER_READ
    assert found.costs[0] == 0


@pytest.mark.parametrize("name", ["activation", "firing"])
def test_activations_are_blind_to_who_reads(network: nn.Module, name: str) -> None:
    """A channel that is never read and large, and one that is all but constant, have much to say."""
    found = criterion_named(name, (0, 2)).rank(network, _groups(), _batches())["first"]
    assert found.order[0] not in (NEVER_READ, SMALL)
    assert abs(found.order.tolist().index(0) - found.order.tolist().index(COPY)) == 1, "copies stand side by side"


@pytest.mark.parametrize("name", NAMES)
def test_all_channels_but_one_in_order_and_costs_that_rise(network: nn.Module, name: str) -> None:
    one, again = (criterion_named(name, (1, 3)).rank(network, _groups(), _batches())["first"] for _ in range(2))
    assert len(set(one.order.tolist())) == 7
    assert set(one.order.tolist()) < set(range(8))
    assert (np.diff(one.costs, prepend=0) >= 0).all()
    assert (one.order == again.order).all()
    assert (one.costs == again.costs).all()


def test_the_network_stays_as_it_is(network: nn.Module) -> None:
    before = copy.deepcopy(network.state_dict())
    for name in NAMES:
        criterion_named(name, (1, 3)).rank(network, _groups(), _batches())
    assert all((before[name] == numbers).all() for name, numbers in network.state_dict().items())
    assert all(weight.grad is None and weight.requires_grad for weight in network.parameters())
    assert not network.second._forward_hooks
    assert not network.second._forward_pre_hooks


def test_sensitivity_tells_what_small_errors_cost(network: nn.Module) -> None:
    """Noise of a variance v in one output of a layer adds about v / 2 times its sensitivity to the cross-entropy."""
    network.double()  # what is looked for is small
    images, classes = torch.cat([*_batches(), *_batches(1)]).double(), (0, 1, 3)
    found = sensitivities(network, ["second"], [images], classes, images=len(images))["second"]
    generator = torch.Generator().manual_seed(7)
    with torch.no_grad():
        log_p = network(images)[:, list(classes)].log_softmax(1)
        for output in range(6):
            added = []
            for _ in range(20):
                noise = 0.02 * torch.randn(len(images), 1, 5, 5, generator=generator, dtype=torch.float64)
                hook = network.second.register_forward_hook(
                    lambda _layer, _taken, given, noise=noise, output=output: given.index_add(
                        1, torch.tensor([output]), noise
                    )
                )
                log_q = network(images)[:, list(classes)].log_softmax(1)
                hook.remove()
                added.append(float((log_p.exp() * (log_p - log_q)).sum(1).mean()))
            expected = 0.5 * 0.02**2 * float(found[output])
            assert np.mean(added) == pytest.approx(expected, rel=0.4)


def test_an_unknown_criterion() -> None:
    with pytest.raises(UsageError, match="no criterion 'taylor3'"):
        criterion_named("taylor3")
