"""The fast conformal predictor against the page in plain Python, on data made to tie."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edgewise.reference.conformal import p_values, strangeness
from edgewise.select.premodel.conformal import Conformal


@given(
    rows=st.integers(4, 30),
    features=st.integers(1, 3),
    classes=st.integers(1, 4),
    k=st.integers(1, 6),
    grid=st.sampled_from([1, 3, 1000]),
    seed=st.integers(0, 2**31),
)
@settings(max_examples=60, deadline=None)
def test_they_agree(rows: int, features: int, classes: int, k: int, grid: int, seed: int) -> None:
    rng = np.random.default_rng(seed)
    data, labels = rng.integers(0, grid + 1, (rows, features)) / 3, rng.integers(0, classes, rows)
    queries = rng.integers(-1, grid + 3, (5, features)) / 3
    fitted = Conformal.fit(data, labels, classes, k, 0.4, seed=7)
    shuffled = np.random.default_rng(7).permutation(rows)
    apart, known = shuffled[: len(fitted.strangeness)], np.sort(shuffled[len(fitted.strangeness) :])
    plain = [
        p_values(
            data[known].tolist(),
            labels[known].tolist(),
            data[apart].tolist(),
            labels[apart].tolist(),
            classes,
            query,
            k,
        )
        for query in queries.tolist()
    ]
    assert fitted.p_values(queries).tolist() == plain


def test_a_worked_example() -> None:
    known, labels = [[0.0], [0.2], [0.8], [1.0]], [0, 0, 1, 1]
    assert strangeness(known, labels, [0.1], 0, 2) == pytest.approx(0.1 / 0.8)
    assert strangeness(known, labels, [0.1], 1, 2) == pytest.approx(8.0)
    # Of the three set apart, 0.6 alone, truly of class 0, looks stranger than 0.1 does as class 0; none as class 1.
    apart, apart_labels = [[0.0], [0.6], [0.95]], [0, 0, 1]
    assert p_values(known, labels, apart, apart_labels, 2, [0.1], 2) == [2 / 4, 1 / 4]
