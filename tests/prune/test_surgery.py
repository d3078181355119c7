"""The cut network answers as its silenced twin does, keeps its weights to the bit, and comes back from disk."""

import json
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from edgewise.errors import StoreError, UsageError
from edgewise.prune.groups import Group
from edgewise.prune.plan import Plan

pytest.importorskip("torch", reason="the extra [torch] is not installed")
pytest.importorskip("torch_pruning", reason="the extra [torch] is not installed")
import torch
from torch import nn

from edgewise.prune.architectures import ARCHITECTURES, randomise, try_network
from edgewise.prune.load import PLAN, WEIGHTS, load_pruned, save_pruned
from edgewise.prune.surgery import cut, cut_groups, mask_groups, masked
from edgewise.prune.torch_pruning_groups import find_groups
from edgewise.prune.work import network_work, planned_macs
from edgewise.zoo.macs.torch import count_macs
from tests.prune.small_networks import NETWORKS, SIZE_PX, Grouped, Inverted, Residual, drawn, noise

pytestmark = pytest.mark.torch
_TOLERANCE = 1e-9
_DRAWS = 6
_LONG = {"ghostnet_100", "inception_v3", "densenet121", "mobilenetv2_100", "resnet50", "resnext50_32x4d", "vgg11_bn"}
_NARROWER = {"vgg11_bn": {"mlp_ratio": 0.05}}  # nine tenths of its weights are in one dense layer


@cache
def known(make: Callable[[], nn.Module]) -> tuple[nn.Module, tuple[Group, ...]]:
    """A network, which the tests leave as it is, and its groups."""
    network = drawn(make)
    return network, find_groups(network, noise(1))


def some_kept(rng: np.random.Generator, groups: tuple[Group, ...]) -> dict[str, list[int]]:
    """Random sets of random sizes for a random choice of the groups that can be cut, at least one."""
    free = [group for group in groups if group.whole is None]
    chosen = rng.permutation(len(free))[: rng.integers(1, len(free) + 1)].tolist()
    sizes = {i: int(rng.integers(1, free[i].channels)) for i in chosen}
    return {free[i].name: np.sort(rng.permutation(free[i].channels)[: sizes[i]]).tolist() for i in chosen}


def answer(network: nn.Module, image: torch.Tensor) -> torch.Tensor:
    with torch.inference_mode():
        return network(image)


@pytest.mark.parametrize("make", NETWORKS)
def test_the_cut_network_answers_as_its_twin(make: Callable[[], nn.Module]) -> None:
    (network, groups), image, rng = known(make), noise(), np.random.default_rng(0)
    whole, work = answer(network, image), network_work(network, image)
    for _ in range(_DRAWS):
        kept = some_kept(rng, groups)
        small, twin = cut_groups(network, groups, kept), mask_groups(network, groups, kept)
        expected = answer(twin, image)
        torch.testing.assert_close(answer(small, image), expected, rtol=_TOLERANCE, atol=_TOLERANCE)
        assert (expected - whole).abs().max() > 1e-6 * whole.abs().max()  # the cut is felt
        assert sum(p.numel() for p in small.parameters()) < sum(p.numel() for p in network.parameters())
        counted = network_work(small, image).macs
        assert counted == planned_macs(work.layers, groups, kept) == count_macs(small.float(), SIZE_PX)
    assert torch.equal(answer(network, image), whole)


@pytest.mark.parametrize("make", NETWORKS)
def test_a_plan_on_a_fresh_original_gives_the_same_bits(make: Callable[[], nn.Module]) -> None:
    network, groups = known(make)
    plan = Plan.of(groups, some_kept(np.random.default_rng(1), groups), input=(3, SIZE_PX, SIZE_PX))
    one, other = cut_groups(network, groups, plan.kept).state_dict(), cut(drawn(make), plan, noise(1)).state_dict()
    assert one.keys() == other.keys()
    assert all(torch.equal(one[path], other[path]) for path in one)


class TestCut:
    def test_every_number_that_stays_is_the_originals(self) -> None:
        network, groups = known(Residual)
        plan = Plan.of(groups, {"stem": [0, 3, 6], "one": [5]})
        small = cut(network, plan, noise())
        assert torch.equal(small.get_submodule("one").weight, network.one.weight[[5]][:, [0, 3, 6]])  # type: ignore[index]
        assert torch.equal(small.get_submodule("bn").running_var, network.bn.running_var[[0, 3, 6]])  # type: ignore[index]
        assert small.get_submodule("three").weight.shape == (10, 3, 3, 3)
        assert (small.get_submodule("stem").out_channels, small.get_submodule("bn").num_features) == (3, 3)

    def test_a_grouped_convolution_loses_groups(self) -> None:
        network, groups = known(Grouped)
        small = cut(network, Plan.of(groups, {"stem": [1, 3]}), noise())
        layer = small.get_submodule("grouped")
        assert (layer.groups, layer.in_channels, layer.out_channels, tuple(layer.weight.shape)) == (
            2,
            6,
            6,
            (6, 3, 3, 3),
        )

    def test_mode_gradients_and_layout_stay(self) -> None:
        network = drawn(Inverted).train().to(memory_format=torch.channels_last)
        network.get_submodule("expand").weight.requires_grad_(False)
        small = cut(network, Plan.of(known(Inverted)[1], {"expand": range(5)}), noise())
        assert small.training
        assert not small.get_submodule("expand").weight.requires_grad
        assert small.get_submodule("depthwise").weight.requires_grad
        assert small.get_submodule("stem").weight.is_contiguous(memory_format=torch.channels_last)
        small(noise()).sum().backward()  # and it can be trained

    def test_the_twin_silences_norm_statistics(self) -> None:
        network, groups = known(Residual)
        twin = masked(network, Plan.of(groups, {"one": [0, 1, 2]}), noise())
        norm, before = twin.get_submodule("bn_one"), network.get_submodule("bn_one")
        for name in ("weight", "bias", "running_mean", "running_var"):
            assert not getattr(norm, name)[3:].any()
            assert torch.equal(getattr(norm, name)[:3], getattr(before, name)[:3])
        assert torch.equal(twin.get_submodule("two").weight, network.get_submodule("two").weight)  # a reader keeps all

    def test_a_plan_of_another_network(self) -> None:
        plan = Plan.of(known(Residual)[1], {"stem": [0]})
        with pytest.raises(UsageError, match="Group stem has 6 channels; the plan was made for 8"):
            cut(drawn(Inverted), plan, noise())


class TestOnDisk:
    @pytest.fixture
    def stored(self, tmp_path: Path) -> tuple[Path, nn.Module]:
        network = drawn(Inverted)
        kept = {"expand": [1, 4, 7], "stem": [0, 5]}
        plan = Plan.of(known(Inverted)[1], kept, input=(3, SIZE_PX, SIZE_PX))
        small = cut(network, plan, noise())
        with torch.no_grad():
            small.get_submodule("head").weight.mul_(2)  # as recovery would
        save_pruned(tmp_path, plan, small)
        return tmp_path, small

    def test_comes_back(self, stored: tuple[Path, nn.Module]) -> None:
        folder, small = stored
        loaded = load_pruned(folder, drawn(Inverted, seed=9))
        assert torch.equal(answer(loaded, noise()), answer(small, noise()))
        assert Plan.read(folder / PLAN).cuts["stem"].kept == (0, 5)

    def test_into_another_network(self, stored: tuple[Path, nn.Module]) -> None:
        with pytest.raises(UsageError, match="no group 'expand'"):
            load_pruned(stored[0], drawn(Residual))

    def test_torn(self, stored: tuple[Path, nn.Module]) -> None:
        path = stored[0] / WEIGHTS
        path.write_bytes(path.read_bytes()[:-1])
        with pytest.raises(StoreError, match="does not hold what its description names"):
            load_pruned(stored[0], drawn(Inverted))

    def test_without_weights(self, stored: tuple[Path, nn.Module]) -> None:
        Plan.read(stored[0] / PLAN).write(stored[0] / PLAN)
        with pytest.raises(StoreError, match="is a plan alone"):
            load_pruned(stored[0], drawn(Inverted))

    @pytest.mark.parametrize(
        ("change", "message"),
        [
            (lambda net: setattr(net, "head", nn.Linear(3, 4).double()), r"head.weight of shape \[4, 3\]; by the plan"),
            (lambda net: delattr(net, "bn"), "lacks bn.weight"),
            (lambda net: setattr(net, "more", nn.Linear(1, 1)), r"has more\.(weight|bias), which the network lacks"),
        ],
    )
    def test_weights_that_do_not_fit(
        self, stored: tuple[Path, nn.Module], change: Callable[[Any], object], message: str
    ) -> None:
        folder, small = stored
        plan = Plan.read(folder / PLAN)
        change(small)
        save_pruned(folder, plan, small)
        with pytest.raises(StoreError, match=message):
            load_pruned(folder, drawn(Inverted))

    def test_no_pickle(self, stored: tuple[Path, nn.Module]) -> None:
        assert {path.name for path in stored[0].iterdir()} == {PLAN, WEIGHTS}
        assert json.loads((stored[0] / PLAN).read_text())["kind"] == "pruning plan"


@pytest.mark.slow
@pytest.mark.parametrize(
    "name",
    [pytest.param(name, marks=[pytest.mark.long] if name in _LONG else []) for name in ARCHITECTURES],
)
def test_timms_networks(name: str) -> None:
    from edgewise.zoo.timm_catalogue import import_timm

    torch.manual_seed(0)
    network = import_timm("The test").create_model(name, num_classes=10, **_NARROWER.get(name, {})).eval().double()
    randomise(network)
    size_px = 128 if name == "inception_v3" else 64
    image = torch.randn(1, 3, size_px, size_px, dtype=torch.float64, generator=torch.Generator().manual_seed(0))
    found = try_network(network, image, seed=3)
    assert found.works, found
