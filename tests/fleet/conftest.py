"""A calibration of which all can be counted by hand."""

from __future__ import annotations

from dataclasses import replace

import pytest

from edgewise.fleet.calibration import (
    Again,
    Calibration,
    Guarded,
    Learned,
    MadeNetwork,
    Noticed,
    Right,
    Source,
    StaticNetwork,
    Unchanged,
    Verdict,
)
from edgewise.fleet.device import FleetDevice

WAY = "cut in two"


def made(user: str, classes: int = 5, *, passes: bool = True, **changed: float) -> MadeNetwork:
    """Twice as fast for one point, made in 1,000 inferences, let in after 100 inputs."""
    verdicts = (Verdict(100, passes),)
    network = MadeNetwork(
        network=WAY,
        user=user,
        classes=classes,
        base="ResNet-50 at 224 px",
        macs=2_000_000_000,
        drop=0.01,
        times_as_fast=2.0,
        making_inputs=1000.0,
        expected_points=1.0,
        agreement=0.97,
        let_in=0.25,
        guarded=tuple(Guarded(1.0, attempts, verdicts) for attempts in range(4)),
    )
    return replace(network, **changed)  # type: ignore[arg-type]


def calibration_of(*networks: MadeNetwork, false_alarm: int | None = None) -> Calibration:
    """Users are known after 300 inputs, and a change is noticed after 50."""
    able = Right(all=0.7, told=0.9, foreign=0.7, foreign_told=0.6)
    small = Right(all=0.6, told=0.85, foreign=0.6, foreign_told=0.5)
    return Calibration(
        about="Drawn for tests.",
        notice="",
        cpu="a test",
        generic_ms=100.0,
        known=50,
        audit_share=0.02,
        own_rejection=0.05,
        sources=(Source("all", "tests/fleet/conftest.py"),),
        networks=(
            StaticNetwork("ResNet-50 at 224 px", "ResNet-50", 224, "fp32", (1.0, 1.0, 1.0)),
            StaticNetwork("ResNet-18 at 224 px", "ResNet-18", 224, "fp32", (3.9, 4.0, 4.1)),
        ),
        made=networks,
        learned=tuple(Learned(classes, 300, 0.0, 0, 0.91, (able, small)) for classes in (2, 5, 10)),
        again=(Again(5, 0.0, 60, None), Again(5, 0.3, None, 400)),
        noticed=(Noticed(5, 0.3, False, 50),),
        noticed_at_once=(Noticed(5, 0.3, False, 80),),
        unchanged=(Unchanged(5, false_alarm),),
    )


@pytest.fixture
def calibration() -> Calibration:
    """Of three real users, one of whom loses more and one of whom is faster."""
    return calibration_of(made("first"), made("second", drop=0.03), made("third", times_as_fast=2.5))


@pytest.fixture
def device(calibration: Calibration) -> FleetDevice:
    return FleetDevice("a test", "nothing was timed", calibration.generic_ms, (1.0, 4.0))
