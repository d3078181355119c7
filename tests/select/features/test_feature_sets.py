"""Many feature sets at once must say what a `KnnChain` for each set and fold says."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edgewise.errors import UsageError
from edgewise.select.features.feature_sets import Question, chain_right
from edgewise.select.premodel.knn_chain import KnnChain


def one_by_one(question: Question, columns: list[int]) -> list[bool]:
    right = np.empty(len(question.labels), bool)
    for held_out in np.unique(question.fold):
        test, train = question.fold == held_out, question.fold != held_out
        table = question.features[:, columns]
        chain = KnnChain.fit(table[train], question.labels[train], question.n_neighbors, question.levels)
        right[test] = chain.choose(chain.votes(table[test])) == question.labels[test]
    return right.tolist()


@settings(max_examples=40)
@given(grid=st.sampled_from([1, 4, 1000]), k=st.integers(1, 8), seed=st.integers(0, 2**31))
def test_each_set_is_judged_as_by_a_chain_of_its_own(grid: int, k: int, seed: int) -> None:
    rng = np.random.default_rng(seed)
    table = rng.integers(0, grid + 1, (40, 4)) / 7
    question = Question(table, rng.integers(0, 4, 40), 3, rng.permutation(40) % 4, k)
    sets = [[0], [0, 1], [0, 1, 2], [1, 2, 3], [3, 1], [0, 1, 2, 3], [0, 1]]
    found = chain_right(question, sets)
    assert found.tolist() == [one_by_one(question, columns) for columns in sets]


def test_more_rows_than_one_chunk_holds() -> None:
    rng = np.random.default_rng(3)
    question = Question(rng.random((700, 3)), rng.integers(0, 3, 700), 2, np.arange(700) % 2)
    assert chain_right(question, [[0, 2]])[0].tolist() == one_by_one(question, [0, 2])


def test_what_does_not_fit_is_an_error() -> None:
    with pytest.raises(UsageError, match="do not fit 4 labels"):
        Question(np.zeros((5, 2)), np.zeros(4, int), 1, np.zeros(5, int))
    with pytest.raises(UsageError, match="n_neighbors is 0"):
        Question(np.zeros((5, 2)), np.zeros(5, int), 1, np.zeros(5, int), 0)
