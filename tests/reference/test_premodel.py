"""The fast premodel against the page in plain Python, on data made to tie."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edgewise.reference.premodel import premodel
from edgewise.select.premodel.knn_chain import KnnChain


@given(
    rows=st.integers(1, 40),
    features=st.integers(1, 4),
    levels=st.integers(0, 3),
    k=st.integers(1, 7),
    grid=st.sampled_from([1, 2, 5, 1000]),
    seed=st.integers(0, 2**31),
)
@settings(max_examples=200)
def test_they_agree_on_duplicates_and_ties(rows: int, features: int, levels: int, k: int, grid: int, seed: int) -> None:
    rng = np.random.default_rng(seed)
    # Few grid values give duplicate points, equal distances and constant features; thirds are inexact in binary.
    training = rng.integers(0, grid + 1, (rows, features)) / 3
    labels = rng.integers(0, levels + 1, rows)
    queries = rng.integers(-1, grid + 3, (8, features)) / 3
    chain = KnnChain.fit(training, labels, k, levels)
    fast = chain.choose(chain.votes(queries))
    plain = [premodel(training.tolist(), labels.tolist(), levels, query, k) for query in queries.tolist()]
    assert fast.tolist() == plain


@given(st.lists(st.floats(-1e6, 1e6), min_size=6, max_size=24), st.integers(0, 2**31))
def test_they_agree_on_any_numbers(values: list[float], seed: int) -> None:
    training = np.array(values[: len(values) // 2 * 2]).reshape(-1, 2)
    labels = np.random.default_rng(seed).integers(0, 3, len(training))
    chain = KnnChain.fit(training, labels, 3, 2)
    queries = training * 0.7 + 0.1
    fast = chain.choose(chain.votes(queries))
    assert fast.tolist() == [premodel(training.tolist(), labels.tolist(), 2, query, 3) for query in queries.tolist()]


def test_a_worked_example() -> None:
    training = [[0.0], [1.0], [2.0], [8.0], [9.0], [10.0]]
    labels = [0, 0, 1, 1, 1, 2]
    assert [premodel(training, labels, 2, [query], k=3) for query in (0.5, 8.5)] == [0, 1]
    assert premodel(training, [0, 1, 2, 0, 1, 2], 2, [1.0], k=3) == 2, "one vote each is a majority for none"


def test_more_points_than_the_block_bound_needs() -> None:
    rng = np.random.default_rng(5)
    training, labels = rng.integers(0, 30, (1500, 2)) / 7, rng.integers(0, 4, 1500)
    chain = KnnChain.fit(training, labels, 5, 3)
    queries = rng.integers(0, 30, (5, 2)) / 7
    plain = [premodel(training.tolist(), labels.tolist(), 3, query) for query in queries.tolist()]
    assert chain.choose(chain.votes(queries)).tolist() == plain


@pytest.mark.parametrize("k", [1, 5])
def test_a_training_point_of_its_own_is_its_nearest(k: int) -> None:
    training = [[float(i)] for i in range(10)]
    labels = [0] * 5 + [1] * 5
    assert [premodel(training, labels, 2, row, k) for row in training] == labels
