"""The generic network's answers under the user's prior."""

import numpy as np
import pytest

from edgewise.errors import UsageError
from edgewise.personal.user_prior import LEAST_OUTSIDE, UserPrior, answer_chances, prior_of
from edgewise.select.calibration import softmax

KNOWN = 100


def test_bayes_rule_by_hand() -> None:
    prior = UserPrior((1, 0), (0.6, 0.3))
    weights = prior.weights(4)
    assert weights == pytest.approx([0.3, 0.6, 0.05, 0.05])
    chances = prior.of(np.log([[0.2, 0.1, 0.6, 0.1]]))
    assert chances[0] == pytest.approx(np.array([0.06, 0.06, 0.03, 0.005]) / 0.155, rel=1e-5)


def test_other_classes_keep_a_share_however_clean_the_stream_was() -> None:
    weights = UserPrior((3, 7), (0.7, 0.3)).weights(KNOWN)
    assert weights.sum() == pytest.approx(1)
    assert weights[[3, 7]] == pytest.approx([0.7 * (1 - LEAST_OUTSIDE), 0.3 * (1 - LEAST_OUTSIDE)])
    assert np.delete(weights, [3, 7]) == pytest.approx(LEAST_OUTSIDE / (KNOWN - 2))


def test_a_sure_network_is_believed_and_an_unsure_one_is_helped() -> None:
    prior = UserPrior((3, 7), (0.7, 0.3))
    sure, unsure = np.zeros((2, KNOWN))
    sure[50], unsure[50], unsure[7] = 20.0, 4.0, 3.0
    assert softmax(np.stack([sure, unsure])).argmax(axis=1).tolist() == [50, 50]
    assert prior.of(np.stack([sure, unsure])).argmax(axis=1).tolist() == [50, 7]
    assert prior.of(unsure[None]).sum() == pytest.approx(1)


def test_the_temperature_calibrates_first() -> None:
    logits = np.array([[0.0, 6.0, 0.0]])
    hot, cold = (UserPrior((0, 2), (0.5, 0.5), temperature).of(logits)[0, 1] for temperature in (4.0, 1.0))
    assert hot < cold


def test_where_all_classes_are_the_users_there_are_no_others() -> None:
    assert UserPrior((0, 1), (0.8, 0.1)).weights(2) == pytest.approx([8 / 9, 1 / 9])


def test_a_class_that_never_came_may_come() -> None:
    assert UserPrior((0, 1), (1.0, 0.0)).weights(KNOWN)[1] > 0


def test_without_one_all_classes_are_alike() -> None:
    logits = np.random.default_rng(0).normal(size=(3, 5)).astype(np.float32)
    assert (answer_chances(logits, None) == softmax(logits)).all()
    assert prior_of((1, 2), (), 1.0) is prior_of((), (), 1.0) is None
    assert prior_of((1,), (1.0,), 2.0) == UserPrior((1,), (1.0,), 2.0)


@pytest.mark.parametrize(("classes", "shares"), [((), ()), ((1, 2), (1.0,))])
def test_what_is_no_prior(classes: tuple[int, ...], shares: tuple[float, ...]) -> None:
    with pytest.raises(UsageError, match="shares"):
        UserPrior(classes, shares)
