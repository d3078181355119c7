import numpy as np
import pytest

from edgewise.select.budget.margin import MARGINS, resampled_margin
from edgewise.select.budget.points import Point


def _point(right: np.ndarray, ms: float) -> Point:
    worth = right.astype(np.float32)
    time_ms = np.full(len(right), ms, np.float32)
    return Point("m", 0, ("a",), float(worth.mean()), worth, time_ms, ms, ms, None, 0.0)


def _twins(count: int, images: int, seed: int) -> list[Point]:
    """Points that are all as accurate as each other but for luck, each a little faster than the last."""
    rng = np.random.default_rng(seed)
    return [_point(rng.random(images) < 0.9, 10.0 - place / count) for place in range(count)]


def test_the_luck_of_many_asks_for_a_margin() -> None:
    best = _point(np.random.default_rng(7).random(500) < 0.92, 20.0)
    few = resampled_margin([best, *_twins(2, 500, 1)], [best])
    many = resampled_margin([best, *_twins(200, 500, 1)], [best])
    assert many > few


def test_what_is_surely_as_accurate_needs_none() -> None:
    right = np.random.default_rng(0).random(400) < 0.8
    best, better = _point(right, 20.0), _point(right | (np.arange(400) % 4 == 0), 5.0)
    assert resampled_margin([best, better], [best]) == 0.0


def test_what_never_passes_asks_for_none() -> None:
    images = 400
    best = _point(np.ones(images, bool), 20.0)
    worse = _point(np.arange(images) % 2 == 0, 1.0)
    assert resampled_margin([worse], [best]) == 0.0, "it never passes, so nothing is lost"
    assert resampled_margin([], [best]) == 0.0
    assert MARGINS[0] == 0.0


def test_the_same_seed_finds_the_same() -> None:
    points, best = _twins(30, 300, 0), _point(np.random.default_rng(5).random(300) < 0.9, 20.0)
    assert len({resampled_margin([best, *points], [best], seed=4) for _ in range(3)}) == 1


@pytest.mark.parametrize("images", [1, 2, 3, 5])
def test_resamples_that_leave_no_image_out_say_nothing(images: int) -> None:
    best, worse = _point(np.ones(images, bool), 20.0), _point(np.arange(images) > 0, 5.0)
    assert resampled_margin([best, worse], [best]) in MARGINS
