"""Backward elimination: noise goes first, and the rules that end it hold."""

import numpy as np
import pytest

from edgewise.errors import UsageError
from edgewise.select.feature_costs import FeatureCosts
from edgewise.select.features.elimination import eliminate
from edgewise.select.features.feature_sets import Question

NAMES = ("noise a", "tells", "noise b", "tells too", "noise c")


@pytest.fixture(scope="module")
def question() -> Question:
    """Columns 1 and 3 decide the label together; the others know nothing."""
    rng = np.random.default_rng(0)
    table = rng.random((200, 5))
    labels = (table[:, 1] > 0.5).astype(int) + (table[:, 3] > 0.5)
    return Question(table, labels, 2, np.arange(200) % 5)


def test_noise_goes_and_what_tells_stays(question: Question) -> None:
    found = eliminate(question, NAMES, keep=2)
    assert found.kept == ("tells", "tells too")
    assert [found.best(count) for count in (5, 2)] == [NAMES, found.kept]
    assert len(found.best(3)) == 3
    assert found.removals[-1].accuracy > found.accuracy + 0.1


def test_a_tolerance_ends_it_before_what_tells_goes(question: Question) -> None:
    found = eliminate(question, NAMES, keep=1, tolerance=0.05)
    assert found.kept == ("tells", "tells too")
    assert all(removal.accuracy >= found.accuracy - 0.05 for removal in found.removals)


def test_no_more_is_dropped_than_there_is(question: Question) -> None:
    assert eliminate(question, NAMES, keep=9).kept == NAMES


def test_a_price_drops_the_dear_one_of_two_that_say_the_same() -> None:
    rng = np.random.default_rng(1)
    tells = rng.random(120)
    question = Question(np.column_stack([tells, tells**3]), (tells > 0.5).astype(int), 1, np.arange(120) % 4)
    dear_first = FeatureCosts({"a": 9.0, "b": 1.0}, {"x": ("a",), "y": ("b",)})
    dear_last = FeatureCosts({"a": 1.0, "b": 9.0}, {"x": ("a",), "y": ("b",)})
    kept = [eliminate(question, ("x", "y"), keep=1, costs=c, points_per_ms=5).kept for c in (dear_first, dear_last)]
    assert kept == [("y",), ("x",)]


def test_of_equal_removals_the_one_that_saves_most_time_is_taken() -> None:
    tells = np.linspace(0, 1, 60)
    question = Question(np.column_stack([tells, tells, tells]), (tells > 0.5).astype(int), 1, np.arange(60) % 4)
    costs = FeatureCosts({"s": 1.0, "t": 5.0}, {"x": ("s",), "y": ("s", "t"), "z": ("s",)})
    found = eliminate(question, ("x", "y", "z"), keep=1, costs=costs)
    assert [removal.name for removal in found.removals] == ["y", "z"]
    assert [removal.features_ms for removal in found.removals] == [1.0, 1.0]


def test_progress_ends_where_it_said(question: Question) -> None:
    told: list[tuple[int, int]] = []
    eliminate(question, NAMES, keep=3, progress=lambda what, done, total: told.append((done, total)))
    assert told[0] == (0, 2)
    assert told[-1] == (2, 2)


def test_what_cannot_be_kept_is_an_error(question: Question) -> None:
    with pytest.raises(UsageError, match="0 of 5"):
        eliminate(question, NAMES, keep=0)
    with pytest.raises(UsageError, match="named"):
        eliminate(question, NAMES[:2])
    with pytest.raises(UsageError, match="never left"):
        eliminate(question, NAMES, keep=3).best(2)
