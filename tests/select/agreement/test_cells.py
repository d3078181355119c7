import numpy as np
import pytest

from edgewise.select.agreement.cells import Cells, sureness


def test_what_the_second_has_of_the_rest() -> None:
    shares = np.float32([[0.1, 0.6, 0.3], [0.5, 0.0, 0.0], [1.0, 0.0, 0.0], [0.4, 0.4, 0.0]])
    assert sureness(shares) == pytest.approx(np.array([[0.6, 0.75], [0.5, 0.0], [1.0, 0.0], [0.4, 2 / 3]]))


def test_cells_are_equally_full() -> None:
    sure = np.random.default_rng(0).random((4000, 2)).astype(np.float32)
    cells = Cells.cut(sure, 8)
    assert len(cells) == 16
    assert np.bincount(cells.of(sure), minlength=16).tolist() == pytest.approx([250] * 16, abs=2)


def test_few_values_make_few_cells() -> None:
    sure = np.column_stack([np.repeat([0.25, 0.75], [50, 49]), np.zeros(99)]).astype(np.float32)
    cells = Cells.cut(sure, 11)
    assert cells.edges.tolist() == [0.25, 0.75]
    assert set(cells.of(sure)) == {2, 4}
