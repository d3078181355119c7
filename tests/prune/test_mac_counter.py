"""The counter sees what is computed: it agrees with hooks forwards, with the formulas on moments and systems."""

from collections.abc import Callable

import pytest

torch = pytest.importorskip("torch")

from torch import nn  # noqa: E402

from edgewise.prune.cost import Macs, gram_macs, solve_macs  # noqa: E402
from edgewise.prune.mac_counter import MacCounter  # noqa: E402
from edgewise.prune.moments import Moments  # noqa: E402
from edgewise.prune.work import network_work  # noqa: E402

pytestmark = pytest.mark.torch

IMAGES = 3


def _network() -> nn.Sequential:
    return nn.Sequential(
        nn.Conv2d(3, 8, 3, stride=2), nn.ReLU(), nn.Conv2d(8, 8, 3, groups=4), nn.Flatten(), nn.Linear(8 * 25, 6)
    ).eval()


def _images() -> torch.Tensor:
    return torch.zeros(IMAGES, 3, 16, 16)


@pytest.mark.parametrize("mode", [torch.no_grad, torch.inference_mode])
def test_forwards_it_counts_what_hooks_count(mode: type) -> None:
    network, counter = _network(), MacCounter()
    with mode(), counter:
        network(_images())
    assert counter.macs == Macs(forward=network_work(network, _images()).macs * IMAGES)


@pytest.mark.parametrize("what", ["weights", "inputs", "both"])
def test_backwards_it_counts_the_gradients_that_are_asked_for(what: str) -> None:
    network, counter, images = _network(), MacCounter(), _images()
    forward = network_work(network, images).macs * IMAGES
    first = IMAGES * 8 * 7 * 7 * 27
    network.requires_grad_(what != "inputs")
    images.requires_grad_(what != "weights")
    with counter:
        network(images).sum().backward()
    # The first layer's inputs need no gradient where only the weights are asked for.
    assert counter.macs.backward == {"weights": 2 * forward - first, "inputs": forward, "both": 2 * forward}[what]
    assert counter.macs.forward == forward


def test_a_transposed_convolution_counts_its_inputs() -> None:
    counter = MacCounter()
    with counter:
        nn.ConvTranspose2d(4, 2, 3)(torch.zeros(1, 4, 5, 5))
    assert counter.macs == Macs(forward=4 * 25 * 2 * 9)


def test_second_moments_are_what_the_formula_says() -> None:
    layer, places, counter = nn.Linear(9, 4), 50, MacCounter()
    moments = Moments.of(layer)
    with counter:
        moments.add(torch.randn(places, 1, 9), torch.randn(places, 4))
    assert counter.macs == Macs(products=gram_macs(10, places, 4))


def test_systems_are_what_the_formulas_say() -> None:
    systems, sides = torch.eye(12).expand(2, 12, 12), torch.randn(2, 12, 5)

    def solved(how: Callable[[], object]) -> Macs:
        with MacCounter() as counter:
            how()
        return counter.macs

    by_cholesky = solved(lambda: torch.cholesky_solve(sides, torch.linalg.cholesky(systems)))
    assert by_cholesky == Macs(solves=2 * solve_macs(12, 5))
    by_lu = solved(lambda: torch.linalg.solve(systems, sides))
    assert by_lu == Macs(solves=2 * (12**3 // 3 + 12 * 12 * 5))
    assert solved(lambda: torch.linalg.solve(systems[0], sides[0, :, 0])) == Macs(solves=12**3 // 3 + 12 * 12)
    assert solved(lambda: torch.cholesky_inverse(systems[0])) == Macs(solves=12**3 // 3)
    by_triangle = solved(lambda: torch.linalg.solve_triangular(systems, sides, upper=True))
    assert by_triangle == Macs(solves=2 * 12 * 12 * 5 // 2)


def test_it_may_be_entered_again_and_changes_no_result() -> None:
    counter, left, right = MacCounter(), torch.randn(4, 5), torch.randn(5, 6)
    plain = left @ right
    for times in (1, 2):
        with counter:
            counted = left @ right
        assert counter.macs == Macs(products=times * 4 * 5 * 6)
        assert (counted == plain).all()
