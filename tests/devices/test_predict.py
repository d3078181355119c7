"""Latency foretold from a device's layers: right where the device follows the model, and honest about its errors."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from edgewise.devices.layer import LayerTime
from edgewise.devices.measured_layers import layer_shapes, measure_layers
from edgewise.devices.predict import Predictor, measured_networks, predict
from edgewise.devices.table import DeviceTable
from edgewise.errors import UsageError
from edgewise.zoo.tiny.shipped import shipped_path
from tests.devices.measured import PI, conv, network_layers, result


def ideal(channels: int, side: int) -> LayerTime:
    """On a device that takes 20 us a layer, 1 ms for 100 M multiplications and 1 ms for 10 MB."""
    layer = conv(1.0, channels, side)
    return replace(layer, ms=0.02 + layer.macs / 1e8 + layer.moved_bytes / 1e7)


def network(rng: np.random.Generator, layers: int = 8) -> tuple[LayerTime, ...]:
    return tuple(ideal(int(rng.choice([16, 32, 64, 128])), int(rng.choice([7, 14, 28, 56]))) for _ in range(layers))


def table_of(folder: Path, networks: int, *, noise: float = 0.0, seed: int = 0) -> DeviceTable:
    """Networks of which a profiler says 10 us too much a layer; their own times are off by `noise`."""
    rng = np.random.default_rng(seed)
    table = DeviceTable(folder)
    for number in range(networks):
        layers = network(rng)
        own = sum(layer.ms for layer in layers) * float(np.exp(noise * rng.standard_normal()))
        told = tuple(replace(layer, ms=layer.ms + 0.01) for layer in layers)
        table.add(PI, [result(f"net{number}", own)], [network_layers(f"net{number}", *told)], name="pi")
    return table


def test_a_device_that_keeps_to_its_rates_is_foretold(tmp_path: Path) -> None:
    table = table_of(tmp_path, 12)
    new = network(np.random.default_rng(99), layers=20)
    found = predict([layer.shape for layer in new], table, "pi", 1)
    assert found.ms == pytest.approx(sum(layer.ms for layer in new), rel=0.1)
    assert found.networks == 12
    assert found.median_error < 0.05
    assert found.low_ms < found.ms < found.high_ms


def test_what_cannot_be_foretold_shows_in_the_errors(tmp_path: Path) -> None:
    quiet, loud = (Predictor.of(table_of(tmp_path / str(noise), 10, noise=noise), "pi", 1) for noise in (0.0, 0.6))
    shapes = quiet.measured[0].shapes
    one, other = quiet.predict(shapes), loud.predict(shapes)
    assert other.median_error > 4 * one.median_error
    assert other.worst_error >= other.median_error
    assert other.high_ms / other.low_ms > one.high_ms / one.low_ms


def test_the_interval_holds_nine_in_ten_of_those_left_out(tmp_path: Path) -> None:
    predictor = Predictor.of(table_of(tmp_path, 20, noise=0.3), "pi", 1)
    found = predictor.predict(predictor.measured[0].shapes)
    held = [found.low_ms / found.ms <= 1 / ratio <= found.high_ms / found.ms for ratio in predictor.ratios]
    assert sum(held) >= 18


def test_a_network_s_twin_is_left_out_with_it(tmp_path: Path) -> None:
    table = table_of(tmp_path, 4, noise=0.4)
    before = Predictor.of(table, "pi", 1)
    (twin,) = (one for one in before.measured if one.model == "net0")
    table.add(PI, [result("net0 again", twin.ms)], [network_layers("net0 again", *twin.layers)], name="pi")
    after = Predictor.of(table, "pi", 1)
    names = [one.model for one in after.measured]
    ratio = dict(zip([one.model for one in before.measured], before.ratios, strict=True))["net0"]
    assert after.ratios[names.index("net0")] == pytest.approx(ratio)
    assert after.ratios[names.index("net0 again")] == pytest.approx(ratio)


def test_too_few_networks_are_refused_with_what_to_do(tmp_path: Path) -> None:
    table = table_of(tmp_path, 2)
    with pytest.raises(UsageError, match="2 networks") as found:
        predict([ideal(16, 7).shape], table, "pi", 1)
    assert "edgewise benchmark" in found.value.hint
    with pytest.raises(UsageError, match="0 networks"):
        predict([ideal(16, 7).shape], table, "pi", 2)


def test_layers_without_the_network_s_own_time_do_not_count(tmp_path: Path) -> None:
    table = table_of(tmp_path, 3)
    table.add(PI, [result("lost", None, failure="killed")], [network_layers("lost")], name="pi")
    table.add(PI, [result("int8", 1.0, precision="int8")], [network_layers("int8")], name="pi")
    assert sorted(one.model for one in measured_networks(table, "pi", 1)) == ["net0", "net1", "net2"]


def test_a_kind_that_was_never_measured_is_foretold_still(tmp_path: Path) -> None:
    table = table_of(tmp_path, 5)
    strange = replace(ideal(64, 14).shape, kind="dense", operator="Gemm", kernel_height=1, kernel_width=1)
    found = predict([strange], table, "pi", 1)
    assert 0 < found.ms < 10
    assert found.exact_share == 0


def test_the_bundled_networks_foretell_each_other(tmp_path: Path) -> None:
    table = DeviceTable(tmp_path)
    for name, size_px in (("tiny:s", 64), ("tiny:m", 64), ("tiny:xs", 32)):
        layers = measure_layers(shipped_path(name, ".onnx"), size_px, 1)
        row = result(name, sum(layer.ms for layer in layers), size_px=size_px)
        table.add(PI, [row], [replace(network_layers(name, *layers), size_px=size_px)], name="here")
    found = predict(shipped_path("tiny:l", ".onnx"), table, "here", 1, size_px=64)
    assert found.ms > max(one.ms for one in measured_networks(table, "here", 1))
    shapes = layer_shapes(shipped_path("tiny:m", ".onnx"), 64)
    again = predict(shapes, table, "here", 1)
    assert again.exact_share == pytest.approx(1)
