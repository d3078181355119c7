import numpy as np
import pytest

from edgewise.errors import UsageError
from edgewise.select.premodel.knn_chain import KnnChain


def _line(labels: list[int], k: int = 3, levels: int = 2) -> KnnChain:
    """Points at 0, 1, 2, ... on one feature."""
    return KnnChain.fit(np.arange(len(labels), dtype=float)[:, None], np.array(labels), k, levels)


def test_the_first_level_with_a_majority_wins() -> None:
    chain = _line([0, 0, 1, 1, 1, 2, 2, 2])
    votes = chain.votes(np.array([[0.0], [3.0], [6.0], [1.1]]))
    assert votes.tolist() == [[2, 1], [0, 3], [0, 0], [2, 1]]
    assert chain.choose(votes).tolist() == [0, 1, 2, 0]


def test_an_even_vote_is_a_no() -> None:
    chain = _line([0, 1], k=2)
    assert chain.choose(chain.votes(np.array([[0.4]]))).tolist() == [2]


def test_fewer_points_than_neighbours_all_vote() -> None:
    chain = _line([0, 0, 1], k=5)
    assert chain.voters == 3
    assert chain.choose(chain.votes(np.array([[2.0]]))).tolist() == [0]


def test_a_feature_that_was_constant_in_training_counts_for_nothing() -> None:
    features = np.column_stack([np.arange(6.0), np.full(6, 7.0)])
    chain = KnnChain.fit(features, np.array([0, 0, 0, 1, 1, 1]), 3, 2)
    # Were its difference of 1e9 added, rounding would make all distances equal, and the first rows win the tie.
    near_and_far = chain.votes(np.array([[4.0, 7.0], [4.0, -1e9]]))
    assert near_and_far.tolist() == [[0, 3], [0, 3]]


def test_scaling_is_by_the_training_range_and_not_clipped() -> None:
    features = np.array([[0.0, 0.0], [10.0, 1000.0]])
    chain = KnnChain.fit(features, np.array([0, 1]), 1, 2)
    # Unscaled, the second feature would decide; scaled, (9, 300) is 0.9 and 0.3: distance^2 0.90 against 0.50.
    assert chain.choose(chain.votes(np.array([[9.0, 300.0]]))).tolist() == [1]
    # Clipped to (1, 0), both points would be at distance 1 and row 0 would win the tie.
    assert chain.choose(chain.votes(np.array([[30.0, 0.0]]))).tolist() == [1]


def test_no_level_at_all_is_always_left_over() -> None:
    chain = _line([0, 0, 0], levels=0)
    assert chain.choose(chain.votes(np.array([[0.0]]))).tolist() == [0]


@pytest.mark.parametrize("features", [[[np.nan]], [[np.inf]], [[1.0, 2.0]], [1.0]])
def test_features_that_cannot_be_compared(features: list[object]) -> None:
    with pytest.raises(UsageError, match=r"[Ff]eature"):
        _line([0, 1, 1]).votes(np.array(features))


def test_at_least_one_neighbour_votes() -> None:
    with pytest.raises(UsageError, match="n_neighbors is 0"):
        _line([0, 1], k=0)


def test_training_features_must_be_finite() -> None:
    with pytest.raises(UsageError, match="finite"):
        KnnChain.fit(np.array([[np.nan]]), np.array([0]), 1, 1)
