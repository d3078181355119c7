"""Draws from measured rows."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from edgewise.errors import UsageError
from edgewise.fleet.calibration import Learned, Noticed
from edgewise.fleet.chances import Chances, verdict
from tests.fleet.conftest import calibration_of, made

RNG = np.random.default_rng(0)


def test_a_number_of_classes_that_was_not_measured_is_like_its_neighbours() -> None:
    whole = calibration_of(made("a"), made("b"))
    rows = tuple(Learned(classes, 100 * classes, 0, 0, 0.9, whole.learned[0].right) for classes in (2, 6, 10))
    chances = Chances(replace(whole, learned=rows))
    found = [chances.learned(7, RNG).classes for _ in range(2000)]
    assert set(found) == {6, 10}
    assert np.mean(np.array(found) == 6) == pytest.approx(0.75, abs=0.05)
    assert {chances.learned(6, RNG).classes for _ in range(20)} == {6}
    assert chances.learned(1, RNG).classes == 2
    assert chances.learned(15, RNG).classes == 10


def test_the_nearest_measured_changes_are_drawn_and_no_others() -> None:
    shares = np.linspace(0.01, 0.5, 50)
    rows = tuple(Noticed(5, float(share), False, round(1000 * share)) for share in shares[::-1])
    chances = Chances(replace(calibration_of(made("a"), made("b")), noticed=rows))
    drawn = {chances.delay(0.2, RNG, at_once=False) for _ in range(500)}
    assert len(drawn) == 8
    assert min(drawn) >= 150
    assert max(drawn) <= 250


def test_rows_with_an_alarm_before_the_change_are_left_out() -> None:
    rows = (Noticed(5, 0.2, True, None), Noticed(5, 0.2, False, 7))
    chances = Chances(replace(calibration_of(made("a"), made("b")), noticed=rows))
    assert {chances.delay(0.2, RNG, at_once=False) for _ in range(20)} == {7}


def test_the_guard_at_a_drop_that_was_not_measured_is_refused() -> None:
    assert verdict(made("a"), 1.0, 9, RNG).passes
    with pytest.raises(UsageError, match="3 points"):
        verdict(made("a"), 3.0, 0, RNG)
