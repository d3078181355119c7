"""Detection at a given rate of false alarms, on flags whose rates are written down."""

from dataclasses import dataclass

import pytest

from edgewise.select.paper.operating_point import detection_at


@dataclass(frozen=True)
class At:
    false_alarm_rate: float
    detection_rate: float


def test_a_setting_is_met_and_between_two_lies_the_line() -> None:
    flags = [At(0.3, 0.7), At(0.1, 0.5)]
    assert detection_at(flags, 0.1) == pytest.approx(0.5)
    assert detection_at(flags, 0.2) == pytest.approx(0.6)


def test_nothing_and_everything_are_settings() -> None:
    assert detection_at([At(0.2, 0.8)], 0.05) == pytest.approx(0.2)
    assert detection_at([At(0.2, 0.8)], 0.6) == pytest.approx(0.9)
    assert detection_at([At(0.0, 0.4)], 0.5) == pytest.approx(0.7)


def test_a_setting_that_is_worse_than_a_cheaper_one_is_not_taken() -> None:
    assert detection_at([At(0.2, 0.8), At(0.4, 0.6)], 0.4) == pytest.approx(0.8)


def test_unknown_rates_give_no_figure() -> None:
    assert detection_at([At(float("nan"), 0.5)], 0.1) is None
