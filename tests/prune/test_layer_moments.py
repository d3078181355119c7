"""What layers are fed, read by hooks in one run."""

import numpy as np
import pytest

pytest.importorskip("torch", reason="the extra [torch] is not installed")
import torch
from torch import nn

from edgewise.prune.layer_moments import read_moments, reading_of
from tests.prune.small_networks import Residual, drawn, noise

pytestmark = pytest.mark.torch


def test_all_places_are_read_where_they_are_few() -> None:
    network, image = drawn(Residual).float(), noise(6).float()
    seen: list[torch.Tensor] = []
    hook = network.get_submodule("project").register_forward_hook(lambda _, taken, __: seen.append(taken[0]))
    found = read_moments(network, ["project", "head"], [image[:4], image[4:]])
    hook.remove()
    inputs = torch.cat(seen).transpose(0, 1).flatten(1).T
    assert found["project"].count == len(inputs) == 6 * 144
    torch.testing.assert_close(found["project"].gram[0, :-1, :-1], inputs.T @ inputs, rtol=1e-4, atol=1e-4)
    assert found["head"].count == 6
    assert not any(layer._forward_hooks for layer in network.modules())


def test_a_sample_of_places() -> None:
    found = read_moments(
        drawn(Residual).float(), ["three"], [noise(4).float()], places_per_weight=0, fewest_places=40, seed=3
    )
    assert found["three"].count == 40


def test_a_reading_is_of_centred_inputs_and_weighs_outputs() -> None:
    torch.manual_seed(0)
    layer, images = nn.Conv2d(3, 2, 3, padding=1), torch.randn(5, 3, 8, 8) + 4
    moments = read_moments(nn.Sequential(layer), ["0"], [images])["0"]
    reading = reading_of(layer, moments, torch.tensor([[0], [2]]), torch.tensor([4.0, 0.0]))
    unfolded = nn.functional.unfold(images, 3, padding=1).transpose(0, 1).flatten(1)
    np.testing.assert_allclose(reading.covariance.numpy(), np.cov(unfolded.numpy(), ddof=0), rtol=1e-3, atol=1e-3)
    assert reading.index.tolist() == [list(range(9)), list(range(18, 27))]
    torch.testing.assert_close(reading.weights[0], 2 * layer.weight.detach()[0].flatten())
    assert not reading.weights[1].any()
