"""A small network cut and solved anew: what it gives, against what it gave."""

import copy

import pytest

torch = pytest.importorskip("torch")

from torch import nn  # noqa: E402

from edgewise.errors import UsageError  # noqa: E402
from edgewise.prune.chain import chain_of  # noqa: E402
from edgewise.prune.reconstruct import Sweep, reconstruct  # noqa: E402

pytestmark = pytest.mark.torch


class Small(nn.Module):
    """A residual block whose inner width can be cut, after a plain layer."""

    def __init__(self, inner: int = 8) -> None:
        super().__init__()
        self.stem, self.norm = nn.Conv2d(3, 8, 3, padding=1, bias=False), nn.BatchNorm2d(8)
        self.inner = nn.Conv2d(8, inner, 1)
        self.outer, self.last = nn.Conv2d(inner, 8, 3, padding=1, bias=False), nn.BatchNorm2d(8)
        self.head = nn.Linear(8, 5)

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        start = torch.relu(self.norm(self.stem(images)))
        end = torch.relu(start + self.last(self.outer(torch.relu(self.inner(start)))))
        return self.head(end.mean((2, 3)))


def _pair(kept: list[int]) -> tuple[nn.Module, nn.Module, dict[str, torch.Tensor]]:
    torch.manual_seed(0)
    generic = Small().eval()
    for norm in (generic.norm, generic.last):
        norm.running_mean.normal_(0, 0.1)
        norm.running_var.uniform_(0.5, 1.5)
    cut = Small(len(kept)).eval()
    state = copy.deepcopy(generic.state_dict())
    state["inner.weight"], state["inner.bias"] = state["inner.weight"][kept], state["inner.bias"][kept]
    state["outer.weight"] = state["outer.weight"][:, kept]
    cut.load_state_dict(state)
    return generic, cut, {"inner": torch.tensor(kept)}


def _batches(count: int, seed: int) -> list[torch.Tensor]:
    generator = torch.Generator().manual_seed(seed)
    return [torch.randn(16, 3, 8, 8, generator=generator) for _ in range(count)]


def _missed(generic: nn.Module, cut: nn.Module) -> float:
    images = torch.cat(_batches(4, seed=9))
    with torch.no_grad():
        return float((generic(images) - cut(images)).square().mean())


def test_a_cut_network_comes_nearer_to_the_generic_one_on_fresh_images() -> None:
    generic, cut, kept = _pair([0, 2, 3, 5, 7])
    before = _missed(generic, cut)
    solved = reconstruct(generic, cut, kept, _batches(12, seed=1), Sweep(ridges=(1e-4,))).layers
    assert _missed(generic, cut) < 0.4 * before
    assert [one.layer for one in solved] == ["stem", "inner", "outer", "head"]
    assert all(one.missed_after <= one.missed_before for one in solved)


def test_a_network_that_lost_nothing_stays_what_it_was() -> None:
    generic, cut, _ = _pair(list(range(8)))
    reconstruct(generic, cut, {}, _batches(8, seed=1), Sweep())
    assert _missed(generic, cut) < 1e-5


def test_a_copy_of_a_channel_is_not_missed() -> None:
    """A channel that another one equals: its weights are found in the other's."""
    generic, _, _ = _pair(list(range(8)))
    with torch.no_grad():
        generic.inner.weight[6], generic.inner.bias[6] = generic.inner.weight[1], generic.inner.bias[1]
    kept = [0, 1, 2, 3, 4, 5, 7]
    cut = Small(7).eval()
    state = copy.deepcopy(generic.state_dict())
    state["inner.weight"], state["inner.bias"] = state["inner.weight"][kept], state["inner.bias"][kept]
    state["outer.weight"] = state["outer.weight"][:, kept]
    cut.load_state_dict(state)
    before = _missed(generic, cut)
    reconstruct(generic, cut, {"inner": torch.tensor(kept)}, _batches(12, seed=1), Sweep(ridges=(1e-6,)))
    assert _missed(generic, cut) < 1e-3 * before


def test_of_several_ridges_each_layer_gets_the_one_that_serves_best_on_images_left_out() -> None:
    generic, cut, kept = _pair([0, 2, 3, 5, 7])
    drawn = copy.deepcopy(cut)
    sweeps = [Sweep(ridges=ridges) for ridges in ((1e-4,), (1e4,), (1e4, 1e-4))]
    missed = []
    for sweep in sweeps:
        solved = copy.deepcopy(drawn)
        reconstruct(generic, solved, kept, _batches(12, seed=1), sweep)
        missed.append(_missed(generic, solved))
    assert missed[2] == pytest.approx(missed[0], rel=0.05)
    assert missed[2] < 0.8 * missed[1]


def test_what_enters_the_last_segment_is_given_back() -> None:
    generic, cut, kept = _pair([0, 2, 3, 5, 7])
    batches = _batches(4, seed=1)
    entering = reconstruct(generic, cut, kept, batches).entering
    *before, _ = chain_of(cut, batches[0][:1])
    for batch, found in zip(batches, entering, strict=True):
        for segment in before:
            batch = segment(batch)
        torch.testing.assert_close(found.float(), batch, rtol=1e-2, atol=1e-2)


def test_the_generic_network_is_left_as_it_is() -> None:
    generic, cut, kept = _pair([0, 1, 2])
    before = copy.deepcopy(generic.state_dict())
    reconstruct(generic, cut, kept, _batches(4, seed=1))
    assert all((before[name] == numbers).all() for name, numbers in generic.state_dict().items())


def test_no_images_to_learn_from() -> None:
    generic, cut, kept = _pair([0, 1, 2])
    with pytest.raises(UsageError, match="No images"):
        reconstruct(generic, cut, kept, [])
