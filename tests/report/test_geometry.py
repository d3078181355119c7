"""Lines and boxes meet when they share points, tried against points on the line."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from edgewise.report.geometry import Box, Line

NUMBER = st.integers(-20, 20)


@given(NUMBER, NUMBER, NUMBER, NUMBER)
def test_a_line_meets_a_box_when_a_point_of_it_is_inside(x1, y1, x2, y2):
    box, line = Box(-5, -5, 10, 10), Line(x1, y1, x2, y2)
    steps = 4000
    points = [(x1 + (x2 - x1) * i / steps, y1 + (y2 - y1) * i / steps) for i in range(steps + 1)]
    touches = any(abs(x) <= 5.02 and abs(y) <= 5.02 for x, y in points)
    enters = any(abs(x) <= 5 and abs(y) <= 5 for x, y in points)
    assert line.meets(box) in {touches, enters}


def test_boxes_that_only_touch_do_not_meet():
    assert not Box(0, 0, 10, 10).meets(Box(10, 0, 10, 10))
    assert Box(0, 0, 10, 10).meets(Box(9.9, 9.9, 10, 10))
    assert Box(0, 0, 10, 10).nearest(15, 5) == (10, 5)
