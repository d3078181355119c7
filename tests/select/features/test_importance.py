"""Importance: what tells is missed, noise is not, and costs are told apart from shared steps."""

import numpy as np
import pytest

from edgewise.select.feature_costs import FeatureCosts
from edgewise.select.features.feature_sets import Question
from edgewise.select.features.importance import importances


@pytest.fixture(scope="module")
def found():
    rng = np.random.default_rng(0)
    table = rng.random((300, 3))
    question = Question(table, (table[:, 1] * 3).astype(int), 2, np.arange(300) % 5)
    costs = FeatureCosts({"grey": 2.0, "own": 1.0}, {"a": ("grey",), "tells": ("grey", "own"), "b": ()})
    return importances(question, ("a", "tells", "b"), costs=costs, bootstrap=200)


def test_what_tells_is_missed_most_by_both_measures(found) -> None:
    first, *others = found.features
    assert first.name == "tells"
    assert first.removed.low > 0.2
    assert first.shuffled.low > 0.2
    assert all(abs(other.shuffled.value) < 0.1 for other in others)
    assert found.accuracy.value > 0.7


def test_shared_steps_are_saved_only_with_the_last_that_needs_them(found) -> None:
    costs = {one.name: (one.alone_ms, one.saved_ms) for one in found.features}
    assert costs == {"a": (2.0, 0.0), "tells": (3.0, 1.0), "b": (0.0, 0.0)}


def test_the_seed_decides_the_shuffles() -> None:
    rng = np.random.default_rng(1)
    question = Question(rng.random((60, 2)), rng.integers(0, 3, 60), 2, np.arange(60) % 3)
    one, same, other = (importances(question, ("a", "b"), seed=seed, bootstrap=20) for seed in (0, 0, 1))
    assert one == same
    assert one != other
