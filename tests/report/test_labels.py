"""Placed labels keep clear of each other, of all points and of the frame, whatever the points are."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from edgewise.report.geometry import Box, Line
from edgewise.report.labels import Label, place
from edgewise.report.lettering import in_two_lines, width_px

FRAME = Box(44, 26, 600, 380)


@st.composite
def labels(draw: st.DrawFn) -> list[Label]:
    found: list[Label] = []
    for number in range(draw(st.integers(1, 14))):
        name = draw(st.text("abc_Wm 1.é漢", min_size=1, max_size=30))
        x, y = draw(st.floats(FRAME.left, FRAME.right)), draw(st.floats(FRAME.top, FRAME.bottom))
        found.append(Label(x, y, 6.0, tuple(dict.fromkeys([(name,), in_two_lines(name), (str(number),)]))))
    return found


@settings(max_examples=40, deadline=None)
@given(labels())
def test_no_label_meets_another_label_a_point_or_the_frame(wanted):
    placed = [(label, found) for label, found in zip(wanted, place(wanted, FRAME), strict=True) if found is not None]
    boxes = [found.box for _, found in placed]
    for i, (label, found) in enumerate(placed):
        assert found.lines in label.texts
        assert found.box.inside(FRAME)
        assert found.box.width >= max(map(width_px, found.lines))
        assert not any(found.box.meets(box) for box in boxes[i + 1 :])
        assert not any(found.box.meets(Box(p.x - 6, p.y - 6, 12, 12)) for p in wanted)
        if found.leader:
            assert not any(found.leader.meets(box) for j, box in enumerate(boxes) if j != i)


def test_far_apart_points_get_their_whole_names_at_their_right():
    wanted = [Label(100, 60 + 60 * i, 6, ((f"name {i}",), (str(i),))) for i in range(5)]
    placed = place(wanted, FRAME)
    assert [found.lines for found in placed if found] == [label.texts[0] for label in wanted]
    assert all(found and found.box.left > 100 and found.leader is None for found in placed)


def test_the_same_points_are_labelled_the_same_again():
    wanted = [Label(300 + 7 * (i % 3), 200 + 5 * i, 6, ((f"a longer name {i}",), (str(i),))) for i in range(9)]
    assert place(wanted, FRAME) == place(wanted, FRAME)


def test_a_label_without_any_room_is_left_out():
    assert place([Label(10, 10, 6, (("far too long",),))], Box(0, 0, 20, 20)) == (None,)


def test_a_line_to_keep_clear_of_moves_the_label():
    label = Label(300, 200, 6, (("name",),))
    free = place([label], FRAME)[0]
    (moved,) = place([label], FRAME, [Line(300, 200, 600, 200)])
    assert free is not None
    assert moved is not None
    assert free.box != moved.box
    assert not Line(300, 200, 600, 200).meets(moved.box)
