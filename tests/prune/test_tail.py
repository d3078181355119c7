"""An open tail computes what the network does, gets its gradients, and leaves the prefix alone."""

import copy
from typing import Any

import pytest

torch = pytest.importorskip("torch")

from torch import nn  # noqa: E402

from edgewise.errors import UsageError  # noqa: E402
from edgewise.prune.activation_cache import ActivationCache, Precision  # noqa: E402
from edgewise.prune.step_macs import step_macs  # noqa: E402
from edgewise.prune.tail import Tail, open_at  # noqa: E402
from tests.prune.small_networks import NETWORKS, drawn, noise  # noqa: E402

pytestmark = pytest.mark.torch


class Blocks(nn.Module):
    """A stem and two residual blocks with batch norm; the stem's ReLU works in place."""

    def __init__(self) -> None:
        super().__init__()
        self.stem = nn.Sequential(nn.Conv2d(3, 8, 3, padding=1, bias=False), nn.BatchNorm2d(8), nn.ReLU(inplace=True))
        self.layer1, self.layer2 = _Block(8), _Block(8)
        self.fc = nn.Linear(8, 6)

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        return self.fc(self.layer2(self.layer1(self.stem(images))).mean((2, 3)))


class _Block(nn.Module):
    def __init__(self, width: int) -> None:
        super().__init__()
        self.conv1, self.bn1 = nn.Conv2d(width, width, 3, padding=1), nn.BatchNorm2d(width)
        self.conv2, self.bn2 = nn.Conv2d(width, width, 1), nn.BatchNorm2d(width)
        self.act = nn.ReLU(inplace=True)

    def forward(self, maps: torch.Tensor) -> torch.Tensor:
        return self.act(self.bn2(self.conv2(self.act(self.bn1(self.conv1(maps))))) + maps)


def _blocks() -> nn.Module:
    torch.manual_seed(0)
    network = Blocks()
    for _ in range(3):  # the statistics of batch norm
        network(torch.randn(16, 3, 10, 10))
    return network.eval()


def _images(count: int = 6) -> torch.Tensor:
    return torch.randn(count, 3, 10, 10, generator=torch.Generator().manual_seed(1))


def _loss(logits: torch.Tensor) -> torch.Tensor:
    targets = torch.softmax(torch.randn(logits.shape, generator=torch.Generator().manual_seed(2)), 1)
    return nn.functional.cross_entropy(logits, targets)


def _whole_gradients(network: nn.Module, images: torch.Tensor) -> dict[str, torch.Tensor]:
    """Of everything, by plain PyTorch on a copy."""
    copied = copy.deepcopy(network)
    _loss(copied(images)).backward()
    return {name: weight.grad for name, weight in copied.named_parameters() if weight.grad is not None}


def _shared_gradients(tail: Tail, images: torch.Tensor, precision: Precision) -> dict[str, torch.Tensor]:
    cache = ActivationCache(100.0, precision)
    served = tail.serve(images)
    cache.add(served.activations, served.logits, served.features)
    with tail.opened() as parameters:
        _loss(tail(cache.batch(range(len(images))))).backward()
        return {name: weight.grad for name, weight in parameters.items() if weight.grad is not None}


def _flat(gradients: dict[str, torch.Tensor], names: Any) -> torch.Tensor:
    return torch.cat([gradients[name].flatten() for name in names]).double()


@pytest.mark.parametrize(
    ("place", "blocks"),
    [
        (0, {"stem", "layer1", "layer2", "fc"}),
        ("layer1", {"layer1", "layer2", "fc"}),
        (2, {"layer2", "fc"}),
        ("fc", {"fc"}),
    ],
)
def test_gradients_on_cached_activations_are_those_of_the_whole_computation(place, blocks: set[str]) -> None:
    network, images = _blocks(), _images()
    found, whole = (
        _shared_gradients(open_at(network, images[:1], place), images, "float32"),
        _whole_gradients(network, images),
    )
    assert set(found) == {name for name in whole if name.split(".")[0] in blocks}
    for name, gradient in found.items():
        assert (gradient - whole[name]).norm() <= 1e-5 * whole[name].norm()


@pytest.mark.parametrize("place", ["layer1", "layer2"])
def test_gradients_on_int8_activations_point_the_same_way(place: str) -> None:
    network, images = _blocks(), _images()
    found, whole = (
        _shared_gradients(open_at(network, images[:1], place), images, "int8"),
        _whole_gradients(network, images),
    )
    ours, theirs = _flat(found, found), _flat(whole, found)
    assert nn.functional.cosine_similarity(ours, theirs, dim=0) >= 0.99
    assert not torch.equal(ours, theirs)


@pytest.mark.real
@pytest.mark.slow
def test_gradients_of_resnet18_on_real_images(evaluation_data) -> None:
    from edgewise.images.decode import decode, read_file
    from edgewise.prune.source import trained
    from edgewise.zoo.sources import CardFile, Source

    text = f"{evaluation_data / 'nets.py'}:resnet18"
    model, network = trained(Source("torch", text, CardFile({"resize_px": 256}, "the test")))
    paths = [sorted(path.iterdir())[0] for path in sorted((evaluation_data / "imagenet20" / "train").iterdir())[:4]]
    prepared = [model.card.preprocess.apply(decode(read_file(path), path).pixels) for path in paths]
    images = torch.stack([torch.from_numpy(one) for one in prepared])
    whole = _whole_gradients(network, images)
    for place in ("layer3", "layer4"):
        tail = open_at(network, images[:1], place)
        exact, near = (_shared_gradients(tail, images, precision) for precision in ("float32", "int8"))
        theirs = _flat(whole, exact)
        assert (_flat(exact, exact) - theirs).norm() <= 1e-5 * theirs.norm()
        assert nn.functional.cosine_similarity(_flat(near, exact), theirs, dim=0) >= 0.99


@pytest.mark.parametrize("make", NETWORKS)
def test_prefix_and_tail_are_the_network_wherever_it_is_opened(make) -> None:
    network = drawn(make)
    images = noise()
    for place in range(len(open_at(network, images[:1], 0).segments)):
        tail = open_at(network, images[:1], place)
        with torch.no_grad():
            assert torch.equal(tail(tail.enter(images)), network(images))


def test_the_prefix_neither_runs_nor_gets_gradients_and_all_is_left_as_it_was() -> None:
    network, images = _blocks(), _images()
    tail = open_at(network, images[:1], "layer2")
    activations = tail.enter(images)
    ran: list[str] = []
    for path, layer in network.named_modules():
        layer.register_forward_hook(lambda *_, path=path: ran.append(path))
    network.fc.bias.requires_grad_(False)  # type: ignore[union-attr]
    before = copy.deepcopy(network.state_dict())
    with tail.opened() as parameters:
        assert set(parameters) == {
            name for name, _ in network.named_parameters() if name[:6] in ("layer2", "fc.wei", "fc.bia")
        }
        _loss(tail(activations)).backward()
        got = {name for name, weight in network.named_parameters() if weight.grad is not None}
        assert got == set(parameters)
    assert ran
    assert not any(path.startswith(("stem", "layer1")) for path in ran)
    assert all(torch.equal(before[name], value) for name, value in network.state_dict().items())
    assert all(weight.grad is None for weight in network.parameters())
    assert [name for name, weight in network.named_parameters() if not weight.requires_grad] == ["fc.bias"]


def test_only_what_is_retrained_gets_gradients() -> None:
    network, images = _blocks(), _images()
    tail = open_at(network, images[:1], "layer1")
    with tail.opened(["layer1.conv2", "fc.bias"]) as parameters:
        _loss(tail(tail.enter(images))).backward()
        assert set(parameters) == {"layer1.conv2.weight", "layer1.conv2.bias", "fc.bias"}
        assert {name for name, weight in network.named_parameters() if weight.grad is not None} == set(parameters)
    with pytest.raises(UsageError, match=r"no parameter at 'stem\.0'"):
        tail.parameters(["stem.0"])


def test_what_inference_leaves_behind() -> None:
    network, images = _blocks(), _images()
    served = open_at(network, images[:1], "layer2").serve(images)
    with torch.no_grad():
        entered = network.layer1(network.stem(images))  # type: ignore[operator]
        assert torch.equal(served.activations, entered)
        assert torch.equal(served.logits, network(images))
        assert torch.equal(served.features, network.layer2(entered).mean((2, 3)))  # type: ignore[operator]


def test_macs_of_a_step_are_those_of_the_gradients_it_needs() -> None:
    network, images = _blocks(), _images()
    conv1, conv2, fc = 100 * 9 * 64, 100 * 64, 48
    tail = open_at(network, images[:1], "layer2")
    entered = tail.enter(images)
    macs = step_macs(tail, entered)
    assert (macs.forward, macs.weights, macs.inputs) == (conv1 + conv2 + fc, conv1 + conv2 + fc, conv2 + fc)
    macs = step_macs(tail, entered, ["layer2.conv2"])
    assert (macs.forward, macs.weights, macs.inputs) == (conv1 + conv2 + fc, conv2, fc)
    assert macs.total == conv1 + 2 * conv2 + 2 * fc


def test_places_are_named_by_the_segment_that_begins_there() -> None:
    network, image = _blocks(), _images(1)
    for place in ("layer2", "layer2.conv1", 2):
        assert open_at(network, image, place).segments[0].name == "layer2.conv1"
    for place in ("layer2.conv2", "layer5", ""):
        with pytest.raises(UsageError, match=r"begin at stem\.0, layer1\.conv1"):
            open_at(network, image, place)
    with pytest.raises(UsageError, match="0 to 3"):
        open_at(network, image, 4)
    network.layer1.bn1.train()  # type: ignore[union-attr]
    with pytest.raises(UsageError, match=r"layer1\.bn1 is in training mode"):
        open_at(network, image, 1)
