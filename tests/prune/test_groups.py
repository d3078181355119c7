"""Groups are those that a brute-force search finds, and what cannot be followed stays whole and says why."""

import copy
import sys
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from edgewise.errors import MissingExtra, ModelError
from edgewise.prune.groups import Group, Member, losses

pytest.importorskip("torch", reason="the extra [torch] is not installed")
pytest.importorskip("torch_pruning", reason="the extra [torch] is not installed")
import torch
from torch import nn
from torch.nn import functional

from edgewise.prune.torch_pruning_groups import find_groups
from tests.prune.brute_force import Channel, coupled
from tests.prune.small_networks import (
    CLASSES,
    NETWORKS,
    Chunked,
    Dense,
    Flat,
    Ghost,
    Grouped,
    Inverted,
    Residual,
    drawn,
    noise,
)

pytestmark = pytest.mark.torch
_UNSEEN = (Chunked,)  # that chunks must stay equal shows in no difference of one channel


def of(network: nn.Module) -> dict[str, Group]:
    return {group.name: group for group in find_groups(network, noise())}


def sides(group: Group) -> set[tuple[str, str]]:
    return {(member.path, member.side) for member in group.members}


@pytest.mark.parametrize("make", [make for make in NETWORKS if make not in _UNSEEN])
def test_equal_what_zeroing_single_channels_shows(make: Callable[[], nn.Module]) -> None:
    network = drawn(make)
    expected = coupled(network, noise(8))
    dense = {path for units in expected for path, _, _ in units}
    found: set[frozenset[Channel]] = set()
    for group in find_groups(network, noise()):
        for channel in range(group.channels):
            found.add(
                frozenset(
                    (member.path, "out" if member.side == "writes" else "in", int(number))
                    for member in group.members
                    if member.path in dense
                    for number in member.index[channel]
                )
            )
    assert found == expected


class TestKinds:
    def test_a_residual_sum(self) -> None:
        found = of(drawn(Residual))
        assert list(found) == ["stem", "one", "project", "head"]
        assert sides(found["stem"]) == {
            ("stem", "writes"),
            ("bn", "passes"),
            ("one", "reads"),
            ("two", "writes"),
            ("bn_two", "passes"),
            ("project", "reads"),
            ("three", "reads"),
        }
        assert found["stem"].layers[:2] == ("stem", "bn")
        assert found["head"].whole == "it is the network's output"

    def test_a_concatenation_shifts(self) -> None:
        found = of(drawn(Dense))
        read = {m.path: m.index[:, 0].tolist() for m in found["left"].members if m.side == "reads"}
        assert read == {"right": [4, 5, 6], "wide": [9, 10, 11]}

    def test_squeeze_and_excite_go_with_what_they_scale(self) -> None:
        found = of(drawn(Inverted))
        assert ("excite", "writes") in sides(found["expand"])
        assert ("squeeze", "reads") in sides(found["expand"])
        assert ("depthwise", "passes") in sides(found["expand"])
        assert found["squeeze"].channels == 4

    def test_the_groups_of_a_grouped_convolution_go_as_one(self) -> None:
        found = of(drawn(Grouped))
        assert (found["stem"].channels, found["stem"].writer.index.shape) == (4, (4, 3))
        widths = {member.path: member.index.shape[1] for member in found["mixed"].members}
        assert widths == {"mixed": 2, "twice": 4, "multiplied": 8, "head": 8}

    def test_a_flattened_map_goes_by_runs(self) -> None:
        dense = of(drawn(Flat))["conv"].members[-1]
        assert (dense.path, dense.index.shape, dense.index[2].tolist()) == ("dense", (6, 9), list(range(18, 27)))

    def test_chunks_lose_alike(self) -> None:
        assert of(drawn(Chunked))["stem"].writer.index.tolist() == [[i, i + 6] for i in range(6)]

    def test_a_sum_with_a_concatenation_folds(self) -> None:
        assert of(drawn(Ghost))["stem"].writer.index.tolist() == [[i, i + 4] for i in range(4)]

    def test_what_a_layer_loses(self) -> None:
        members = (Member("a", "writes", np.array([[0, 2], [1, 3]])), Member("b", "passes", np.array([[4], [5]])))
        found = losses([Group("a", 2, members), Group("c", 3, members)], {"a": [0]})
        assert (found["a"].outputs.tolist(), found["b"].passing.tolist()) == ([1, 3], [5])
        assert not len(found["a"].inputs)


class Body(nn.Module):
    """A stem of eight channels, what `between` makes of them, a convolution and a head."""

    def __init__(self, between: Callable[[Any], Any] | nn.Module, width: int = 8) -> None:
        super().__init__()
        self.stem, self.last, self.head = nn.Conv2d(3, 8, 3), nn.Conv2d(width, 6, 3), nn.Linear(6, CLASSES)
        self.between = between

    def forward(self, image: Any) -> Any:
        return self.head(functional.relu(self.last(self.between(self.stem(image)))).mean((2, 3)))


class Scale(nn.Module):
    """A parameter of its own, outside any layer."""

    def __init__(self) -> None:
        super().__init__()
        self.gamma = nn.Parameter(torch.ones(8, 1, 1))

    def forward(self, maps: Any) -> Any:
        return maps * self.gamma


class Attention(nn.Module):
    """Weights for places, from the mean over the channels."""

    def __init__(self) -> None:
        super().__init__()
        self.place = nn.Conv2d(1, 1, 3, padding=1)

    def forward(self, maps: Any) -> Any:
        return maps * self.place(maps.mean(1, keepdim=True)).sigmoid()


class Flipped(nn.Module):
    """The channels from the last to the first."""

    def forward(self, maps: Any) -> Any:
        return maps.flip(1)


def shuffle(maps: Any) -> Any:
    images, channels, height, width = maps.shape
    return maps.view(images, 2, channels // 2, height, width).transpose(1, 2).reshape(maps.shape)


class TestWhole:
    @pytest.mark.parametrize(
        ("between", "reason"),
        [
            (nn.GroupNorm(2, 8), "between (GroupNorm) normalises over its channels"),
            (nn.Sequential(nn.ReLU(), nn.GroupNorm(1, 8)), "between.1 (GroupNorm) normalises over its channels"),
            (Scale(), "the parameter between.gamma meets it outside a layer"),
            (Attention(), "cannot be followed to between.place; it meets mean in between"),
            (nn.PixelShuffle(2), "cannot be followed to last; it meets pixel_shuffle in between"),
            (
                nn.Sigmoid(),
                "makes zeros something else: last does not read zero where they are silenced; it meets sigmoid",
            ),
            (nn.Softmax(1), "last does not read zero where they are silenced; it meets softmax in between"),
            (nn.Sequential(nn.ReLU(), nn.ChannelShuffle(2)), "it meets channel_shuffle in between.1"),
            (shuffle, "it meets view in the network itself, transpose in the network itself, reshape"),
            (lambda maps: torch.cat([maps[:, 4:], maps[:, :4]], 1), "last or what follows it fails: Given"),
            (lambda maps: torch.cat(maps.split([4, 4], 1)[::-1], 1), "fails: split_with_sizes expects"),
            (Flipped(), "last does not read zero where they are silenced; it meets flip in between"),
            (
                lambda maps: functional.local_response_norm(maps, 3),
                "the cut network answers otherwise; it meets local_",
            ),
            (nn.utils.parametrizations.weight_norm(nn.Conv2d(8, 8, 1)), "are computed from others"),
        ],
    )
    def test_stays_what_cannot_be_followed(self, between: Any, reason: str) -> None:
        width = 2 if isinstance(between, nn.PixelShuffle) else 8
        found = of(drawn(lambda: Body(copy.deepcopy(between), width)))
        assert reason in (found["stem"].whole or "")
        assert found["last"].whole is None

    def test_one_channel(self) -> None:
        found = of(drawn(lambda: Body(nn.Sequential(nn.Conv2d(8, 1, 1), nn.ReLU(), nn.Conv2d(1, 8, 1)))))
        assert found["between.0"].whole == "it has one channel"

    def test_what_nothing_reads(self) -> None:
        found = find_groups(drawn(lambda: Body(lambda maps: maps[:, :4], width=4)), noise())
        assert [(group.name, group.whole) for group in found if group.channels == 4][1] == (
            "stem#2",
            "no layer reads it",
        )

    def test_norms_that_start_at_zero_hide_nothing(self) -> None:
        network = drawn(lambda: Body(nn.Sequential(nn.BatchNorm2d(8), Flipped())))
        with torch.no_grad():
            for weight in network.get_submodule("between.0").parameters():
                weight.zero_()
        assert "last does not read zero" in (of(network)["stem"].whole or "")


class Twice(nn.Module):
    """One convolution at two places."""

    def __init__(self) -> None:
        super().__init__()
        self.stem, self.same, self.head = nn.Conv2d(3, 4, 1), nn.Conv2d(4, 4, 1), nn.Linear(4, CLASSES)

    def forward(self, image: Any) -> Any:
        return self.head(self.same(self.same(self.stem(image))).mean((2, 3)))


class TwoHeads(Residual):
    def forward(self, image: Any) -> Any:
        scores = super().forward(image)
        return scores, scores


class Maps(nn.Sequential):
    def __init__(self) -> None:
        super().__init__(nn.Conv2d(3, 4, 1), nn.ReLU())


def tied() -> nn.Module:
    network = Residual()
    network.three.weight = nn.Parameter(network.three.weight[:, :, :1, :1].detach().clone())
    network.three.padding = (0, 0)
    network.three.kernel_size = (1, 1)
    network.project.weight = network.three.weight
    return network


class TestRefused:
    @pytest.mark.parametrize(
        ("make", "message"),
        [
            (lambda: nn.Sequential(nn.Flatten(), nn.Linear(3 * 144, CLASSES)), "has no convolution"),
            (TwoHeads, "gives tuple; expected one tensor"),
            (Maps, r"gives \[2, 4, 12, 12\]; expected one tensor"),
            (Twice, "same runs more than once"),
            (tied, "project.weight and three.weight are one and the same weights"),
        ],
    )
    def test_with_one_clear_error(self, make: Callable[[], nn.Module], message: str) -> None:
        with pytest.raises(ModelError, match=message):
            find_groups(make().double(), noise())

    def test_weights_that_are_no_numbers(self) -> None:
        network = drawn(Residual)
        with torch.no_grad():
            network.get_submodule("two").weight[1, 2] = float("nan")
        with pytest.raises(ModelError, match=r"two\.weight holds numbers that are not finite"):
            find_groups(network, noise())

    def test_half_precision(self) -> None:
        with pytest.raises(ModelError, match=r"is torch\.float16; expected float32 or float64"):
            find_groups(drawn(Residual).half(), noise().half())

    @pytest.mark.parametrize("image", [torch.zeros(3, 12, 12), "image"])
    def test_an_image_that_is_none(self, image: Any) -> None:
        with pytest.raises(ModelError, match="expected a tensor"):
            find_groups(drawn(Residual), image)

    def test_an_image_that_does_not_fit(self) -> None:
        with pytest.raises(ModelError, match=r"failed on an input of shape \[1, 4, 12, 12\]"):
            find_groups(drawn(Residual), torch.zeros(1, 4, 12, 12, dtype=torch.float64))

    def test_what_is_no_module(self) -> None:
        with pytest.raises(ModelError, match="A function cannot be pruned"):
            find_groups(lambda image: image, noise())  # type: ignore[arg-type]

    def test_a_network_without_gradients(self) -> None:
        class Frozen(Residual):
            @torch.no_grad()
            def forward(self, image: Any) -> Any:
                return super().forward(image)

        with pytest.raises(ModelError, match="Torch-Pruning cannot follow the network"):
            find_groups(drawn(Frozen), noise())


def test_the_network_is_left_as_it_was() -> None:
    network = drawn(Inverted).train()
    network.get_submodule("stem").weight.requires_grad_(False)
    modes = {path: module.training for path, module in network.named_modules()}
    before = {path: tensor.clone() for path, tensor in network.state_dict().items()}
    grads = {path: weight.requires_grad for path, weight in network.named_parameters()}
    state = torch.get_rng_state()
    first, again = find_groups(network, noise()), find_groups(network, noise())
    assert [(one.name, one.channels, one.whole) for one in first] == [(o.name, o.channels, o.whole) for o in again]
    assert {path: module.training for path, module in network.named_modules()} == modes
    assert {path: weight.requires_grad for path, weight in network.named_parameters()} == grads
    assert all(torch.equal(before[path], tensor) for path, tensor in network.state_dict().items())
    assert torch.equal(torch.get_rng_state(), state)
    assert not any(module._forward_hooks or module._forward_pre_hooks for module in network.modules())
    assert all(weight.grad is None for weight in network.parameters())


def test_a_caller_that_keeps_no_gradients() -> None:
    network = drawn(Residual)
    with torch.inference_mode():
        assert [group.name for group in find_groups(network, noise())] == ["stem", "one", "project", "head"]
    with torch.no_grad():
        assert len(find_groups(network, noise())) == 4


def test_without_torch_pruning(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "torch_pruning", None)
    with pytest.raises(MissingExtra, match=r"Pruning needs the optional extra \[torch\]"):
        find_groups(drawn(Residual), noise())
