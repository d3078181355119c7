"""The correlation filter against the page in plain Python."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from edgewise.reference.correlation import drop_correlated as plain
from edgewise.select.features.correlation import drop_correlated


@given(
    rows=st.integers(2, 30),
    features=st.integers(1, 7),
    copies=st.integers(0, 4),
    grid=st.sampled_from([1, 2, 50]),
    threshold=st.sampled_from([0.0, 0.5, 0.75, 1.0]),
    seed=st.integers(0, 2**31),
)
def test_they_agree_on_copies_and_constants(
    rows: int, features: int, copies: int, grid: int, threshold: float, seed: int
) -> None:
    rng = np.random.default_rng(seed)
    columns = rng.integers(0, grid + 1, (rows, features)) / 3
    # Scaled copies correlate with r = 1 or -1 exactly, which makes pairs and means tie.
    more = [columns[:, rng.integers(features)] * rng.choice([-2.0, 5.0]) + 1 for _ in range(copies)]
    table = np.column_stack([columns, *more])
    names = [f"f{i}" for i in range(table.shape[1])]
    fast = drop_correlated(table, names, threshold)
    assert list(fast.kept) == plain(dict(zip(names, table.T.tolist(), strict=True)), threshold)


def test_a_worked_example() -> None:
    columns = {
        "flat": [3.0, 3.0, 3.0, 3.0],
        "rises": [1.0, 2.0, 3.0, 4.0],
        "falls": [8.0, 6.0, 4.0, 2.0],
        "jumps": [1.0, 0.0, 1.0, 0.0],
    }
    assert plain(columns) == ["rises", "jumps"], "of two that say the same the later one goes"
