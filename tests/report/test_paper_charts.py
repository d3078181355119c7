"""The drawings of feature selection, against the figures that they show."""

import re
from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest

from edgewise.report.paper_charts import draw_matrix, draw_sweep
from edgewise.select.features.correlation import drop_correlated
from edgewise.select.features.feature_sweep import Sweep, SweepPoint
from edgewise.select.judge.fair_table import Interval


def test_the_matrix_shows_every_pair_and_frames_the_strong_ones() -> None:
    x = np.arange(20.0)
    rng = np.random.default_rng(0)
    found = drop_correlated(np.column_stack([x, -x, rng.random(20)]), ["up", "down & out", "noise"])
    svg = str(draw_matrix(found))
    assert svg.count("<rect") == 9
    assert svg.count(" strong") == 2
    assert "up, down &amp; out: -1.00" in svg
    assert len(re.findall(r'<text class="gone"[^>]*>down &amp; out<', svg)) == 2
    assert len(re.findall(r'class="negative strong"[^>]*fill-opacity="1.00"', svg)) == 2


def _sweep(count: int) -> Sweep:
    points = tuple(SweepPoint(i, Interval(0.7 - i / 100, 0.6, 0.75), 0.1 * i, {}) for i in range(1, count + 1))
    return Sweep(5, points, Interval(0.5, 0.45, 0.55))


def test_the_sweep_has_a_point_per_count_inside_the_picture_and_falls_as_the_figures_do() -> None:
    svg = str(draw_sweep(_sweep(8), 1000, 640, 320))
    circles = [(float(x), float(y)) for x, y in re.findall(r'<circle[^>]* cx="([\d.]+)" cy="([\d.]+)"', svg)]
    assert len(circles) == 8
    assert circles == sorted(circles)
    assert [y for _, y in circles] == sorted(y for _, y in circles)
    assert all(0 < x < 640 and 0 < y < 320 for x, y in circles)
    assert svg.count('class="mixing"') == 1


def test_costs_stand_below_as_bars_as_high_as_they_are_and_only_where_there_are_any() -> None:
    svg = str(draw_sweep(_sweep(4), 1000, 640, 404))
    heights = [float(height) for height in re.findall(r'<rect class="cost"[^>]* height="([\d.]+)"', svg)]
    assert heights == [pytest.approx(heights[-1] * part, abs=0.1) for part in (0.25, 0.5, 0.75, 1)]
    assert "their time, up to 0.400 ms" in svg
    free = Sweep(5, tuple(replace(point, features_ms=0.0) for point in _sweep(4).points), _sweep(4).base)
    assert 'class="cost"' not in str(draw_sweep(free, 1000, 640, 404))


def test_a_narrow_picture_leaves_out_counts_rather_than_laying_them_on_each_other() -> None:
    for count, width in ((29, 358), (29, 992), (1, 358), (17, 640)):
        svg = str(draw_sweep(_sweep(count), 1000, width, 300))
        places = [float(x) for x in re.findall(r'<text class="tick" x="([\d.]+)" y="\d+.\d" text-anchor="middle"', svg)]
        assert places
        assert all(right - left >= 18 for left, right in pairwise(places)), (count, width)
