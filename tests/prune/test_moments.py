import pytest

torch = pytest.importorskip("torch")

from torch import nn  # noqa: E402

from edgewise.prune.moments import Moments, inputs_at, outputs_at, positions_of  # noqa: E402

pytestmark = pytest.mark.torch

LAYERS = {
    "1x1": nn.Conv2d(6, 5, 1),
    "3x3": nn.Conv2d(6, 5, 3, padding=1, bias=False),
    "stride": nn.Conv2d(6, 5, 3, stride=2, padding=1),
    "oblong": nn.Conv2d(6, 5, (1, 7), padding=(0, 3)),
    "dilated": nn.Conv2d(6, 5, 3, padding=2, dilation=2),
    "grouped": nn.Conv2d(6, 4, 3, padding=1, groups=2),
    "depthwise": nn.Conv2d(6, 6, 3, padding=1, groups=6),
    "linear": nn.Linear(6, 5),
}


def _images(layer: nn.Module, count: int = 4, seed: int = 0) -> torch.Tensor:
    generator = torch.Generator().manual_seed(seed)
    sides = () if isinstance(layer, nn.Linear) else (9, 8)
    return torch.randn(count, 6, *sides, generator=generator)


@pytest.mark.parametrize("name", LAYERS)
def test_inputs_times_weights_are_the_outputs(name: str) -> None:
    layer = LAYERS[name]
    images = _images(layer)
    with torch.no_grad():
        outputs = layer(images)
    positions = positions_of(outputs.shape, 7, torch.Generator().manual_seed(1))
    inputs = inputs_at(layer, images, positions)
    weights = layer.weight.detach().reshape(inputs.shape[1], -1, inputs.shape[2])
    given = torch.einsum("ngd,god->ngo", inputs, weights).flatten(1)
    given = given if layer.bias is None else given + layer.bias.detach()
    torch.testing.assert_close(given, outputs_at(outputs, positions), rtol=1e-4, atol=1e-5)


def test_positions_are_places_of_the_output_each_once() -> None:
    positions = positions_of(torch.Size((3, 8, 5, 4)), 12, torch.Generator().manual_seed(0))
    assert positions.shape == (3, 12)
    assert all(len(set(row.tolist())) == 12 and max(row) < 20 for row in positions)
    assert positions_of(torch.Size((3, 8, 5, 4)), 99, torch.Generator()).tolist() == [list(range(20))] * 3


@pytest.mark.parametrize("name", LAYERS)
def test_solving_finds_the_weights_that_made_the_targets(name: str) -> None:
    layer = LAYERS[name]
    images = _images(layer, count=60, seed=3)
    with torch.no_grad():
        outputs = layer(images)
    positions = positions_of(outputs.shape, 12, torch.Generator().manual_seed(2))
    moments = Moments.of(layer)
    for rows in (slice(0, 25), slice(25, 60)):
        moments.add(inputs_at(layer, images[rows], positions[rows]), outputs_at(outputs[rows], positions[rows]))
    other = type(layer)(*_arguments(layer))
    weights, biases = next(moments.solve(other, [1e-7]))
    torch.testing.assert_close(weights, layer.weight.detach(), rtol=2e-2, atol=2e-3)
    expected = torch.zeros(len(biases)) if layer.bias is None else layer.bias.detach()
    torch.testing.assert_close(biases, expected, rtol=2e-2, atol=2e-3)


def _arguments(layer: nn.Module) -> tuple:
    if isinstance(layer, nn.Linear):
        return layer.in_features, layer.out_features
    made = (layer.in_channels, layer.out_channels, layer.kernel_size, layer.stride, layer.padding, layer.dilation)
    return *made, layer.groups


def test_a_strong_ridge_leaves_the_weights_as_they_are_but_for_how_long_each_output_is() -> None:
    layer = nn.Conv2d(6, 5, 3, padding=1)
    images = _images(layer)
    with torch.no_grad():
        outputs = layer(images)
    positions = positions_of(outputs.shape, 7, torch.Generator().manual_seed(0))
    times = torch.tensor([1.0, 2.5, 0.5, 100.0, -1.0])
    moments = Moments.of(layer)
    moments.add(inputs_at(layer, images, positions), times * outputs_at(outputs, positions) + torch.arange(5.0))
    weights, _ = next(moments.solve(layer, [1e6]))
    bounded = torch.tensor([1.0, 2.5, 0.5, 3.0, 1 / 3])  # what is stretched more is mostly noise
    torch.testing.assert_close(weights, bounded[:, None, None, None] * layer.weight.detach(), rtol=1e-3, atol=1e-4)
