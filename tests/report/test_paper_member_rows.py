"""Algorithm 1's steps as bars, the published ones first."""

import pytest

from edgewise.report.paper_member_rows import member_rows
from edgewise.report.paper_rows import UNSHADED, published_shares
from tests.report.small_study import small_study


def test_the_published_steps_come_first_and_add_up_to_their_ceiling() -> None:
    first, *ours = member_rows(small_study())
    assert first.words == "MobileNet_v1_100 70.75, Inception_v4 +12.84, ResNet_v1_152 +2.55"
    assert first.ceiling == "86.14%"
    assert [row.name for row in ours] == ["accuracy", "optimal", "alternate", "accuracy, theta 0"]


def test_every_bar_is_whole_and_shades_are_those_of_the_models() -> None:
    models = list(small_study().overhead.models_ms)
    for row in member_rows(small_study()):
        assert sum(stretch.percent for stretch in row.bar.stretches) == pytest.approx(100)
        for stretch in row.bar.stretches:
            if stretch.shade not in (None, UNSHADED):
                assert models[stretch.shade] == stretch.name


def test_the_published_shares_are_a_bar_of_none_of_our_models() -> None:
    bar = published_shares()
    assert bar.words == "MobileNet 72.9%, Inception_v4 12.3%, ResNet_v1_152 2.4%, refused 12.5%"
    assert [stretch.shade for stretch in bar.stretches] == [UNSHADED, UNSHADED, UNSHADED, None]
