"""The fast router against the page in plain Python."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from edgewise.reference.router import expect, route
from edgewise.select.router.cells import Cells
from edgewise.select.router.neighbours import Neighbours


@given(
    images=st.integers(1, 40),
    width=st.integers(1, 5),
    models=st.integers(1, 4),
    k=st.integers(1, 12),
    prior=st.sampled_from([0.0, 3.0]),
    price=st.sampled_from([0.0, 0.01, 0.2]),
    seed=st.integers(0, 2**31),
)
def test_they_agree(images: int, width: int, models: int, k: int, prior: float, price: float, seed: int) -> None:
    rng = np.random.default_rng(seed)
    points = rng.integers(-3, 4, (images, width)).astype(np.float64)  # many ties
    worth = (rng.random((images, models)) < 0.5).astype(np.float32)
    extra_ms = np.sort(rng.uniform(0, 5, models))
    cells, order = Cells.of(points)
    fast = Neighbours(cells, worth[order], k, prior)
    query = rng.integers(-4, 5, width).astype(np.float64)
    coded = np.clip(np.rint(query / cells.step), -127, 127).tolist()
    codes = cells.codes.astype(float).tolist()
    rows = worth[order].tolist()
    expected = fast.expect(query[None])[0]
    np.testing.assert_allclose(expected, expect(codes, rows, coded, k, prior), rtol=1e-12)
    plain = route(codes, rows, coded, k, prior, extra_ms.tolist(), price)
    utilities = expected - price * extra_ms
    assert utilities[plain] >= utilities.max() - 1e-12


def test_a_worked_example() -> None:
    points, worth = [[0.0], [1.0], [1.0], [9.0]], [[1, 0], [0, 1], [0, 0], [0, 1]]
    assert expect(points, worth, [0.0], 2, 0.0) == [1 / 3, 1 / 3]  # the second is as near as the third
    assert route(points, worth, [9.0], 1, 0.0, [0.0, 4.0], 0.2) == 1
    assert route(points, worth, [9.0], 1, 0.0, [0.0, 4.0], 0.3) == 0
