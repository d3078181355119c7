"""The integer program against trying every allocation."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from edgewise.reference.allocation import allocate as try_all
from edgewise.select.router.allocation import allocate


@given(images=st.integers(1, 6), models=st.integers(1, 3), tied=st.booleans(), seed=st.integers(0, 2**31))
def test_they_agree(images: int, models: int, tied: bool, seed: int) -> None:
    rng = np.random.default_rng(seed)
    p_right = rng.integers(0, 5, (images, models)) / 4 if tied else rng.random((images, models))
    costs = np.sort(rng.integers(0, 6, models) / 2 if tied else rng.uniform(0, 3, models))
    budget = float(rng.uniform(costs[0], costs[-1] + 0.1))
    fast, plain = allocate(p_right, costs, budget), try_all(p_right.tolist(), costs.tolist(), budget)
    rows = np.arange(images)
    assert costs[fast].mean() <= budget * (1 + 1e-9)
    best = p_right[rows, list(plain)].sum()
    assert best * (1 - 2e-4) - 1e-9 <= p_right[rows, fast].sum() <= best + 1e-9


def test_a_worked_example() -> None:
    p_right, costs = [[0.5, 0.9], [0.5, 0.6], [0.1, 0.9]], [1.0, 3.0]
    assert try_all(p_right, costs, 5 / 3) == (0, 0, 1)
    assert try_all(p_right, costs, 3.0) == (1, 1, 1)


def test_no_budget_at_all() -> None:
    with pytest.raises(ValueError, match="cheapest"):
        try_all([[0.5, 0.9]], [1.0, 2.0], 0.5)
