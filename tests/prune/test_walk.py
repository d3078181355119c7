"""Walking block by block: what enters a step, what stays, and what is left alone."""

from dataclasses import replace

import pytest

torch = pytest.importorskip("torch")

from torch import nn  # noqa: E402

from edgewise.errors import UsageError  # noqa: E402
from edgewise.prune.allocate import Limits, time_left  # noqa: E402
from edgewise.prune.criterion import Magnitude  # noqa: E402
from edgewise.prune.posterior import Posterior  # noqa: E402
from edgewise.prune.reconstruct import Sweep  # noqa: E402
from edgewise.prune.torch_pruning_groups import find_groups  # noqa: E402
from edgewise.prune.walk import Stride, Walked, walk  # noqa: E402
from edgewise.prune.work import LayerWork, network_work  # noqa: E402

pytestmark = pytest.mark.torch


class Block(nn.Module):
    """A bottleneck whose inner channels go without anyone outside of it noticing."""

    def __init__(self, silent: int) -> None:
        super().__init__()
        self.inner, self.outer = nn.Conv2d(16, 32, 3, padding=1), nn.Conv2d(32, 16, 1)
        with torch.no_grad():
            self.inner.weight[:silent] = 0
            self.inner.bias[:silent] = 0
            self.inner.weight[silent:] *= 4

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        return images + self.outer(torch.relu(self.inner(images)))


class Blocks(nn.Module):
    """Three blocks; of the middle one no channel is idle, of the others half are."""

    def __init__(self) -> None:
        super().__init__()
        self.stem = nn.Conv2d(3, 16, 3, stride=2, padding=1)
        self.first, self.second, self.third = Block(16), Block(0), Block(16)
        self.head = nn.Linear(16, 6)
        with torch.no_grad():  # answers that differ from image to image
            self.head.bias -= self(torch.randn(100, 3, 16, 16)).mean(0)
            self.head.weight *= 100
            self.head.bias *= 100

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        maps = self.third(self.second(self.first(torch.relu(self.stem(images)))))
        return self.head(maps.mean((2, 3)))


def _layers(network: nn.Module, images: torch.Tensor) -> list[LayerWork]:
    """With MACs for times, which no other work on the machine changes."""
    return [replace(layer, ms=float(layer.macs)) for layer in network_work(network, images[:1]).layers]


def _walked(target: float = 0.3, **given: object) -> tuple[nn.Module, Walked]:
    torch.manual_seed(0)
    network = Blocks().eval()
    images = torch.randn(60, 3, 16, 16)
    groups = find_groups(network, images[:1])
    can_go = [group for group in groups if group.name.endswith("inner")]
    rankings = Magnitude(1).rank(network, can_go, [])
    layers = _layers(network, images)
    stride = Stride(**{"keeps": (0.5,), "max_drop_points": 1e-3, **given})  # type: ignore[arg-type]
    found = walk(
        network, groups, rankings, layers, target, images, Posterior((0, 2, 4)), stride, Limits(fewest=0.25), Sweep()
    )
    assert found.steps[-1].share == pytest.approx(time_left(groups, layers, found.kept))
    return network, found


@pytest.mark.parametrize("order", ["bottom-up", "top-down"])
def test_what_costs_nothing_goes_and_what_costs_too_much_stays(order: str) -> None:
    _, found = _walked(order=order)
    names = ["third.inner", "second.inner", "first.inner"]
    assert [step.block for step in found.steps] == (names if order == "bottom-up" else names[::-1])
    assert found.kept == {name: tuple(range(16, 32)) for name in ("first.inner", "third.inner")}
    assert [step.keep for step in found.steps] == [0.5, 1.0, 0.5]


def test_a_bold_step_backs_off_to_one_that_is_allowed() -> None:
    _, found = _walked(keeps=(0.25, 0.5))
    assert found.steps[0].tried == (0.25, 0.5)
    assert found.steps[0].keep == 0.5


def test_it_ends_once_the_target_is_met() -> None:
    _, found = _walked(target=0.9)
    assert [step.block for step in found.steps] == ["third.inner"]
    assert found.steps[-1].share <= 0.9


def test_bottom_up_runs_what_lies_before_the_block_once() -> None:
    network, _ = _walked(target=0.9)
    seen: list[int] = []
    network.stem.register_forward_hook(lambda _layer, taken, _given: seen.append(len(taken[0])))
    images = torch.randn(60, 3, 16, 16)
    groups = find_groups(network, images[:1])
    can_go = [group for group in groups if group.name.endswith("inner")]
    rankings, layers = Magnitude(1).rank(network, can_go, []), _layers(network, images)
    seen.clear()
    stride = Stride(keeps=(0.5,), max_drop_points=50.0)
    walk(network, groups, rankings, layers, 0.3, images, Posterior((0, 2, 4)), stride, Limits(fewest=0.25), Sweep())
    assert 60 <= sum(seen) < 70  # all images once, and one here and there to see how large things are


def test_memory_bounds_the_images() -> None:
    _, found = _walked(memory_mb=0.2)
    assert 2 <= found.images < 60
    assert found.cached_bytes <= 0.2e6
    with pytest.raises(UsageError, match="hold too few"):
        _walked(memory_mb=0.001)


def test_nothing_that_can_stay_is_an_error() -> None:
    with pytest.raises(UsageError, match="No block can be cut"):
        _walked(keeps=(0.25,))
