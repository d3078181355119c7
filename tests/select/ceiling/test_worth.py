import numpy as np
import pytest

from edgewise.select.ceiling.worth import without_guesses, worth_of_models

NAMES = ("a", "b", "c")


def test_each_model_is_counted_on_what_those_above_it_get_wrong() -> None:
    right = np.array([[1, 1, 1], [1, 0, 1], [0, 1, 1], [0, 1, 0], [0, 0, 0]], bool)
    rows = worth_of_models(NAMES, right, np.ones(5), first=2, classes=4, k=1)
    assert [row.model for row in rows] == ["c", "b", "a"]
    assert [row.added for row in rows] == pytest.approx([0.6, 0.2, 0.0])
    assert [row.reached for row in rows] == pytest.approx([0.6, 0.8, 0.8])
    assert [row.guessing for row in rows] == pytest.approx([0.25, 0.4 / 4, 0.2 / 4])


def test_of_models_that_add_alike_the_cheapest_is_next() -> None:
    right = np.array([[1, 0, 0], [0, 1, 0], [0, 0, 1]], bool)
    assert [row.model for row in worth_of_models(NAMES, right, np.ones(3), 2, 4, 1)] == ["c", "a", "b"]


def test_images_may_be_worth_more_than_others() -> None:
    right = np.array([[1, 0, 0], [0, 1, 0], [0, 0, 1]], bool)
    rows = worth_of_models(NAMES, right, np.array([0.5, 2.0, 0.5]), 0, 4, 1)
    assert [row.model for row in rows] == ["a", "b", "c"]
    assert rows[1].added == pytest.approx(2 / 3)


@pytest.mark.parametrize(("classes", "k"), [(20, 1), (20, 5), (5, 5)])
def test_models_that_only_guess_are_worth_nothing_without_their_guesses(classes: int, k: int) -> None:
    rng = np.random.default_rng(0)
    chance = k / classes
    right = rng.random((20_000, 6)) < np.array([0.7, *[chance] * 5])
    rows = worth_of_models(tuple("abcdef"), right, np.ones(20_000), 0, classes, k)
    assert rows[-1].reached == pytest.approx(1 - 0.3 * (1 - chance) ** 5, abs=0.02)
    assert without_guesses(rows) == pytest.approx(rows[0].reached, abs=0.015)


def test_what_is_known_is_left() -> None:
    rng = np.random.default_rng(1)
    first, knows = rng.random(50_000) < 0.6, rng.random(50_000) < 0.5
    guessed = rng.random(50_000) < 0.1
    right = np.column_stack([first, knows | guessed])
    rows = worth_of_models(("a", "b"), right, np.ones(50_000), 0, 10, 1)
    assert rows[-1].reached == pytest.approx(0.6 + 0.4 * (0.5 + 0.5 * 0.1), abs=0.01)
    assert without_guesses(rows) == pytest.approx(0.6 + 0.4 * 0.5, abs=0.01)


def test_nothing_fails() -> None:
    rows = worth_of_models(("a", "b"), np.ones((3, 2), bool), np.ones(3), 0, 4, 1)
    assert without_guesses(rows) == 1
