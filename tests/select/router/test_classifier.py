import numpy as np
import pytest

from edgewise.errors import UsageError
from edgewise.select.router.classifier import RouterClassifier


def _stacked(trials) -> np.ndarray:
    return np.stack(trials.logits, axis=1)


@pytest.mark.parametrize("estimator", ["knn", "ridge"])
def test_routing_gains_over_the_first_model(make_trials, estimator) -> None:
    trials = make_trials(images=200)
    fitted = RouterClassifier(trials.times_ms, price=0.002, estimator=estimator).fit(_stacked(trials), trials.labels)
    assert fitted.score(_stacked(trials), trials.labels) > trials.right()[:, 0].mean()


def test_a_budget_stands_instead_of_a_price(make_trials) -> None:
    trials = make_trials(images=200)
    fitted = RouterClassifier(trials.times_ms, max_mean_ms=15.0, via="0").fit(_stacked(trials), trials.labels)
    assert fitted.selector_.price > 0
    with pytest.raises(UsageError, match=r"0\.5 ms"):
        RouterClassifier(trials.times_ms, max_mean_ms=0.5).fit(_stacked(trials), trials.labels)


def test_via_is_the_index_of_a_model(make_trials) -> None:
    trials = make_trials(images=30)
    with pytest.raises(UsageError, match="'7'"):
        RouterClassifier(via="7").fit(_stacked(trials), trials.labels)
