"""From a generic network and images to a user's network, its ONNX file and its evidence."""

import copy
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

torch = pytest.importorskip("torch")

from torch import nn  # noqa: E402

from edgewise.errors import GuardRefused, StoreError, UsageError  # noqa: E402
from edgewise.prune.distill import Distillation  # noqa: E402
from edgewise.prune.guard import Guard  # noqa: E402
from edgewise.prune.load import load_pruned  # noqa: E402
from edgewise.prune.make import UserNetwork, make_user_network, make_user_networks  # noqa: E402
from edgewise.prune.plan import Plan  # noqa: E402
from edgewise.prune.seen_classes import seen_classes  # noqa: E402
from edgewise.prune.settings import Settings  # noqa: E402
from edgewise.prune.surgery import cut  # noqa: E402
from edgewise.prune.taught import Taught  # noqa: E402
from edgewise.prune.walk import Stride  # noqa: E402
from edgewise.store import write_json  # noqa: E402

pytestmark = pytest.mark.torch

CLASSES = (6, 1, 3)
LENIENT = Guard(max_drop_points=60, when_undecided="estimate")


class Generic(nn.Module):
    """A residual block between two plain layers; eight classes."""

    def __init__(self) -> None:
        super().__init__()
        self.stem, self.norm = nn.Conv2d(3, 16, 3, stride=2, padding=1, bias=False), nn.BatchNorm2d(16)
        self.inner, self.between = nn.Conv2d(16, 32, 1, bias=False), nn.BatchNorm2d(32)
        self.outer, self.last = nn.Conv2d(32, 16, 3, padding=1, bias=False), nn.BatchNorm2d(16)
        self.wide = nn.Conv2d(16, 32, 3, stride=2, padding=1)
        self.head = nn.Linear(32, 8)

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        start = torch.relu(self.norm(self.stem(images)))
        block = self.last(self.outer(torch.relu(self.between(self.inner(start)))))
        return self.head(torch.relu(self.wide(torch.relu(start + block))).mean((2, 3)))


def _generic() -> nn.Module:
    torch.manual_seed(0)
    network = Generic()
    for _ in range(20):  # the statistics of batch norm
        network(torch.randn(32, 3, 16, 16))
    return network.eval()


def _images(count: int = 120, seed: int = 1) -> torch.Tensor:
    return torch.randn(count, 3, 16, 16, generator=torch.Generator().manual_seed(seed))


@pytest.fixture(scope="module")
def made() -> tuple[nn.Module, UserNetwork]:
    generic = _generic()
    return generic, make_user_network(generic, _images(), CLASSES, Settings(1.5), LENIENT, source="torch:own.py:net")


def test_the_network_is_smaller_and_answers_for_the_user(made: tuple[nn.Module, UserNetwork]) -> None:
    generic, user = made
    assert user.macs < 0.75 * user.macs_before
    assert sum(w.numel() for w in user.network.parameters()) < sum(w.numel() for w in generic.parameters())
    fresh = _images(200, seed=9)
    with torch.no_grad():
        wanted, given = generic(fresh), user.network(fresh)
    assert given.shape == (200, 4)
    agreed = (wanted[:, list(CLASSES)].argmax(1) == given[:, :3].argmax(1)).float().mean()
    assert agreed > 0.65, "by chance a third; how much is cut, and where, goes by measured times"


def test_the_last_output_stands_for_all_other_classes(made: tuple[nn.Module, UserNetwork]) -> None:
    generic, user = made
    fresh = _images(200, seed=9)
    others = [index for index in range(8) if index not in CLASSES]
    with torch.no_grad():
        wanted = generic(fresh)[:, others].logsumexp(1)
        given = user.network(fresh)[:, 3]
    assert np.corrcoef(wanted.numpy(), given.numpy())[0, 1] > 0.7


def test_the_guard_saw_images_that_the_network_was_not_made_from(made: tuple[nn.Module, UserNetwork]) -> None:
    _, user = made
    assert user.images == 60
    assert user.evidence.inputs == 60
    assert user.evidence.posterior.classes == CLASSES


def test_the_generic_network_is_left_as_it_is() -> None:
    generic = _generic()
    before = copy.deepcopy(generic.state_dict())
    user = make_user_network(generic, _images(40), CLASSES, Settings(1.3), LENIENT)
    assert all((before[name] == numbers).all() for name, numbers in generic.state_dict().items())
    assert generic.head.out_features == 8
    assert user.network.head.out_features == 4


def test_classes_that_nobody_names_are_those_that_the_images_show() -> None:
    generic, images = _generic(), _images(60)
    user = make_user_network(generic, images, None, Settings(1.3), LENIENT)
    with torch.no_grad():
        logits = generic(images[:30]).numpy()  # the others are the guard's
    assert user.classes == seen_classes(logits)
    assert user.network.head.out_features == len(user.classes) + 1


def test_every_step_is_timed_and_reported() -> None:
    steps: list[str] = []
    user = make_user_network(
        _generic(), _images(40), CLASSES, Settings(1.3), LENIENT, progress=lambda what, done, total: steps.append(what)
    )
    assert {"ranking channels", "solving layers"} <= set(steps)
    assert {"finding groups", "ranking channels", "solving layers", "asking the guard"} <= {
        one.step for one in user.cost.steps
    }
    assert all(one.seconds >= 0 for one in user.cost.steps)


@pytest.mark.parametrize("criterion", ["l1", "random"])
def test_other_criteria_make_one_too(criterion: str) -> None:
    settings = Settings(1.5, criterion=criterion, where="uniform")
    user = make_user_network(_generic(), _images(40), CLASSES, settings, LENIENT)
    assert user.macs < user.macs_before


def test_a_network_that_loses_too_much_is_refused() -> None:
    user = make_user_network(_generic(), _images(40), CLASSES, Settings(1.6), Guard(max_drop_points=0.1))
    assert not user.evidence.accepted
    with pytest.raises(GuardRefused, match="expected drop"):
        user.evidence.require()


@pytest.mark.parametrize(
    ("classes", "settings", "images", "says"),
    [
        ((1,), {}, 40, "at least 2"),
        ((1, 1), {}, 40, "named 2 times"),
        ((1, 99), {}, 40, "99"),
        (CLASSES, {"target_speedup": 0.9}, 40, "0.9x"),
        (CLASSES, {"target_speedup": 50.0}, 40, "cannot be met"),
        (CLASSES, {"held_out": 1.0}, 40, "held_out"),
        (CLASSES, {}, 3, "3 images"),
        (CLASSES, {"criterion": "luck"}, 40, "luck"),
        (CLASSES, {"where": "nowhere"}, 40, "nowhere"),
        (CLASSES, {"recovery": ("solve", "prayer")}, 40, "prayer"),
    ],
)
def test_what_cannot_work(classes: tuple[int, ...], settings: dict[str, Any], images: int, says: str) -> None:
    with pytest.raises(UsageError, match=says):
        make_user_network(_generic(), _images(images), classes, Settings(**settings), LENIENT)


@pytest.mark.parametrize("where", ["global", "uniform", "bottom-up", "top-down"])
def test_other_ways_to_allocate_make_one_too(where: Any) -> None:
    stride = Stride(max_drop_points=60)
    user = make_user_network(_generic(), _images(60), CLASSES, Settings(1.5, where=where, stride=stride), LENIENT)
    assert user.macs < user.macs_before
    assert bool(user.walked) == (where in ("bottom-up", "top-down"))


def test_every_recovery_is_carried_out_and_told() -> None:
    settings = Settings(1.3, recovery=("distil", "solve", "renormalise"), distillation=Distillation(steps=10))
    user = make_user_network(_generic(), _images(60), CLASSES, settings, LENIENT)
    names = [step.step for step in user.cost.steps]
    order = ["re-estimating norms", "solving layers", "restricting the head", "distilling"]
    assert [name for name in names if name in order] == order
    assert user.recovered.distilled is not None
    assert user.recovered.distilled.after.divergence <= user.recovered.distilled.before.divergence
    assert user.cost.kept_bytes["activations to distil"] > 0


def test_without_recovery_the_weights_are_those_of_the_plan() -> None:
    generic = _generic()
    user = make_user_network(generic, _images(40), CLASSES, Settings(1.3, recovery=()), LENIENT)
    plain = cut(generic, user.plan, _images(1))
    assert user.recovered.solved == ()
    assert (user.network.inner.weight == plain.inner.weight).all()
    assert (user.network.outer.weight == plain.outer.weight).all()


def test_the_target_is_met_as_it_is_measured() -> None:
    """A clock by which a network takes as long as it has weights, which is not what layers take on PyTorch."""
    generic = _generic()

    def share(network: nn.Module) -> float:
        return sum(w.numel() for w in network.parameters()) / sum(w.numel() for w in generic.parameters())

    user = make_user_network(generic, _images(40), CLASSES, Settings(1.5, recovery=()), LENIENT, measured=share)
    assert share(user.network) == pytest.approx(1 / 1.5, abs=0.08)  # eight channels go at once


def test_networks_of_several_speeds_are_those_that_are_made_one_by_one() -> None:
    steps: list[str] = []
    both = make_user_networks(
        _generic(), _images(40), CLASSES, (1.6, 50.0, 1.3), guard=LENIENT, progress=lambda what, *_: steps.append(what)
    )
    assert len(both) == 2, "50x cannot be met"
    for user, target in zip(both, (1.6, 1.3), strict=True):
        alone = make_user_network(_generic(), _images(40), CLASSES, Settings(target), LENIENT)
        assert user.plan == alone.plan
        for name, weights in alone.network.state_dict().items():
            torch.testing.assert_close(user.network.state_dict()[name], weights)
    ranked = ["ranking channels" in [one.step for one in user.cost.steps] for user in both]
    assert ranked == [True, False]
    with pytest.raises(UsageError, match="cannot be"):
        make_user_networks(_generic(), _images(40), CLASSES, (60.0, 50.0), guard=LENIENT)


def test_the_guard_asks_the_network_that_is_to_be_replaced() -> None:
    generic, images = _generic(), _images(40)
    with torch.no_grad():
        logits = generic(images).numpy()
    turned = logits[:, [(index + 1) % 8 for index in range(8)]]
    classes = tuple((index - 1) % 8 for index in CLASSES)
    same = make_user_network(generic, images, CLASSES, Settings(1.5), LENIENT)
    taught = make_user_network(generic, images, CLASSES, Settings(1.5), LENIENT, taught=Taught(turned, classes))
    assert taught.evidence.drop_points == pytest.approx(same.evidence.drop_points)
    assert taught.evidence.posterior.classes == classes
    other = Taught(-logits, CLASSES)
    assert make_user_network(generic, images, CLASSES, Settings(1.5), LENIENT, taught=other).evidence.agreed < 8


@pytest.mark.slow  # exports two networks
def test_what_is_written_is_a_classifier_of_the_zoo(made: tuple[nn.Module, UserNetwork], tmp_path: Path) -> None:
    from edgewise.images.preprocess import Preprocess
    from edgewise.prune.record import RECORD, check_out, write_user_network
    from edgewise.runtime.torch import TorchSession
    from edgewise.zoo.card import Card
    from edgewise.zoo.classes import ClassSet
    from edgewise.zoo.classifier import Classifier
    from edgewise.zoo.loaders import load
    from edgewise.zoo.sources import find

    generic, user = made
    card = Card("net", "torch:own.py:net", ClassSet(tuple("abcdefgh")), Preprocess(16, 18))
    classifier = Classifier(card, TorchSession(generic, "net", size_px=16), "0")
    written = write_user_network(tmp_path / "user", user, classifier, classifier, threads=1)
    assert Plan.read(tmp_path / "user" / "plan.json") == user.plan
    assert json.loads((tmp_path / "user" / RECORD).read_text())["data"]["classes"] == ["g", "b", "d"]
    assert written.ms > 0
    assert written.generic_ms > 0
    (source,) = find([f"onnx:{written.model}"])
    loaded = load(source)
    assert loaded.card.classes.names == ("g", "b", "d", "(other)")
    fresh = _images(5, seed=4)
    with torch.no_grad():
        expected = user.network(fresh).numpy()
    assert loaded.predict(fresh.numpy()) == pytest.approx(expected, abs=1e-3)
    again = load_pruned(tmp_path / "user", generic)
    with torch.no_grad():
        assert (again(fresh) == user.network(fresh)).all()
    check_out(tmp_path / "user")
    with pytest.raises(UsageError, match="other things"):
        check_out(tmp_path)
    (tmp_path / "profile").mkdir()
    write_json(tmp_path / "profile" / "plan.json", "profile-plan", 2, {})  # of another kind, by the same name
    with pytest.raises(UsageError, match="other things"):
        check_out(tmp_path / "profile")
    with pytest.raises(StoreError, match="does not lead through a file"):
        check_out(tmp_path / "profile" / "plan.json" / "new")


@pytest.mark.slow  # times gathers on ONNX Runtime
def test_layers_may_read_channels_of_their_own_choice_where_it_pays() -> None:
    user = make_user_network(_generic(), _images(40), CLASSES, Settings(1.3, reads=0.5), LENIENT)
    whole = make_user_network(_generic(), _images(40), CLASSES, Settings(1.3), LENIENT)
    assert whole.plan.reads == {}
    # Of these small layers gathers may pay or not; what is let read is narrower, and the network goes on from there.
    assert all(len(cut.kept) < cut.channels for cut in user.plan.reads.values())
    assert "letting layers choose" in {step.step for step in user.cost.steps}
    assert user.macs < user.macs_before
