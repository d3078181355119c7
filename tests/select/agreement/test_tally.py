import numpy as np
import pytest

from edgewise.select.agreement.meanings import Meanings
from edgewise.select.agreement.tally import candidates, probabilities, spread, tally


def test_candidates_stand_once() -> None:
    named, first = candidates(np.array([[[5, 2], [2, 7]]]))
    assert named.tolist() == [[2, 2, 5, 7]]
    assert first.tolist() == [[True, False, True, True]]


def test_none_takes_its_share() -> None:
    shares = probabilities(np.zeros((1, 3), np.float32), np.array([[True, False, True]]), 0.0)
    assert shares.tolist() == [pytest.approx([1 / 3, 0, 1 / 3])]


def test_places_are_worth_their_weights() -> None:
    ballots = np.array([[[0, 1], [0, 2]]])
    meanings = Meanings.learn(ballots, np.array([0]), 3)
    weights = np.array([[2.0, 1.0, 0, 0], [3.0, -1.0, 0, 0]], np.float32)
    named, shares = tally(ballots, meanings, np.arange(2), weights, 0.0)
    powers = np.exp([5.0, 1.0, -1.0, 0.0])
    assert named.tolist() == [[0, 0, 1, 2]]
    assert shares[0, [0, 2, 3]] == pytest.approx(powers[:3] / powers.sum(), rel=1e-5)
    assert shares[0, 1] == 0


def test_the_rest_is_shared_by_what_nobody_named() -> None:
    whole = spread(np.array([[1, 1, 3]]), np.float32([[0.5, 0.0, 0.2]]), 5)
    assert whole[0] == pytest.approx([0.1, 0.5, 0.1, 0.2, 0.1])
    everything = spread(np.array([[0, 1]]), np.float32([[0.6, 0.2]]), 2)
    assert everything[0] == pytest.approx([0.75, 0.25])
