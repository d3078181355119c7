"""The indexed search gives what the plain one gives, to the last tie."""

import numpy as np
import pytest

from edgewise.select.premodel.neighbours import nearest_rows
from edgewise.select.premodel.point_index import PointIndex

N = 5000
RNG = np.random.default_rng(3)
POINTS = {
    "spread": RNG.random((7, N)),
    "a grid of ties": RNG.integers(0, 4, (7, N)) / 3,
    "two clusters": np.round(RNG.normal(0, 0.01, (7, N)) + RNG.integers(0, 2, (1, N)), 3),
    "one point": np.full((7, N), 0.3),
    "nearly one point": 1 + RNG.integers(0, 3, (7, N)) * 2.0**-50,
    "the origin": np.zeros((7, N)),
    "tiny": RNG.random((7, N)) * 1e-25,
    "huge": RNG.random((7, N)) * 1e200,
    "large": RNG.random((7, N)) * 1e149,
    "many features": RNG.random((29, N)),  # more than NumPy sums one by one along a last axis
    "one feature": RNG.random((1, N)),
}


@pytest.mark.parametrize("name", POINTS)
@pytest.mark.parametrize("k", [1, 5, 64, 65])
def test_finds_what_the_plain_search_finds(name: str, k: int) -> None:
    points = POINTS[name]
    width = points.shape[0]
    rng = np.random.default_rng(4)
    queries = np.concatenate(
        [points[:, :8].T, points[:, :4].T * 1.001, rng.random((8, width)), rng.normal(size=(4, width)) * 1e8]
    )
    index = PointIndex.of(points)
    expected = nearest_rows(points, queries, k)
    np.testing.assert_array_equal(index.nearest(queries, k), expected)
    np.testing.assert_array_equal(np.concatenate([index.nearest(query[None], k) for query in queries]), expected)


@pytest.mark.parametrize("count", [1, 6, 4095, 4096, 4097, 4352])
def test_any_number_of_points(count: int) -> None:
    points = np.random.default_rng(count).random((3, count))
    queries, k = points[:, :3].T + 0.01, min(5, count)
    np.testing.assert_array_equal(PointIndex.of(points).nearest(queries, k), nearest_rows(points, queries, k))


@pytest.mark.parametrize("far", [1e14, 1e16, 1e300])
def test_a_query_beyond_all_bounds(far: float) -> None:
    points = POINTS["spread"]
    query = np.full((1, 7), far)
    np.testing.assert_array_equal(PointIndex.of(points).nearest(query, 5), nearest_rows(points, query, 5))


def test_no_queries() -> None:
    assert PointIndex.of(POINTS["spread"]).nearest(np.empty((0, 7)), 5).shape == (0, 5)
