"""The fast vote within a radius against the page in plain Python."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from edgewise.reference.radius import radius_premodel
from edgewise.select.premodel.chooser_fit import fit_chain


@given(
    rows=st.integers(1, 30),
    features=st.integers(1, 3),
    levels=st.integers(1, 3),
    radius=st.sampled_from([0.0, 0.2, 0.5, 1.0, 5.0]),
    seed=st.integers(0, 2**31),
)
def test_they_agree_on_the_edge_of_the_radius(rows: int, features: int, levels: int, radius: float, seed: int) -> None:
    rng = np.random.default_rng(seed)
    training = rng.integers(0, 6, (rows, features)) / 3
    labels = rng.integers(0, levels + 1, rows)
    queries = rng.integers(-1, 8, (8, features)) / 3
    choices = fit_chain(training, labels[:, None] == np.arange(levels), radius=radius).choose(queries)
    assert choices.voters is not None
    for row, query in enumerate(queries.tolist()):
        level, share, voters = radius_premodel(training.tolist(), labels.tolist(), levels, query, radius)
        assert (choices.level[row], choices.voters[row]) == (level, voters)
        assert level == levels or choices.scores[row, level] == share


def test_a_worked_example() -> None:
    training, labels = [[0.0], [1.0], [2.0], [10.0]], [0, 0, 1, 1]
    assert radius_premodel(training, labels, 2, [0.5], 0.16) == (0, 2 / 3, 3)
    assert radius_premodel(training, labels, 2, [6.0], 0.15) == (2, 0.0, 0), "nobody is near"
