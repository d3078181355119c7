"""Batch norms of cut networks brought back to the statistics of the uncut one."""

import copy
from collections.abc import Callable

import numpy as np
import pytest

torch = pytest.importorskip("torch")

from torch import nn  # noqa: E402

from edgewise.errors import UsageError  # noqa: E402
from edgewise.prune.groups import losses  # noqa: E402
from edgewise.prune.renormalise import renormalise  # noqa: E402
from edgewise.prune.surgery import cut_groups  # noqa: E402
from edgewise.prune.torch_pruning_groups import find_groups  # noqa: E402
from tests.prune.small_networks import Dense, Inverted, Residual, drawn, noise  # noqa: E402

pytestmark = pytest.mark.torch

WITH_NORMS = (Residual, Dense, Inverted)


def _batches() -> list[torch.Tensor]:
    return [noise(8, seed) for seed in range(1, 5)]


def _halved(generic: nn.Module) -> tuple[nn.Module, dict[str, torch.Tensor]]:
    """Half of every group gone and all biases shifted; and what each norm keeps."""
    groups = [group for group in find_groups(generic, noise()) if group.whole is None]
    kept = {group.name: tuple(range(1, group.channels, 2)) for group in groups}
    cut = cut_groups(generic, groups, kept).eval()
    with torch.no_grad():
        for layer in cut.modules():
            if isinstance(layer, nn.Conv2d):
                layer.weight.mul_(1.5)
                if layer.bias is not None:
                    layer.bias.add_(0.3)
    stay = {
        path: torch.from_numpy(np.setdiff1d(np.arange(layer.num_features), lost.passing))
        for path, lost in losses(groups, kept).items()
        if isinstance(layer := generic.get_submodule(path), nn.BatchNorm2d)
    }
    return cut, stay


def _fold(network: nn.Module) -> nn.Module:
    """The same function, stored with mean 0 and variance 1."""
    folded = copy.deepcopy(network)
    for norm in folded.modules():
        if isinstance(norm, nn.BatchNorm2d):
            with torch.no_grad():
                norm.weight.div_((norm.running_var + norm.eps).sqrt())
                norm.bias.sub_(norm.weight * norm.running_mean)
                norm.running_mean.zero_()
                norm.running_var.fill_(1 - norm.eps)
    return folded


def _given_by_norms(network: nn.Module) -> dict[str, tuple[torch.Tensor, torch.Tensor]]:
    """Mean and variance of each channel behind each norm, over the images."""
    found: dict[str, torch.Tensor] = {}
    twin = copy.deepcopy(network)
    for path, layer in twin.named_modules():
        if isinstance(layer, nn.BatchNorm2d):
            layer.register_forward_hook(lambda _layer, _taken, given, path=path: found.__setitem__(path, given.clone()))
    with torch.no_grad():
        twin(torch.cat(_batches()))
    return {path: (given.mean((0, 2, 3)), given.var((0, 2, 3), correction=0)) for path, given in found.items()}


@pytest.mark.parametrize("make", WITH_NORMS)
@pytest.mark.parametrize("stored", [copy.deepcopy, _fold])
def test_a_network_that_lost_nothing_stays_itself(
    make: Callable[[], nn.Module], stored: Callable[[nn.Module], nn.Module]
) -> None:
    generic = stored(drawn(make))
    same = copy.deepcopy(generic)
    assert renormalise(generic, same, {}, _batches()) == sum(isinstance(m, nn.BatchNorm2d) for m in same.modules())
    fresh = noise(16, seed=9)
    with torch.no_grad():
        assert torch.allclose(same(fresh), generic(fresh), rtol=1e-9, atol=1e-9)


@pytest.mark.parametrize("make", WITH_NORMS)
def test_every_norm_gives_what_it_gave_on_average_and_in_spread(make: Callable[[], nn.Module]) -> None:
    generic = drawn(make)
    cut, kept = _halved(generic)
    wanted, before = _given_by_norms(generic), _given_by_norms(cut)
    renormalise(generic, cut, kept, _batches())
    found = _given_by_norms(cut)
    assert kept, "a norm was cut"
    for path, (mean, variance) in found.items():
        stay = kept.get(path, torch.arange(len(mean)))
        assert not torch.allclose(before[path][1], wanted[path][1][stay], rtol=0.1), "there was something to correct"
        assert torch.allclose(mean, wanted[path][0][stay], rtol=1e-9, atol=1e-9)
        assert torch.allclose(variance, wanted[path][1][stay], rtol=1e-7)


def test_it_does_not_matter_how_statistics_were_stored() -> None:
    generic = drawn(Residual)
    cut, kept = _halved(generic)
    folded = _fold(cut)
    renormalise(generic, cut, kept, _batches())
    renormalise(_fold(generic), folded, kept, _batches())
    for one, other in zip(cut.state_dict().values(), folded.state_dict().values(), strict=True):
        assert torch.allclose(one, other, rtol=1e-9, atol=1e-9)


def test_the_cut_networks_own_statistics_are_stored() -> None:
    generic = drawn(Residual)
    cut, kept = _halved(generic)
    renormalise(generic, cut, kept, _batches())
    with torch.no_grad():
        fed = cut.stem(torch.cat(_batches()))
    assert torch.allclose(cut.bn.running_mean, fed.mean((0, 2, 3)))
    assert torch.allclose(cut.bn.running_var, fed.var((0, 2, 3), correction=0))


def test_a_dead_channel_is_not_blown_up() -> None:
    generic = drawn(Residual)
    cut = copy.deepcopy(generic)
    with torch.no_grad():
        cut.stem.weight[2] *= 1e-9
    renormalise(generic, cut, {}, _batches())
    with torch.no_grad():
        fed = cut.stem(100 * noise(4, seed=7))
        given = cut.bn(fed)[:, 2]
    assert given.std() < 1e-6
    assert given.mean() == pytest.approx(float(_given_by_norms(generic)["bn"][0][2]), abs=1e-6)


def test_a_constant_channel_stays_as_it_is() -> None:
    generic = drawn(Residual)
    with torch.no_grad():
        generic.one.weight[3] = 0
        generic.one.bias[3] = 2.0
    cut = copy.deepcopy(generic)
    renormalise(generic, cut, {}, _batches())
    probe = torch.full((1, 6, 1, 1), 2.5, dtype=torch.float64)
    with torch.no_grad():
        assert cut.bn_one(probe)[0, 3] == pytest.approx(float(generic.bn_one(probe)[0, 3]))


def test_the_generic_network_and_the_other_weights_stay() -> None:
    generic = drawn(Residual)
    cut, kept = _halved(generic)
    before, weights = copy.deepcopy(generic.state_dict()), cut.one.weight.clone()
    renormalise(generic, cut, kept, _batches())
    assert all((before[name] == numbers).all() for name, numbers in generic.state_dict().items())
    assert (cut.one.weight == weights).all()
    assert not any(layer._forward_pre_hooks for layer in generic.modules())
    assert all(weight.grad is None and weight.requires_grad for weight in cut.parameters())


class Functional(nn.BatchNorm2d):
    """A norm with its activation inside, which tracing looks into."""

    def __init__(self, channels: int) -> None:
        super().__init__(channels)
        self.act = nn.ReLU()

    def forward(self, input: torch.Tensor) -> torch.Tensor:
        normed = nn.functional.batch_norm(
            input, self.running_mean, self.running_var, self.weight, self.bias, False, 0.0, self.eps
        )
        return self.act(normed)


def test_norms_that_tracing_looks_into() -> None:
    class Traced(Residual):
        def __init__(self) -> None:
            super().__init__()
            self.bn_one = Functional(6)

    generic = drawn(Traced)
    cut, kept = _halved(generic)
    wanted = generic.bn_one.weight[kept["bn_one"]].clone()
    assert renormalise(generic, cut, kept, _batches()) == 3
    with torch.no_grad():
        fed = nn.functional.relu(cut.bn(cut.stem(torch.cat(_batches()))))
        assert torch.allclose(cut.bn_one.running_mean, cut.one(fed).mean((0, 2, 3)))
    assert not torch.allclose(cut.bn_one.weight, wanted)


def test_so_many_images_and_no_more() -> None:
    generic = drawn(Residual)
    few, all_of_them = copy.deepcopy(generic), copy.deepcopy(generic)
    seen: list[tuple[str, int, int]] = []
    renormalise(generic, few, {}, _batches(), images=16, progress=lambda *at: seen.append(at))
    renormalise(generic, all_of_them, {}, _batches()[::2])
    assert (few.bn.running_mean == all_of_them.bn.running_mean).all()
    assert seen == [("re-estimating norms", done, 3) for done in (1, 2, 3)]


def test_what_cannot_work() -> None:
    generic = drawn(Residual)
    cut, kept = _halved(generic)
    before = copy.deepcopy(cut.state_dict())
    with pytest.raises(UsageError, match="No images"):
        renormalise(generic, cut, kept, [])
    with pytest.raises(UsageError, match="bn_one has 3 channels, and 6 of 6 are said to be kept"):
        renormalise(generic, cut, {name: stay for name, stay in kept.items() if name != "bn_one"}, _batches())
    assert all((before[name] == numbers).all() for name, numbers in cut.state_dict().items())
