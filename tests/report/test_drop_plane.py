"""Expected loss against latency as a drawing."""

from __future__ import annotations

import re

import pytest

from edgewise.report.drop_plane import Tried, draw_drops

GENERIC = Tried("the generic network", "generic", 20.0, 0.0, 0.0, 0.0)
CHOSEN = Tried("the user's network", "chosen", 10.0, 0.3, 0.0, 0.9)


def height_of(drawing: str, shape: str) -> float:
    (found,) = re.findall(shape, drawing)
    return float(found)


def test_less_is_lost_further_up_and_the_line_stands_at_what_may_be() -> None:
    drawing = draw_drops((GENERIC, CHOSEN), 1.0, (600, 300), name="drops")
    none, some, allowed = (
        height_of(drawing, r'<circle class="mark single" cx="[\d.]+" cy="([\d.]+)"'),
        height_of(drawing, r'<path class="mark selector" d="M[\d.]+ ([\d.]+)'),
        height_of(drawing, r'<path class="allowed" d="M[\d.]+ ([\d.]+)H'),
    )
    assert none < some < allowed
    assert (some - none) / (allowed - none) == pytest.approx(0.3, abs=0.01)


def test_who_cannot_see_it_is_told() -> None:
    drawing = draw_drops((GENERIC, CHOSEN), 1.0, (600, 300), name="drops")
    assert "1 allowed. the generic network: 0.00 points in 20.0 ms; the user&#39;s network: 0.30 points" in drawing


def test_a_student_that_looks_better_than_its_teacher_is_inside() -> None:
    better = Tried("better", "chosen", 10.0, -2.0, -5.0, 0.5)
    drawing = draw_drops((GENERIC, better), 1.0, (600, 300), name="drops")
    low, high = re.findall(r'class="bar selector" d="M[\d.]+ ([\d.]+)V([\d.]+)', drawing)[0]
    assert 30 < float(low) < float(high) < 258


def test_bounds_of_others_may_leave_the_frame() -> None:
    wide = Tried("3x", "refused", 7.0, 2.0, 0.1, 90.0)
    drawing = draw_drops((GENERIC, wide, CHOSEN), 1.0, (600, 300), name="drops")
    assert 'clip-path="url(#drops)"' in drawing
    _, high = re.findall(r'class="bar control" d="M[\d.]+ ([\d.]+)V([\d.]+)', drawing)[0]
    assert float(high) > 300
