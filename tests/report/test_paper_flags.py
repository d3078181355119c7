"""The curve of the flags, against rates that are written down."""

import re
from dataclasses import replace

import pytest

from edgewise.report.paper_flags import curves, draw_flags
from edgewise.select.premodel.radius_confidence import VoteFlags
from tests.report.small_study import small_study


def test_every_setting_is_a_point_where_its_rates_are() -> None:
    found = replace(small_study(), soundness={}, votes=(VoteFlags(0.5, 9, 9, 0.75, 0.25), VoteFlags(0.9, 9, 9, 1, 1)))
    svg = str(draw_flags(found, 358, 378))
    points = re.findall(r'<circle class="mark single" cx="([\d.]+)" cy="([\d.]+)"', svg)
    # The frame is 44 to 344 across and 336 up to 26.
    assert points == [("119.0", "103.5"), ("344.0", "26.0")]


def test_the_published_point_and_the_flag_that_looks_at_nothing_are_drawn() -> None:
    svg = str(draw_flags(small_study(), 620, 480))
    ((x, y),) = re.findall(r'<circle class="published" cx="([\d.]+)" cy="([\d.]+)"', svg)
    assert float(x) == pytest.approx(44 + 0.055 * 562, abs=0.1)
    assert float(y) == pytest.approx(438 - 0.874 * 412, abs=0.1)
    assert 'class="mixing blind" d="M44.0 438.0L606.0 26.0"' in svg


def test_nothing_is_drawn_where_no_choice_was_wrong() -> None:
    nan = float("nan")
    assert curves(replace(small_study(), votes=(VoteFlags(0.5, 0, 60, nan, 0.1),))) == {}
    assert set(curves(small_study())) == {"p-value", "singleton", "votes"}
