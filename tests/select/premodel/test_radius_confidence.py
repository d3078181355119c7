"""The vote's confidence, worked out by hand, and what it catches where the features tell and where they do not."""

import numpy as np
import pytest

from edgewise.select.premodel.chooser import Choices
from edgewise.select.premodel.method import PremodelMethod
from edgewise.select.premodel.radius_confidence import confidence, cross_confidence


def test_the_share_of_what_was_chosen_and_nothing_where_nobody_votes() -> None:
    scores = np.array([[0.75, 0.25], [0.2, 0.1], [0.0, 0.0]])
    found = confidence(Choices(np.array([0, 2, 2]), scores, np.array([4, 10, 0])))
    assert found == pytest.approx([0.75, 0.7, 0.0])


def test_more_is_flagged_as_the_threshold_rises_and_wrong_choices_first(make_trials) -> None:
    """Near the borders of the difficulty neighbours disagree, and there the choices are wrong."""
    trials = make_trials(images=300, specialists=True)
    found = cross_confidence(trials, PremodelMethod(radius=0.05, on_fail="refuse"), folds=3)
    rates = [(one.detection_rate, one.false_alarm_rate) for one in found]
    assert rates == sorted(rates)
    assert all(one.wrong + one.right == 300 for one in found)
    strict = next(one for one in found if one.threshold == 0.9)
    assert strict.detection_rate > strict.false_alarm_rate + 0.3


def test_nothing_wrong_has_no_rate(make_trials) -> None:
    trials = make_trials(images=60, reach=(1.1,))
    (one,) = cross_confidence(trials, PremodelMethod(radius=5.0), thresholds=(0.5,), folds=2)
    assert (one.wrong, one.right, one.false_alarm_rate) == (0, 60, 0.0)
    assert np.isnan(one.detection_rate)
