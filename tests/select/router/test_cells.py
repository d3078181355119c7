import numpy as np
import pytest

from edgewise.select.router import cells as module
from edgewise.select.router.cells import Cells


def _clusters(count: int, width: int, clusters: int, seed: int) -> np.ndarray:
    rng = np.random.default_rng(seed)
    centres = 3 * rng.normal(size=(clusters, width))
    return centres[rng.integers(0, clusters, count)] + rng.normal(size=(count, width))


def _all_distances(cells: Cells, query: np.ndarray) -> np.ndarray:
    code = np.clip(np.rint(query / cells.step), -127, 127).astype(np.int64)
    return ((cells.codes.astype(np.int64) - code) ** 2).sum(axis=1)


@pytest.mark.parametrize(("count", "k"), [(1, 1), (7, 3), (7, 50), (500, 20)])
def test_few_points_are_searched_exactly(count: int, k: int) -> None:
    points = _clusters(count, 5, 3, seed=count)
    cells, _ = Cells.of(points)
    for query in (points[0], points[-1] + 0.4, np.full(5, 1e6)):
        found, _ = cells.nearest(query, k)
        distances = _all_distances(cells, query)
        farthest = np.sort(distances)[min(k, count) - 1]
        assert sorted(found) == np.flatnonzero(distances <= farthest).tolist()


def test_all_that_are_as_near_as_the_last_count() -> None:
    points = np.array([[0.0], [1.0], [1.0], [1.0], [5.0]])
    cells, order = Cells.of(points)
    found, _ = cells.nearest(np.array([0.0]), 2)
    assert sorted(order[found]) == [0, 1, 2, 3]


def test_cells_find_nearly_all(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_FEWEST_POINTS", 1000)
    points = _clusters(8000, 12, 40, seed=1)
    cells, order = Cells.of(points)
    assert len(cells.centres) == 40
    assert (np.sort(order) == np.arange(8000)).all()
    recall: list[float] = []
    for query in points[::100] + 0.1:
        found, distances = cells.nearest(query, 25)
        every = _all_distances(cells, query)
        offset = every[found] - distances  # the same norm of the query for all
        assert (offset == offset[0]).all()
        true = np.flatnonzero(every <= np.sort(every)[24])
        recall.append(len(np.intersect1d(found, true)) / len(true))
    assert np.mean(recall) > 0.97


def test_more_cells_are_looked_into_where_the_nearest_hold_too_few(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_FEWEST_POINTS", 100)
    monkeypatch.setattr(module, "_PROBES", 1)
    points = _clusters(1000, 4, 5, seed=2)
    cells, _ = Cells.of(points)
    assert len(cells.centres) == 5
    for k in (10, 600, 1000, 2000):
        assert len(cells.nearest(points[3], k)[0]) >= min(k, 1000)


def test_the_order_of_points_does_not_matter() -> None:
    points = _clusters(400, 6, 4, seed=3)
    shuffled = np.random.default_rng(0).permutation(400)
    one, first = Cells.of(points)
    other, second = Cells.of(points[shuffled])
    for query in points[::40]:
        assert set(first[one.nearest(query, 9)[0]]) == set(shuffled[second[other.nearest(query, 9)[0]]])


def test_equal_points_are_all_near() -> None:
    cells, _ = Cells.of(np.zeros((30, 2)))
    assert len(cells.nearest(np.zeros(2), 5)[0]) == 30


def test_state_and_back(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_FEWEST_POINTS", 100)
    points = _clusters(700, 4, 5, seed=4)
    cells, _ = Cells.of(points)
    again = Cells.from_state(*cells.state())
    for query in points[::50]:
        np.testing.assert_array_equal(again.nearest(query, 30)[0], cells.nearest(query, 30)[0])
