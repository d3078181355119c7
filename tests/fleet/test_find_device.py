"""The device that all users have."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from edgewise.devices.result import Result
from edgewise.devices.table import DeviceTable
from edgewise.errors import UsageError
from edgewise.fleet.calibration import Calibration, read_calibration
from edgewise.fleet.find_device import find_device
from edgewise.machine import Machine, fingerprint

GENERIC = Result(
    "torchvision:resnet50", "a", "onnxruntime", "1", "fp32", 1, 224, None, None, 80.0, 90.0, 64, None, 1, 0
)


@pytest.fixture
def machine() -> Machine:
    return fingerprint()


def table_of(folder: Path, machine: Machine, *rows: Result) -> DeviceTable:
    table = DeviceTable(folder)
    table.add(machine, rows, name="pi-5")
    return table


def test_the_real_users_own_machine(calibration: Calibration) -> None:
    found = find_device("calibration", calibration)
    assert (found.generic_ms, found.times_as_fast) == (100.0, (1.0, 4.0))
    assert calibration.cpu in found.source


def test_a_device_of_the_table(calibration: Calibration, machine: Machine, tmp_path: Path) -> None:
    small = replace(GENERIC, model="resnet18", fingerprint="b", p50_ms=16.0)
    slower = replace(GENERIC, runtime="openvino", p50_ms=95.0)
    other = replace(GENERIC, model="resnet50d", fingerprint="c", p50_ms=1.0)
    table_of(tmp_path, machine, GENERIC, small, slower, other)
    found = find_device("pi-5", calibration, tmp_path)
    assert (found.generic_ms, found.times_as_fast) == (80.0, (1.0, 5.0))
    assert "users' own networks keep the ratio" in found.source


def test_what_was_not_timed_there_keeps_its_ratio_and_is_named(
    calibration: Calibration, machine: Machine, tmp_path: Path
) -> None:
    failed = replace(GENERIC, model="resnet18", fingerprint="b", p50_ms=None, failure="no memory")
    table_of(tmp_path, machine, GENERIC, failed)
    found = find_device("pi-5", calibration, tmp_path)
    assert found.times_as_fast == (1.0, 4.0)
    assert "ResNet-18 at 224 px, users' own networks keep" in found.source


def test_without_the_generic_network_nothing_can_be_said(
    calibration: Calibration, machine: Machine, tmp_path: Path
) -> None:
    table_of(tmp_path, machine, replace(GENERIC, size_px=160))
    with pytest.raises(UsageError, match="ResNet-50 at 224 px was not timed on pi-5"):
        find_device("pi-5", calibration, tmp_path)


@pytest.mark.torch
def test_an_accelerator_is_modelled() -> None:
    whole = read_calibration()
    chosen = whole.only("ResNet-50 at 192 px, 2x asked for")
    found = find_device("accel:edge-tpu-like", chosen)
    names = [one.name for one in chosen.networks]
    assert found.times_as_fast[names.index("MobileNetV2 int8 at 224 px")] > 4
    assert found.times_as_fast[0] == 1
    assert 1 < 1.96 * found.own_factor < 4
    assert "model of edge-tpu-like" in found.source
    with pytest.raises(UsageError, match="not modelled on accelerators"):
        find_device("accel:reading", whole.only("Inception-V3 at 224 px, 2.3x asked for"))
