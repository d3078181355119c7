"""A ceiling in words: the words follow the figures."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from edgewise.report.ceiling import tell
from edgewise.select.ceiling.ceiling import Ceiling, ceiling
from edgewise.select.feature_costs import FREE
from edgewise.select.judge.fair_table import Interval
from edgewise.select.trials import Trials

NAMES = ("small", "middle", "large")


def counted(right: np.ndarray, *, sure_when_right: bool, times_ms: tuple[float, ...] = (1.0, 10.0, 100.0)) -> Ceiling:
    """Models that are right where `right` bool [n, m] says, wrong by one class elsewhere."""
    images, models = right.shape
    labels = np.random.default_rng(0).integers(0, 10, images)
    logits = [
        (np.where(own, 9.0, 3.0) if sure_when_right else np.full(images, 5.0))[:, None]
        * np.eye(10, dtype=np.float32)[np.where(own, labels, (labels + 1) % 10)]
        for own in right.T
    ]
    return ceiling(
        Trials(
            NAMES[:models], tuple(logits), labels, np.zeros((images, 0)), (), np.array(times_ms[:models]), 0.5, FREE
        ),
        bootstrap=50,
    )


def nested(*reach: float) -> np.ndarray:
    return np.random.default_rng(1).random((1000, 1)) < np.array(reach)


def test_where_confidence_tells_a_cascade_is_in_reach() -> None:
    at_most, clairvoyant, advice, luck = tell(counted(nested(0.6, 0.8, 0.9), sure_when_right=True))
    assert at_most.startswith("Over large, the best single model (")
    assert "times less time" in at_most
    assert "which nobody does" in clairvoyant
    assert "run small first" in clairvoyant
    assert advice.startswith("In reach at a first look: ")
    assert "times less than large" in advice
    assert "flatters" in advice
    assert "guessing among" not in luck, "nothing is gained, so nothing of it is luck"


def test_where_nothing_tells_the_best_model_runs_alone() -> None:
    right = np.random.default_rng(2).random((1000, 3)) < np.array([0.5, 0.6, 0.75])
    at_most, _, advice, luck = tell(counted(right, sure_when_right=False, times_ms=(9.0, 10.0, 11.0)))
    assert at_most.startswith("Selection can win at most +")
    assert advice.startswith("Run large alone: ")
    assert "11.5 ms" in advice
    assert luck.startswith("Mere guessing among 10 classes would have had ")


def test_what_luck_takes_and_leaves_adds_up_as_printed() -> None:
    right = np.random.default_rng(2).random((1000, 3)) < np.array([0.5, 0.6, 0.75])
    found = counted(right, sure_when_right=False)
    tenths = replace(found, gain=Interval(0.0079, 0.0, 0.02), gain_without_guesses=0.0035)
    assert "would have had 0.4 points of the +0.8 points, so +0.4 are left" in tell(tenths)[-1]
    odd = replace(found, gain=Interval(0.00752, 0.0, 0.02), gain_without_guesses=0.00341)
    assert "would have had 0.4 points of the +0.8 points, so +0.4 are left" in tell(odd)[-1]


def test_where_the_best_model_is_the_cheapest_no_time_can_be_saved() -> None:
    at_most, clairvoyant, advice, _ = tell(counted(nested(0.9, 0.6, 0.5), sure_when_right=True))
    assert at_most == "Selection can win nothing: small is the cheapest model too, so no time can be saved."
    assert "first" not in clairvoyant
    assert advice.startswith("Run small alone: ")
    assert advice.endswith("None of them is more accurate, either.")


def test_one_model() -> None:
    assert tell(counted(nested(0.5), sure_when_right=True)) == (
        "The zoo has one model, small: there is nothing to choose between.",
    )
