"""Figures as they are written."""

from __future__ import annotations

import pytest

from edgewise.report.figures import (
    count,
    digits_ms,
    listed,
    milliseconds,
    percent,
    points,
    rough_percent,
    size_in_points,
)


@pytest.mark.parametrize(
    ("difference", "text"),
    [(0.023, "+2.3"), (-0.019, "\N{MINUS SIGN}1.9"), (0.0004, "0.0"), (-0.0004, "0.0"), (0.1, "+10.0")],
)
def test_points_have_a_sign_unless_they_round_to_nothing(difference, text):
    assert points(difference) == text


def test_one_point_is_singular():
    assert [size_in_points(d) for d in (-0.01, 0.011)] == ["1.0 point", "1.1 points"]


@pytest.mark.parametrize(("ms", "text"), [(0.626, "0.626"), (4.705, "4.71"), (23.46, "23.5"), (641.2, "641")])
def test_times_have_three_digits(ms, text):
    assert milliseconds(ms) == text


def test_a_column_of_times_has_one_number_of_decimals():
    assert [digits_ms(column) for column in ([0.6, 3.7], [0.6, 60.2], [0.6, 641.0], [])] == [2, 1, 0, 3]


def test_what_is_there_never_reads_as_nothing():
    assert [rough_percent(share) for share in (0.0, 0.001, 0.006, 0.996)] == ["0%", "<1%", "1%", "100%"]


def test_words_around_numbers():
    assert (count(1, "class", "classes"), count(1000, "class", "classes")) == ("1 class", "1,000 classes")
    assert (listed(["a"]), listed(["a", "b", "c"])) == ("a", "a, b and c")
    assert (percent(0.725, 100), percent(0.725, 1000)) == ("72%", "72.5%")
