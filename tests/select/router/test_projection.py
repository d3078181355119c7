import numpy as np
import pytest

from edgewise.errors import UsageError
from edgewise.select.router.projection import Projection

RNG = np.random.default_rng(0)
ROWS = RNG.normal(size=(300, 8)) * np.array([9, 5, 3, 1, 0.5, 0.1, 0.01, 0])


def test_it_keeps_the_widest_directions() -> None:
    projected = Projection.fit(ROWS, 3, 1.0).apply(ROWS)
    assert projected.shape == (300, 3)
    assert np.abs(np.corrcoef(projected.T, ROWS[:, :3].T)[:3, 3:]).diagonal() == pytest.approx([1, 1, 1], abs=0.01)


@pytest.mark.parametrize("spread", [0.5, 2.0])
def test_the_spread_is_as_asked_and_the_mean_is_gone(spread: float) -> None:
    projected = Projection.fit(ROWS + 100, 5, spread).apply(ROWS + 100)
    assert np.sqrt(projected.var(axis=0).sum()) == pytest.approx(spread, rel=1e-3)
    assert projected.mean(axis=0) == pytest.approx(np.zeros(5), abs=1e-6)


def test_deviations_are_those_of_the_components_rooted() -> None:
    plain = ROWS[:, :3].std(axis=0)
    projected = Projection.fit(ROWS[:, :3], 3, 1.0).apply(ROWS[:, :3]).std(axis=0)
    assert projected / projected[0] == pytest.approx(np.sqrt(plain / plain[0]), rel=0.05)


def test_units_do_not_matter_where_columns_are_brought_alike() -> None:
    units = np.array([1, 1000, 1, 1e-3, 1, 1, 1, 1])
    one = Projection.fit(ROWS, 4, 1.0, alike=True).apply(ROWS)
    other = Projection.fit(ROWS * units, 4, 1.0, alike=True).apply(ROWS * units)
    np.testing.assert_allclose(np.abs(one), np.abs(other), atol=1e-4)


def test_a_row_gets_the_same_alone_and_among_others() -> None:
    wide = RNG.normal(size=(50, 700))
    projection = Projection.fit(wide, 16, 1.0)
    together = projection.apply(wide)
    np.testing.assert_array_equal(together, np.concatenate([projection.apply(row[None]) for row in wide]))


def test_rows_that_are_all_the_same_project_to_nothing() -> None:
    same = np.full((5, 3), 7.0)
    assert Projection.fit(same, 2, 1.0).apply(same).tolist() == [[0.0]] * 5


@pytest.mark.parametrize("rows", [np.zeros((0, 3)), np.full((4, 3), np.nan)])
def test_rows_that_cannot_be_projected(rows: np.ndarray) -> None:
    with pytest.raises(UsageError, match="finite embeddings"):
        Projection.fit(rows, 2, 1.0)


def test_another_width_is_refused() -> None:
    with pytest.raises(UsageError, match="8 numbers of an image; 5 were given"):
        Projection.fit(ROWS, 2, 1.0).apply(ROWS[:, :5])
