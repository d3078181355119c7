"""The layers of a network as ONNX Runtime runs them: all of them, with the shapes that the network has."""

from math import prod
from pathlib import Path

import numpy as np
import pytest

from edgewise.devices.measured_layers import measure_layers
from edgewise.errors import ModelError
from edgewise.zoo.macs.onnx import count_onnx
from edgewise.zoo.tiny.shipped import shipped_path

TINY = shipped_path("tiny:s", ".onnx")


def test_the_layers_multiply_what_the_network_multiplies() -> None:
    layers = measure_layers(TINY, 64, 1)
    work = count_onnx(TINY, np.zeros((1, 3, 64, 64), np.float32))
    found = sum(layer.macs for layer in layers)
    assert work.macs <= found <= 1.2 * work.macs  # channels are filled up to whole blocks
    assert all(layer.ms > 0 for layer in layers)


def test_shapes_are_those_of_the_file() -> None:
    layers = measure_layers(TINY, 64, 1)
    first, last = layers[0], layers[-1]
    assert (first.kind, first.in_channels, first.kernel_height, first.in_places) == ("conv", 3, 3, 64 * 64)
    assert (last.kind, last.out_channels, last.out_places) == ("dense", 10, 1)
    for layer in layers:
        if layer.kind in ("conv", "pointwise", "depthwise"):
            weights = layer.out_channels * layer.in_channels // layer.groups * layer.kernel_height * layer.kernel_width
            assert layer.macs == weights * layer.out_places
            assert layer.moved_bytes >= 4 * (weights + prod((layer.out_channels, layer.out_places)))


def test_a_size_that_the_file_does_not_take_is_refused() -> None:
    with pytest.raises(ModelError, match="64 px, not 32"):
        measure_layers(TINY, 32, 1)


def test_nothing_is_left_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import tempfile

    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    monkeypatch.chdir(tmp_path)
    measure_layers(TINY, 64, 1)
    assert list(tmp_path.iterdir()) == []


def test_a_file_that_does_not_load_is_named(tmp_path: Path) -> None:
    path = tmp_path / "torn.onnx"
    path.write_bytes(TINY.read_bytes()[:1000])
    with pytest.raises(ModelError, match=r"torn\.onnx"):
        measure_layers(path, 64, 1)
