import numpy as np
import pytest

from edgewise.select.agreement.meanings import Meanings

# Two models, three places, four classes: the first names 0 thrice, and is right twice; once it means 1.
BALLOTS = np.array([[[0, 1, 2], [1, 0, 2]], [[0, 1, 2], [1, 2, 3]], [[0, 2, 1], [0, 1, 3]], [[3, 1, 2], [2, 0, 1]]])
LABELS = np.array([0, 0, 1, 3])


def _lift(meanings: Meanings, table: int, named: int, meant: int) -> float:
    return float(meanings.lift(np.asarray(table), np.asarray(named), np.asarray(meant)))


def test_it_counts_with_ten_images_in_doubt() -> None:
    meanings = Meanings.learn(BALLOTS, LABELS, 4)
    assert _lift(meanings, 0, 0, 0) == pytest.approx(np.log((2 + 2.5) / 13 * 4))
    assert _lift(meanings, 0, 0, 1) == pytest.approx(np.log((1 + 2.5) / 13 * 4))
    assert _lift(meanings, 0, 0, 3) == pytest.approx(np.log(2.5 / 13 * 4))  # never
    assert _lift(meanings, 0, 2, 1) == pytest.approx(0.0)  # never named first: all alike
    assert _lift(meanings, 1, 1, 0) == pytest.approx(np.log((2 + 2.5) / 14 * 4))  # later choices of the first model


def test_of_later_choices_the_mean_speaks() -> None:
    meanings = Meanings.learn(BALLOTS, LABELS, 4)
    lifts = meanings.lifts_of(BALLOTS[:1], np.array([[0, 3]]), np.array([0, 1]))
    assert lifts.shape == (1, 2, 2, 2)
    assert lifts[0, 0, 1, 0] == _lift(meanings, 2, 1, 0)
    assert lifts[0, 1, 0, 1] == pytest.approx((_lift(meanings, 1, 1, 3) + _lift(meanings, 1, 2, 3)) / 2)


def test_a_class_without_images_and_a_model_alone() -> None:
    whole = Meanings.learn(BALLOTS, LABELS, 4)
    part = whole.only([1])
    alone = Meanings.learn(BALLOTS[:, 1:], LABELS, 4)
    for name, array in alone.arrays().items():
        assert (part.arrays()[name] == array).all(), name
    again = whole.only([1, 0]).only([1, 0])
    assert all((again.arrays()[name] == array).all() for name, array in whole.arrays().items() if name != "pairs")
