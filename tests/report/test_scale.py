"""Axes: every value has a place, ticks are round and inside."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edgewise.report.scale import Scale, share_scale, time_scale


@given(st.lists(st.floats(0.01, 5000), min_size=1, max_size=12), st.integers(3, 14))
def test_times_and_ticks_lie_inside_the_axis(times, at_most):
    scale = time_scale(times, 44, 900)
    assert all(44 - 1e-6 <= scale.place(time) <= 900 + 1e-6 for time in times)
    ticks = scale.ticks(at_most)
    assert len(ticks) <= at_most
    assert list(ticks) == sorted(set(ticks))
    assert all(44 - 1e-6 <= scale.place(tick) <= 900 + 1e-6 for tick in ticks)


@given(st.lists(st.floats(0, 1), min_size=1, max_size=12))
def test_shares_stay_between_nothing_and_all(shares):
    scale = share_scale(shares, 400, 20)
    assert 0 <= scale.low < scale.high <= 1
    assert len(scale.ticks(8)) >= 1


def test_times_that_differ_much_get_a_logarithmic_axis():
    assert time_scale([1, 9], 0, 100).logarithmic
    assert not time_scale([1, 7], 0, 100).logarithmic


def test_logarithmic_places_are_even_in_ratios():
    scale = Scale(1, 100, 0, 200, logarithmic=True)
    assert scale.place(10) == pytest.approx(100)
    assert scale.ticks(9) == (1, 2, 5, 10, 20, 50, 100)
