"""What a network for one more user is, from those of the real ones."""

from __future__ import annotations

import numpy as np
import pytest

from edgewise.errors import UsageError
from edgewise.fleet.pruning_law import PruningLaw
from tests.fleet.conftest import made


def test_errors_are_those_of_users_who_are_left_out() -> None:
    law = PruningLaw([made("a", drop=0.00), made("b", drop=0.03), made("c", drop=0.06)])
    assert law.errors("drop") == pytest.approx([4.5, 0.0, 4.5])  # points: 0 from a mean of 4.5, 3 from 3, 6 from 1.5
    fast = PruningLaw([made("a", times_as_fast=2.0), made("b", times_as_fast=4.0)])
    assert fast.errors("times_as_fast") == pytest.approx([1.0, 0.5])  # 4 foretold of 2, 2 foretold of 4


def test_a_drawn_user_is_as_far_from_the_law_as_a_real_one_in_all_at_once() -> None:
    law = PruningLaw([made("a", drop=0.00, times_as_fast=2.0), made("b", drop=0.04, times_as_fast=3.0)])
    rng = np.random.default_rng(0)
    drawn = [law.draw(5, rng) for _ in range(40)]
    assert {one.of.user for one in drawn} == {"a", "b"}
    for one in drawn:  # the law's middle, and what it is off by for the one left out: twice as far from the middle
        middle, off = (0.02, -0.04) if one.of.user == "a" else (0.02, 0.04)
        assert one.drop == pytest.approx(middle + off)
        assert (one.times_as_fast < np.sqrt(6)) == (one.of.user == "a")


def test_more_classes_matter_where_real_users_show_it() -> None:
    steady = [made(str(count), count, drop=0.01 * np.log(count)) for count in (2, 3, 5, 8, 10)]
    law = PruningLaw(steady)
    assert law.fitted["drop"].shape == "by log of classes"
    assert law.fitted["drop"].at(20) == pytest.approx(0.01 * np.log(20))
    assert law.fitted["times_as_fast"].shape == "mean"
    of_five = PruningLaw([made(str(number), 5, drop=0.01 * number) for number in range(6)])
    assert of_five.fitted["drop"].shape == "mean"


def test_one_real_user_is_too_few() -> None:
    with pytest.raises(UsageError, match="two real users"):
        PruningLaw([made("a")])
