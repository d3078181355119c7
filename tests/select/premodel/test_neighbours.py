import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from edgewise.select.premodel import neighbours
from edgewise.select.premodel.neighbours import nearest_rows, squared_distances


def _by_sorting(points: np.ndarray, queries: np.ndarray, k: int) -> list[list[int]]:
    distances = squared_distances(points, queries)
    return [sorted(range(points.shape[1]), key=lambda i: (row[i], i))[:k] for row in distances]


@given(st.integers(1, 40), st.integers(1, 9), st.integers(1, 3), st.integers(0, 2**31))
def test_nearest_first_and_ties_by_row(points: int, k: int, grid: int, seed: int) -> None:
    rng = np.random.default_rng(seed)
    known = rng.integers(0, grid + 1, (2, points)).astype(float)
    queries = rng.integers(0, grid + 1, (5, 2)).astype(float)
    k = min(k, points)
    assert nearest_rows(known, queries, k).tolist() == _by_sorting(known, queries, k)


@pytest.mark.parametrize("distinct", [3, 40, 10**9])
@pytest.mark.parametrize("k", [1, 5, 300])
def test_many_points_use_the_block_bound_and_stay_exact(distinct: int, k: int) -> None:
    rng = np.random.default_rng(1)
    known = rng.integers(0, distinct, (3, 2500)) / distinct
    queries = rng.integers(0, distinct, (6, 3)) / distinct
    assert nearest_rows(known, queries, k).tolist() == _by_sorting(known, queries, k)


def test_chunks_do_not_show(monkeypatch: pytest.MonkeyPatch) -> None:
    rng = np.random.default_rng(2)
    known, queries = rng.random((4, 50)), rng.random((23, 4))
    whole = nearest_rows(known, queries, 5)
    monkeypatch.setattr(neighbours, "_CHUNK_VALUES", 150)
    assert (nearest_rows(known, queries, 5) == whole).all()


def test_a_query_beyond_all_bounds_ties_every_point() -> None:
    known = np.array([[0.0, 0.5, 1.0]])
    assert nearest_rows(known, np.array([[1e300]]), 2).tolist() == [[0, 1]]
