"""Distilling the tail of a small network: nearer to the generic one, or left as it was."""

import copy
from dataclasses import replace

import pytest

torch = pytest.importorskip("torch")

from torch import nn  # noqa: E402

from edgewise.errors import UsageError  # noqa: E402
from edgewise.prune.activation_cache import ActivationCache  # noqa: E402
from edgewise.prune.distill import Distillation, Distilled, distil, own_and_others  # noqa: E402
from edgewise.prune.step_macs import step_macs  # noqa: E402
from edgewise.prune.tail import Tail, open_at  # noqa: E402

pytestmark = pytest.mark.torch

CLASSES = (4, 0, 2)
QUICK = Distillation(steps=60, batch=16, learning_rate=3e-3, averaging=0.8, check_every=10)


class Network(nn.Module):
    """A stem, a block with batch norm, a head of seven classes."""

    def __init__(self) -> None:
        super().__init__()
        self.stem, self.norm = nn.Conv2d(3, 12, 3, stride=2, padding=1), nn.BatchNorm2d(12)
        self.wide, self.last = nn.Conv2d(12, 16, 3, padding=1), nn.BatchNorm2d(16)
        self.head = nn.Linear(16, 7)

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        maps = torch.relu(self.norm(self.stem(images)))
        return self.head(torch.relu(self.last(self.wide(maps))).mean((2, 3)))


def _images(count: int, seed: int) -> torch.Tensor:
    return torch.randn(count, 3, 8, 8, generator=torch.Generator().manual_seed(seed))


@pytest.fixture(scope="module")
def generic() -> nn.Module:
    torch.manual_seed(0)
    network = Network()
    for _ in range(5):  # the statistics of batch norm
        network(torch.randn(32, 3, 8, 8))
    network.head.weight.data.mul_(8)
    return network.eval()


def _student(generic: nn.Module) -> nn.Module:
    """The generic network with some of its tail's weights taken away."""
    student = copy.deepcopy(generic)
    with torch.no_grad():
        student.wide.weight[:, ::3] = 0  # type: ignore[union-attr,index]
    return student


def _cache(generic: nn.Module, count: int = 96, seed: int = 1, *, features: bool = True) -> ActivationCache:
    images, cache = _images(count, seed), ActivationCache(10.0, "int8")
    served = open_at(generic, images[:1], "wide").serve(images)
    cache.add(served.activations, served.logits, served.features if features else None)
    return cache


def _open(network: nn.Module) -> Tail:
    return open_at(network, _images(1, 0), "wide")


def _distilled(generic: nn.Module, settings: Distillation = QUICK) -> tuple[nn.Module, Distilled]:
    student = _student(generic)
    return student, distil(_open(student), _cache(generic), CLASSES, settings)


def _divergence(generic: nn.Module, student: nn.Module, images: torch.Tensor) -> float:
    with torch.no_grad():
        wanted, given = (own_and_others(one(images), CLASSES).log_softmax(1) for one in (generic, student))
    return float((wanted.exp() * (wanted - given)).sum(1).mean())


def test_the_student_comes_nearer_on_fresh_images(generic) -> None:
    before = _divergence(generic, _student(generic), _images(300, 9))
    student, found = _distilled(generic)
    assert _divergence(generic, student, _images(300, 9)) < 0.5 * before
    assert found.after.divergence < 0.5 * found.before.divergence
    assert found.after.missed < found.before.missed  # type: ignore[operator]
    assert found.after.step > 0
    assert (found.rows, found.held_out) == (72, 24)


@pytest.mark.parametrize("settings", [replace(QUICK, optimiser="sgd", learning_rate=1e-3), replace(QUICK, mimicry=0.0)])
def test_other_ways_to_train(generic, settings: Distillation) -> None:
    before = _divergence(generic, _student(generic), _images(300, 9))
    student, found = _distilled(generic, settings)
    assert _divergence(generic, student, _images(300, 9)) < 0.7 * before
    assert (found.after.missed is None) == (settings.mimicry == 0)


def test_what_is_told_of_the_best_is_what_the_network_now_does(generic) -> None:
    student = _student(generic)
    held = _cache(generic, 40, seed=5)
    found = distil(_open(student), _cache(generic), CLASSES, QUICK, held_out=held)
    again = distil(_open(student), _cache(generic), CLASSES, replace(QUICK, steps=1), held_out=held)
    assert again.before == replace(found.after, step=0)
    assert (found.rows, found.held_out) == (96, 40)


def test_only_the_tail_is_trained_and_batch_norm_stays_frozen(generic) -> None:
    student, _ = _distilled(generic)
    first = _student(generic).state_dict()
    changed = {name for name, value in student.state_dict().items() if not torch.equal(value, first[name])}
    assert changed == {"wide.weight", "wide.bias", "last.weight", "last.bias", "head.weight", "head.bias"}
    assert not any(module.training for module in student.modules())
    assert all(weight.grad is None and weight.requires_grad for weight in student.parameters())


def test_only_what_is_retrained_changes(generic) -> None:
    student = _student(generic)
    distil(_open(student), _cache(generic), CLASSES, QUICK, retrained=["head"])
    first = _student(generic).state_dict()
    changed = {name for name, value in student.state_dict().items() if not torch.equal(value, first[name])}
    assert changed == {"head.weight", "head.bias"}


@pytest.mark.parametrize("rate", [30.0, 1e30])
def test_where_no_step_helps_the_network_stays_bit_equal(generic, rate: float) -> None:
    student, found = _distilled(generic, replace(QUICK, learning_rate=rate))
    first = _student(generic).state_dict()
    assert all(torch.equal(value, first[name]) for name, value in student.state_dict().items())
    assert found.after == found.before
    assert found.steps == 30  # three checks without a better one
    assert [check.step for check in found.checks] == [0, 10, 20, 30]


def test_an_interruption_leaves_the_best_so_far(generic) -> None:
    student = _student(generic)

    def interrupt(_what: str, done: int, _total: int) -> None:
        if done == 5:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        distil(_open(student), _cache(generic), CLASSES, QUICK, progress=interrupt)
    first = _student(generic).state_dict()
    assert all(torch.equal(value, first[name]) for name, value in student.state_dict().items())
    assert all(weight.grad is None for weight in student.parameters())


def test_the_same_seed_gives_the_same_weights(generic) -> None:
    (one, _), (two, _), (other, _) = (_distilled(generic, replace(QUICK, seed=seed)) for seed in (3, 3, 4))
    assert torch.equal(one.head.weight, two.head.weight)  # type: ignore[arg-type]
    assert not torch.equal(one.head.weight, other.head.weight)  # type: ignore[arg-type]


def test_a_user_network_is_held_to_the_same_outputs_as_a_generic_one(generic) -> None:
    class Restricted(nn.Module):
        def __init__(self, network: nn.Module) -> None:
            super().__init__()
            self.network = network

        def forward(self, images: torch.Tensor) -> torch.Tensor:
            logits = self.network(images)
            others = torch.logsumexp(logits[:, [1, 3, 5, 6]], 1, keepdim=True)
            return torch.cat([logits[:, list(CLASSES)], others], 1)

    user = Restricted(_student(generic)).eval()
    found = distil(open_at(user, _images(1, 0), "network.wide"), _cache(generic), CLASSES, QUICK)
    _, plain = _distilled(generic)
    assert found.before.divergence == pytest.approx(plain.before.divergence, rel=1e-5)
    assert found.after.divergence == pytest.approx(plain.after.divergence, rel=0.05)


def test_costs_are_counted(generic) -> None:
    student, cache = _student(generic), _cache(generic)
    tail, told = _open(student), []
    found = distil(tail, cache, CLASSES, QUICK, progress=lambda *seen: told.append(seen))
    macs = step_macs(tail, cache.batch([0]))
    assert found.macs == found.steps * 16 * macs.total + len(found.checks) * 24 * macs.forward
    assert found.cached_bytes == cache.nbytes
    assert found.seconds > 0
    assert told[0] == ("distilling", 1, 60)
    assert told[-1] == ("distilling", 60, 60)


def test_the_other_classes_are_summed_up() -> None:
    logits = torch.randn(5, 7, generator=torch.Generator().manual_seed(0)).double()
    folded = own_and_others(logits, CLASSES).softmax(1)
    whole = logits.softmax(1)
    torch.testing.assert_close(folded[:, :3], whole[:, list(CLASSES)])
    torch.testing.assert_close(folded[:, 3], whole[:, [1, 3, 5, 6]].sum(1))


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"steps": 0}, "steps is 0"),
        ({"held_out": 1.0}, "held_out is 1"),
        ({"averaging": 0.0}, "averaging is 0"),
        ({"learning_rate": 0.0}, "learning rate"),
        ({"optimiser": "adam"}, "optimiser 'adam'"),
    ],
)
def test_settings_that_cannot_work(generic, change, said: str) -> None:
    with pytest.raises(UsageError, match=said):
        distil(_open(_student(generic)), _cache(generic), CLASSES, replace(QUICK, **change))


def test_caches_that_cannot_work(generic) -> None:
    tail = _open(_student(generic))
    with pytest.raises(UsageError, match="holds 3 rows"):
        distil(tail, _cache(generic, 3), CLASSES, QUICK)
    with pytest.raises(UsageError, match="at least 4 and 1"):
        distil(tail, _cache(generic), CLASSES, QUICK, held_out=ActivationCache(1.0))
    with pytest.raises(UsageError, match="no features"):
        distil(tail, _cache(generic, features=False), CLASSES, QUICK)
    with pytest.raises(UsageError, match="Class 7 is none"):
        distil(tail, _cache(generic), (0, 7), QUICK)
    narrow = copy.deepcopy(generic)
    narrow.set_submodule("head", nn.Linear(16, 5).eval())
    with pytest.raises(UsageError, match="5 outputs; expected 4"):
        distil(_open(narrow), _cache(generic), CLASSES, QUICK)
