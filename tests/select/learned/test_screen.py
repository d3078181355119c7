import numpy as np
import pytest

from edgewise.select.learned.heads import FOLDS, Rows
from edgewise.select.learned.screen import Table, choose_strength, screen
from edgewise.select.learned.sights import Sight


def _table() -> Table:
    """The heads know everything: the first model is right on half, each other one on half of what is left."""
    right = np.array([[1, 1, 1, 1, 0, 0, 0, 0], [1, 1, 1, 1, 1, 1, 0, 0], [1, 1, 1, 1, 1, 1, 1, 0]], bool)
    return Table(right, np.broadcast_to(right.astype(float), (3, 3, 8)), np.full(8, 1 / 8))


@pytest.mark.parametrize(
    ("price", "best"),
    [(0.0001, (0, 1, 2)), (0.05, (0, 1)), (0.2, (0, 1))],
)
def test_what_is_worth_most_is_kept(price: float, best: tuple[int, ...]) -> None:
    times_ms = np.array([1.0, 4.0, 30.0])
    kept = screen(_table(), times_ms, np.array([price]), max_stages=3, keep=1)
    assert kept[:3] == [(0,), (1,), (2,)]
    assert kept[3:] == [best]


def test_a_third_model_that_no_time_buys_is_left_out() -> None:
    kept = screen(_table(), np.array([1.0, 4.0, 30.0]), np.geomspace(1e-5, 1, 9), max_stages=2, keep=2)
    assert all(len(order) <= 2 for order in kept)
    assert all(list(order) == sorted(order) for order in kept), "cheapest first"


def test_one_model_is_one_order() -> None:
    table = Table(np.ones((1, 4), bool), np.ones((1, 1, 4)), np.full(4, 0.25))
    assert screen(table, np.ones(1), np.ones(1), max_stages=1, keep=3) == [(0,)]


@pytest.mark.parametrize("photographed", [5, 2])
def test_classes_that_nobody_photographed_tell_nothing(photographed: int) -> None:
    """The model answers five classes; of answers in the last three, none is ever right where only two occur."""
    rng = np.random.default_rng(4)
    classes, labels = rng.integers(0, 5, 900), rng.integers(0, photographed, 900)
    right = rng.random(900) < np.where(classes < 2, 0.85, 0.05)
    sight = Sight(rng.normal(size=(900, 4)), classes, classes, right, right)
    strength = choose_strength([sight], Rows(np.ones(900), np.arange(900) % FOLDS, 5), labels)
    assert np.isfinite(strength.class_penalty) == (photographed == 5)
