"""The base that is chosen, of small networks whose merits are known."""

import pytest

torch = pytest.importorskip("torch")

from torch import nn  # noqa: E402

from edgewise.errors import UsageError  # noqa: E402
from edgewise.images.preprocess import Preprocess  # noqa: E402
from edgewise.prune.choose import Base, Choice, choose, sizes_px  # noqa: E402
from edgewise.prune.guard import Guard  # noqa: E402
from edgewise.prune.settings import Settings  # noqa: E402
from edgewise.prune.taught import Taught  # noqa: E402
from edgewise.zoo.card import Card  # noqa: E402
from edgewise.zoo.classes import ClassSet  # noqa: E402
from tests.prune.test_make import CLASSES, LENIENT, _generic, _images  # noqa: E402

pytestmark = pytest.mark.torch

CLASS_SET = ClassSet(tuple("abcdefgh"))


class Plain(nn.Module):
    """One that answers by the mean colour, or always runs into an error."""

    def __init__(self, *, runs: bool = True) -> None:
        super().__init__()
        torch.manual_seed(3)
        self.wide, self.between, self.head = nn.Conv2d(3, 24, 1), nn.Conv2d(24, 24, 1), nn.Linear(24, 8)
        self._runs = runs

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        if not self._runs:
            raise RuntimeError("mat1 and mat2 shapes cannot be multiplied\nand more")
        return self.head(torch.relu(self.between(torch.relu(self.wide(images)))).mean((2, 3)))


def _base(name: str, network: nn.Module) -> Base:
    return Base(Card(name, f"torch:own.py:{name}", CLASS_SET, Preprocess(16, 18)), network.eval(), CLASSES)


def _choose(times: dict[str, float], bases: list[Base], settings: Settings, guard: Guard = LENIENT) -> Choice:
    """`times`: shares of uncut networks; a cut one takes as much less as it has fewer weights."""
    images = _images(80)
    with torch.no_grad():
        taught = Taught(_generic()(images).numpy(), CLASSES)
    weights = {type(base.network): (_weights(base.network), times[base.card.name]) for base in bases}

    def share(network: nn.Module, size_px: int) -> float:
        whole, took = weights[type(network)]
        return took * _weights(network) / whole

    return choose(bases, lambda _, first: images[:first], taught, settings, guard, share, generic_ms=10.0)


def _weights(network: nn.Module) -> int:
    return sum(weight.numel() for weight in network.parameters() if weight.ndim > 1)


def test_a_network_that_is_fast_enough_and_answers_alike_is_taken_whole() -> None:
    found = _choose({"fast": 0.4, "slow": 0.8}, [_base("slow", Plain()), _base("fast", _generic())], Settings(2.0))
    assert found.base.name == "fast at 16 px"
    assert not found.made.plan.cuts
    assert found.made.macs < found.made.macs_before, "classes went"
    assert [(one.name, one.chosen) for one in found.tried] == [("fast at 16 px, whole", True)]
    assert found.tried[0].ms == pytest.approx(4.0, rel=0.05)
    images = _images(6, seed=5)
    with torch.no_grad():
        own = found.made.network(images)[:, :-1]
        torch.testing.assert_close(own, _generic()(images)[:, list(CLASSES)])


def test_one_that_must_be_cut_is_held_against_one_that_need_not() -> None:
    settings = Settings(1.5, held_out=0.5)
    found = _choose({"fast": 0.5, "slow": 0.9}, [_base("slow", _generic()), _base("fast", Plain())], settings)
    assert {one.name for one in found.tried} == {"fast at 16 px, whole", "slow at 16 px, cut"}
    best = min(found.tried, key=lambda one: one.expected_drop_points)
    assert best.chosen
    assert next(one.drop_points for one in found.looked) == 0, "it is the teacher itself"
    assert all(one.ms <= 10 / 1.5 * 1.1 for one in found.tried)
    assert found.made.evidence.alpha == pytest.approx(LENIENT.alpha / 2), "two were judged"


def test_one_that_does_not_run_is_left_out_and_named() -> None:
    bases = [_base("fast", _generic()), _base("broken", Plain(runs=False))]
    found = _choose({"fast": 0.4, "broken": 0.1}, bases, Settings(2.0))
    assert found.failed == ("broken at 16 px: mat1 and mat2 shapes cannot be multiplied",)
    with pytest.raises(UsageError, match="None of 1 networks runs: broken"):
        _choose({"broken": 0.1}, bases[1:], Settings(2.0))


def test_images_that_cannot_be_read_do_not_shift_the_others() -> None:
    """The teacher itself loses nothing, however few of the first images are there."""
    images = _images(80)
    with torch.no_grad():
        taught = Taught(_generic()(images).numpy(), CLASSES)
    found = choose(
        [_base("fast", _generic())],
        lambda _, first: images[: first if first is None else first - 7],
        taught,
        Settings(2.0),
        LENIENT,
        lambda network, size_px: 0.4,
        generic_ms=1.0,
    )
    assert found.looked[0].drop_points == 0


def test_none_is_fast_enough() -> None:
    with pytest.raises(UsageError, match=r"10% of the generic network's time .* takes 90%"):
        _choose({"slow": 0.9}, [_base("slow", _generic())], Settings(10.0))


def test_none_is_let_in() -> None:
    strict = Guard(max_drop_points=0.5)
    found = _choose({"fast": 0.4}, [_base("fast", Plain())], Settings(2.0), strict)
    assert not found.made.evidence.accepted
    assert not found.tried[0].accepted


@pytest.mark.parametrize(
    ("own", "tried"),
    [(224, (224, 192, 160, 128)), (299, (299, 256, 224, 160)), (32, (32,)), (64, (64, 32)), (20, (20,))],
)
def test_input_sizes(own: int, tried: tuple[int, ...]) -> None:
    assert sizes_px(own) == tried
