"""The fast elimination against the page in plain Python, on data made to tie."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edgewise.reference.elimination import eliminate as plain
from edgewise.reference.elimination import held_out_right
from edgewise.select.features.elimination import eliminate
from edgewise.select.features.feature_sets import Question, chain_right


@given(
    rows=st.integers(6, 16),
    features=st.integers(1, 4),
    levels=st.integers(1, 3),
    k=st.sampled_from([1, 3, 5]),
    grid=st.sampled_from([1, 3, 1000]),
    seed=st.integers(0, 2**31),
)
@settings(max_examples=40, deadline=None)
def test_they_agree(rows: int, features: int, levels: int, k: int, grid: int, seed: int) -> None:
    rng = np.random.default_rng(seed)
    table = rng.integers(0, grid + 1, (rows, features)) / 3
    labels = rng.integers(0, levels + 1, rows)
    fold = np.arange(rows) % 3
    question = Question(table, labels, levels, fold, k)
    names = [str(i) for i in range(features)]
    gone = [int(removal.name) for removal in eliminate(question, names, keep=1).removals]
    assert gone == plain(table.tolist(), labels.tolist(), levels, fold.tolist(), 1, k)
    right = int(chain_right(question, [range(features)]).sum())
    assert right == held_out_right(table.tolist(), labels.tolist(), levels, fold.tolist(), k)


@pytest.mark.parametrize("keep", [1, 2, 3])
def test_a_worked_example(keep: int) -> None:
    """The first column is the label, the others are noise: it is the last to go."""
    rng = np.random.default_rng(0)
    labels = rng.integers(0, 2, 30)
    rows = np.column_stack([labels, rng.random((30, 2))]).tolist()
    gone = plain(rows, labels.tolist(), 1, [i % 5 for i in range(30)], keep)
    assert len(gone) == 3 - keep
    assert 0 not in gone
