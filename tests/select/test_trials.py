from dataclasses import replace

import numpy as np
import pytest

from edgewise.errors import UsageError


def test_right_says_which_model_knows_which_image(make_trials) -> None:
    trials = make_trials(images=50, reach=(0.2, 0.8))
    difficulty = trials.features[:, 0]
    assert (trials.right() == np.column_stack([difficulty < 0.2, difficulty < 0.8])).all()
    assert trials.right(6).all(), "the label is always among all six classes"


def test_take_keeps_rows_together(make_trials) -> None:
    trials = make_trials(images=20)
    rows = np.array([3, 17, 5])
    part = trials.take(rows)
    assert len(part) == 3
    assert (part.right() == trials.right()[rows]).all()
    assert (part.features == trials.features[rows]).all()


@pytest.mark.parametrize("label", [-1, 6])
def test_a_label_outside_the_class_set_is_an_error(make_trials, label: int) -> None:
    with pytest.raises(UsageError, match="6"):
        replace(make_trials(images=20), labels=np.full(20, label))


def test_models_of_other_class_sets_are_an_error(make_trials) -> None:
    trials = make_trials(images=20)
    with pytest.raises(UsageError, match=r"5, 6"):
        replace(trials, logits=(trials.logits[0][:, :5], *trials.logits[1:]))


def test_models_must_come_cheapest_first(make_trials) -> None:
    with pytest.raises(UsageError, match="cheapest first"):
        replace(make_trials(images=20), times_ms=np.array([3.0, 2.0, 1.0]))


def test_some_of_the_features_come_in_the_order_asked_for(make_trials) -> None:
    trials = make_trials(images=20, features="noise")
    swapped = trials.with_features(("feature1", "feature0"))
    assert swapped.feature_names == ("feature1", "feature0")
    assert (swapped.features == trials.features[:, ::-1]).all()
    assert swapped.with_features(("feature0",)).features_ms == 0.25
    assert swapped.with_features(()).features_ms == 0.0
    with pytest.raises(UsageError, match="no feature hue9"):
        trials.columns(("feature0", "hue9"))


def test_features_and_their_names_must_agree(make_trials) -> None:
    with pytest.raises(UsageError, match="2 feature names"):
        replace(make_trials(images=20), feature_names=("a", "b"))
