"""The law that classes are drawn by."""

from __future__ import annotations

import numpy as np
import pytest

from edgewise.errors import UsageError
from edgewise.fleet.popularity import Popularity


def test_classes_are_drawn_as_the_law_says() -> None:
    law, rng = Popularity(20, 1.0), np.random.default_rng(0)
    counts = np.bincount([law.draw(1, rng)[0] for _ in range(20_000)], minlength=20)
    expected = 1 / np.arange(1, 21)
    expected *= 20_000 / expected.sum()
    assert np.square((counts - expected) / np.sqrt(expected)).sum() < 44  # chi-square, 19 degrees: 1 in 1,000


def test_another_class_follows_the_same_law_among_those_that_are_left() -> None:
    law, rng = Popularity(10, 2.0), np.random.default_rng(1)
    found = np.bincount([law.another({0, 1}, rng) for _ in range(5000)], minlength=10)
    assert found[:2].tolist() == [0, 0]
    assert found[2] / found[3] == pytest.approx((4 / 3) ** 2, rel=0.1)


@pytest.mark.parametrize("exponent", [0.0, 1.0, 3.0])
def test_a_user_never_has_a_class_twice(exponent: float) -> None:
    law, rng = Popularity(12, exponent), np.random.default_rng(2)
    for _ in range(50):
        assert len(set(law.draw(12, rng))) == 12


def test_another_class_is_found_where_those_taken_are_nearly_all_there_is() -> None:
    law, rng = Popularity(1000, 10.0), np.random.default_rng(3)
    found = np.bincount([law.another(range(5), rng) for _ in range(300)], minlength=10)
    assert found[:5].sum() == 0
    assert found[5] > found[6] > found[8]


def test_what_cannot_be_drawn_is_said() -> None:
    law, rng = Popularity(5, 1.0), np.random.default_rng(0)
    with pytest.raises(UsageError, match="6 classes"):
        law.draw(6, rng)
    with pytest.raises(UsageError, match="taken"):
        law.another(range(5), rng)
    with pytest.raises(UsageError, match="exponent"):
        Popularity(5, -1.0)
