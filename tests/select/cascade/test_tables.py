from itertools import permutations, product

import numpy as np
import pytest

from edgewise.select.cascade.tables import View, all_tables


def _views(models: int, rng: np.random.Generator) -> dict[tuple[int, ...], View]:
    """A view of its own for every order of up to four stages, so that none is mistaken for another."""
    views: dict[tuple[int, ...], View] = {}
    for size in range(1, models + 1):
        for stages in permutations(range(models), size):
            grid = np.array([0.2, 0.6, 2.0])[: 2 + len(views) % 2]
            confidence = rng.integers(0, 6, 40) / 5
            right = rng.random(40) < 0.6
            gains = np.stack([right, right * rng.integers(0, 3, 40)]).astype(float)
            views[stages] = View(grid, np.searchsorted(grid, confidence, side="right"), gains)
    return views


def _walked(stages: tuple[int, ...], cell: tuple[int, ...], views, times) -> tuple[list[float], float]:
    """Worth and mean time of one combination of thresholds, image by image."""
    worth, total_ms = np.zeros(2), 0.0
    for image in range(40):
        for stage, model in enumerate(stages):
            total_ms += times[model]
            view = views[stages[: stage + 1]]
            if stage == len(stages) - 1 or view.bins[image] > cell[stage]:
                worth += view.gains[:, image]
                break
    return worth.tolist(), total_ms / 40


@pytest.mark.parametrize("max_stages", [1, 2, 3, 4])
def test_histograms_count_what_a_walk_counts(max_stages: int) -> None:
    views = _views(max(max_stages, 2), np.random.default_rng(max_stages))
    models = range(max(max_stages, 2))
    times = np.array([1.0, 3.0, 10.0, 20.0])
    found = {t.stages: t for t in all_tables(views.__getitem__, models, times, max_stages)}
    assert set(found) == {s for size in range(1, max_stages + 1) for s in permutations(models, size)}
    for stages in [(0,), *(tuple(range(max_stages))[::-1], tuple(range(max_stages)))]:
        tables = found[stages]
        sizes = [len(views[stages[: stage + 1]].grid) for stage in range(len(stages) - 1)]
        assert tables.mean_ms.shape == tuple(sizes)
        for cell in product(*map(range, sizes)):
            worth, mean_ms = _walked(stages, cell, views, times)
            assert tables.worth[(slice(None), *cell)].tolist() == worth
            assert tables.mean_ms[cell] == pytest.approx(mean_ms)


def test_a_beginning_comes_before_what_it_begins() -> None:
    views = _views(3, np.random.default_rng(0))
    stages = [t.stages for t in all_tables(views.__getitem__, range(3), np.ones(3), 3)]
    assert len(stages) == len(set(stages)) == 15
    for at, one in enumerate(stages):
        assert len(one) == 1 or one[:-1] in stages[:at]
