"""Layers with sets of their own: the smaller network answers as its twin in full width, and comes back from disk."""

from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from edgewise.errors import EdgewiseError, ModelError, StoreError, UsageError
from edgewise.prune.groups import Group
from edgewise.prune.plan import Cut, Plan

pytest.importorskip("torch", reason="the extra [torch] is not installed")
pytest.importorskip("torch_pruning", reason="the extra [torch] is not installed")
import torch
from torch import nn

from edgewise.prune.asymmetric import folded, norms_after
from edgewise.prune.groups import losses
from edgewise.prune.load import PLAN, load_pruned, save_pruned
from edgewise.prune.selective_layers import Selective, why_not_selective
from edgewise.prune.surgery import cut, cut_groups, masked
from edgewise.prune.torch_pruning_groups import find_groups
from tests.prune.small_networks import SIZE_PX, Chunked, Dense, Flat, Grouped, Inverted, Residual, drawn, noise

pytestmark = pytest.mark.torch
_TOLERANCE = 1e-9
_DRAWS = 3
_INPUT = (3, SIZE_PX, SIZE_PX)


@cache
def known(make: Callable[[], nn.Module]) -> tuple[nn.Module, tuple[Group, ...]]:
    """A network, which the tests leave as it is, and its groups."""
    network = drawn(make)
    return network, find_groups(network, noise(1))


def some_of(rng: np.random.Generator, channels: np.ndarray, width: int) -> Cut:
    kept = rng.permutation(channels)[: rng.integers(1, len(channels) + 1)]
    return Cut(width, tuple(np.sort(kept).tolist()))


def drawn_plan(rng: np.random.Generator, network: nn.Module, groups: tuple[Group, ...], *, writes: bool) -> Plan:
    """Some groups cut, and a random set for each layer that can have one, within what the cuts leave."""
    free = [group for group in groups if group.whole is None and rng.random() < 0.5]
    kept = {group.name: list(some_of(rng, np.arange(group.channels), 0).kept) for group in free}
    lost = losses(groups, kept)
    sides: tuple[dict[str, Cut], dict[str, Cut]] = {}, {}
    for path, layer in network.named_modules():
        if isinstance(layer, nn.Conv2d | nn.Linear) and why_not_selective(layer) is None:
            for side, gone in enumerate((lost[path].inputs, lost[path].outputs) if path in lost else ([], [])):
                width = layer.weight.shape[1 - side]
                sides[side][path] = some_of(rng, np.setdiff1d(np.arange(width), gone), width)
    return Plan.of(groups, kept, input=_INPUT, reads=sides[0], writes=sides[1] if writes else None)


def answer(network: nn.Module, image: torch.Tensor) -> torch.Tensor:
    with torch.inference_mode():
        return network(image)


@pytest.mark.parametrize("writes", [False, True])
@pytest.mark.parametrize("make", [Residual, Dense, Inverted, Grouped, Chunked, Flat])
def test_answers_as_its_twin(make: Callable[[], nn.Module], writes: bool) -> None:
    (network, groups), image, rng = known(make), noise(), np.random.default_rng(int(writes))
    whole = answer(network, image)
    for _ in range(_DRAWS):
        plan = drawn_plan(rng, network, groups, writes=writes)
        small, expected = cut(network, plan, image), answer(masked(network, plan, image), image)
        torch.testing.assert_close(answer(small, image), expected, rtol=_TOLERANCE, atol=_TOLERANCE)
        assert (expected - whole).abs().max() > 1e-6 * whole.abs().max()  # the cut is felt
        assert sum(p.numel() for p in small.parameters()) < sum(p.numel() for p in network.parameters())
    assert torch.equal(answer(network, image), whole)


def test_readers_of_one_residual_stream_keep_sets_of_their_own() -> None:
    network, groups = known(Residual)
    plan = Plan.of(
        groups, {}, input=_INPUT, reads={"one": Cut(8, (0, 7)), "project": Cut(8, (1, 2, 3)), "three": Cut(8, (5,))}
    )
    small = cut(network, plan, noise())
    assert torch.equal(small.get_submodule("one").weight, network.get_submodule("one").weight[:, [0, 7]])
    assert small.get_submodule("project").in_channels == 3
    assert small.get_submodule("stem").out_channels == 8  # the stream is whole


def test_writers_of_one_residual_stream_keep_sets_of_their_own() -> None:
    network, groups = known(Residual)
    plan = Plan.of(groups, {}, input=_INPUT, writes={"two": Cut(8, (0, 7)), "three": Cut(10, (4, 5, 6))})
    small = cut(network, plan, noise())
    assert small.get_submodule("two").out_channels == small.get_submodule("bn_two").num_features == 2
    assert small.get_submodule("three").out_channels == 3
    assert isinstance(small.get_submodule("bn_two"), Selective)  # zeros are filled in behind the norm
    assert not isinstance(small.get_submodule("two"), Selective)


def test_norms_that_one_writer_goes_into() -> None:
    assert norms_after(known(Residual)[0], noise()) == {"stem": "bn", "one": "bn_one", "two": "bn_two"}
    assert norms_after(known(Dense)[0], noise()) == {}  # a sum of branches is normed there


class TestFolded:
    def test_what_one_layer_alone_reads_is_cut(self) -> None:
        network, groups = known(Residual)
        plan = Plan.of(groups, {}, input=_INPUT, reads={"two": Cut(6, (0, 4, 5)), "one": Cut(8, (1, 2))})
        fewer = folded(plan, groups)
        assert fewer.cuts == {"one": Cut(6, (0, 4, 5))}
        assert fewer.reads == {"one": Cut(8, (1, 2))}  # the sum reads the stream too
        expected = answer(cut(network, plan, noise()), noise())
        torch.testing.assert_close(answer(cut(network, fewer, noise()), noise()), expected, rtol=1e-9, atol=1e-9)

    def test_what_no_reader_of_many_keeps_is_cut(self) -> None:
        groups = known(Residual)[1]
        sets = {"one": Cut(8, (0, 1, 2)), "project": Cut(8, (2, 3)), "three": Cut(8, (0, 1, 2, 3, 4))}
        fewer = folded(Plan.of(groups, {}, input=_INPUT, reads=sets), groups)
        assert fewer.cuts == {"stem": Cut(8, (0, 1, 2, 3, 4))}
        assert list(fewer.reads) == ["one", "project"]  # the third reads all that is left

    def test_in_steps(self) -> None:
        groups = known(Residual)[1]
        plan = Plan.of(groups, {}, input=_INPUT, reads={"two": Cut(6, (0, 4, 5))})
        fewer = folded(plan, groups, step=2)
        assert len(fewer.cuts["one"].kept) == 4
        assert {0, 4, 5} < {*fewer.cuts["one"].kept}
        assert fewer.reads == plan.reads

    @pytest.mark.parametrize("writes", [False, True])
    @pytest.mark.parametrize("make", [Residual, Dense, Inverted, Grouped, Chunked, Flat])
    def test_it_answers_the_same(self, make: Callable[[], nn.Module], writes: bool) -> None:
        (network, groups), rng, image = known(make), np.random.default_rng(4), noise()
        for _ in range(_DRAWS):
            plan = drawn_plan(rng, network, groups, writes=writes)
            fewer, before = folded(plan, groups), cut(network, plan, image)
            after = cut(network, fewer, image)
            torch.testing.assert_close(answer(after, image), answer(before, image), rtol=_TOLERANCE, atol=_TOLERANCE)
            counts = [sum(p.numel() for p in one.parameters()) for one in (after, before)]
            assert counts[0] <= counts[1]


class TestRefuses:
    @pytest.mark.parametrize(
        ("make", "sides", "error", "message"),
        [
            (Residual, {"reads": {"four": Cut(8, (0,))}}, UsageError, "no layer 'four'"),
            (Residual, {"reads": {"one": Cut(9, (0,))}}, UsageError, "one reads 8 channels; the plan was made for 9"),
            (Residual, {"writes": {"one": Cut(5, (0,))}}, UsageError, "one writes 6 channels"),
            (Grouped, {"reads": {"grouped": Cut(12, (0,))}}, ModelError, "grouped cannot keep .* grouped convolution"),
            (Residual, {"reads": {"bn": Cut(8, (0,))}}, ModelError, "bn cannot keep .* BatchNorm2d"),
        ],
    )
    @pytest.mark.parametrize("carry_out", [cut, masked])
    def test_layers_that_do_not_fit(
        self, carry_out: Any, make: Any, sides: Any, error: type[EdgewiseError], message: str
    ) -> None:
        network, groups = known(make)
        with pytest.raises(error, match=message):
            carry_out(network, Plan.of(groups, {}, input=_INPUT, **sides), noise())

    def test_a_channel_that_the_plan_removes(self) -> None:
        network, groups = known(Residual)
        plan = Plan.of(groups, {"one": [1, 2]}, input=_INPUT, reads={"two": Cut(6, (0, 1))})
        with pytest.raises(UsageError, match="two reads channel 0, which the plan removes"):
            cut(network, plan, noise())


def test_comes_back_from_disk(tmp_path: Path) -> None:
    network, groups = known(Residual)
    plan = drawn_plan(np.random.default_rng(2), network, groups, writes=True)
    small = cut(network, plan, noise())
    with torch.no_grad():
        small.get_submodule("head").weight.mul_(2)  # as recovery would
    save_pruned(tmp_path, plan, small)
    assert Plan.read(tmp_path / PLAN) == plan
    loaded = load_pruned(tmp_path, drawn(Residual, seed=9))
    assert torch.equal(answer(loaded, noise()), answer(small, noise()))
    symmetric = Plan.of(groups, plan.kept or {"one": [0]}, input=_INPUT)
    save_pruned(tmp_path, symmetric, small)
    with pytest.raises(StoreError, match="by the plan it is"):
        load_pruned(tmp_path, drawn(Residual, seed=9))


@pytest.mark.slow  # exports two networks
@pytest.mark.parametrize("make", [Residual, Dense])
def test_its_onnx_file_answers_the_same(make: Callable[[], nn.Module], tmp_path: Path) -> None:
    import onnx

    from edgewise.runtime.onnx import OnnxSession
    from edgewise.zoo.export import to_onnx

    network, groups = known(make)
    plan = drawn_plan(np.random.default_rng(3), network, groups, writes=True)
    small, image = cut(network, plan, noise()).float(), noise().float()
    path = tmp_path / "small.onnx"
    path.write_bytes(to_onnx(small, SIZE_PX, "the network"))
    assert {"Gather"} <= {node.op_type for node in onnx.load(path).graph.node}
    np.testing.assert_allclose(OnnxSession(path).run(image.numpy()), answer(small, image).numpy(), rtol=1e-4, atol=1e-5)


@pytest.mark.slow  # exports a network
def test_one_gather_serves_two_layers_that_read_the_same(tmp_path: Path) -> None:
    import onnx

    from edgewise.zoo.export import to_onnx

    network, groups = known(Residual)
    same = Cut(8, (0, 3, 5))
    small = cut(network, Plan.of(groups, {}, input=_INPUT, reads={"project": same, "three": same}), noise()).float()
    path = tmp_path / "small.onnx"
    path.write_bytes(to_onnx(small, SIZE_PX, "the network"))
    assert [node.op_type for node in onnx.load(path).graph.node].count("Gather") == 1


def test_the_original_width_is_what_a_plan_counts() -> None:
    """A plan's sets name the original's channels, whatever its groups remove before them."""
    network, groups = known(Residual)
    plan = Plan.of(groups, {"one": [1, 4, 5]}, input=_INPUT, reads={"two": Cut(6, (4, 5))})
    small = cut(network, plan, noise())
    assert torch.equal(small.get_submodule("two").weight, network.get_submodule("two").weight[:, [4, 5]])
    assert cut_groups(network, groups, plan.kept).get_submodule("two").in_channels == 3
