"""The pruner's clock for another device: shares of what is foretold."""

from pathlib import Path

import pytest

torch = pytest.importorskip("torch")

from torch import nn  # noqa: E402

from edgewise.devices.device_clock import DeviceClock  # noqa: E402
from edgewise.devices.predict import predict  # noqa: E402
from edgewise.devices.source_layers import layers_of_module  # noqa: E402
from tests.devices.test_predict import table_of  # noqa: E402

pytestmark = [pytest.mark.torch, pytest.mark.slow]  # exports networks


def network(width: int) -> nn.Module:
    torch.manual_seed(0)
    return nn.Sequential(
        nn.Conv2d(3, 16, 3, 2, 1),
        nn.ReLU(),
        nn.Conv2d(16, width, 3, 1, 1),
        nn.ReLU(),
        nn.Conv2d(width, 16, 3, 1, 1),
        nn.AdaptiveAvgPool2d(1),
        nn.Flatten(),
        nn.Linear(16, 10),
    ).eval()


@pytest.mark.long
def test_shares_are_of_what_is_foretold(tmp_path: Path) -> None:
    table, whole, half = table_of(tmp_path, 8), network(128), network(64)
    clock = DeviceClock(table, "pi", whole, 56)
    assert clock.share(whole, 56) == pytest.approx(1)
    assert 0.2 < clock.share(half, 56) < 0.95
    assert clock.share(whole, 28) < 0.6
    found = predict(layers_of_module(half, 56, "half"), table, "pi", 1)
    told = clock.foretold(half, 56)
    assert told.ms == pytest.approx(found.ms)
    assert told.generic_ms == pytest.approx(clock.reference_ms())
    assert (told.device, told.networks) == ("pi", 8)
    assert (told.median_error, told.worst_error) == (found.median_error, found.worst_error)
    assert told.speedup == pytest.approx(1 / clock.share(half, 56))
