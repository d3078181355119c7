"""The paper's way of counting beside the fair one, on four images worked out by hand."""

import numpy as np
import pytest

from edgewise.select.paper.naming import naming
from edgewise.select.selector import Routes
from edgewise.select.trials import Trials


@pytest.fixture
def trials(make_trials) -> Trials:
    """Model 0 is right on difficulty < 0.5, model 1 on < 0.7; nobody on the rest."""
    return make_trials(images=200, reach=(0.5, 0.7))


def routes(trials: Trials, chosen: np.ndarray) -> Routes:
    top = np.full((len(trials), 1), -1)
    for model, logits in enumerate(trials.logits):
        top[chosen == model, 0] = logits[chosen == model].argmax(axis=1)
    return Routes(chosen[:, None] == np.arange(2), chosen, top, np.ones(len(trials), np.int64))


def test_a_justified_refusal_counts_for_the_paper_alone(trials: Trials) -> None:
    nobody = ~trials.right().any(axis=1)
    first = trials.right()[:, 0]
    chosen = np.where(nobody, -1, 0)
    found = naming("x", trials, routes(trials, chosen), "top1", 50, 0)
    assert found.right.value == first.mean()
    assert found.as_the_paper.value == pytest.approx(first.mean() + nobody.mean())
    assert found.refused == nobody.mean()
    assert found.shares == {"net0": pytest.approx(1 - nobody.mean()), "net1": 0.0}


def test_refusing_what_some_model_gets_right_is_no_success(trials: Trials) -> None:
    found = naming("x", trials, routes(trials, np.full(200, -1)), "top1", 50, 0)
    nobody = ~trials.right().any(axis=1)
    assert found.as_the_paper.value == nobody.mean()
    assert found.optimal.value == nobody.mean()
    assert found.right.value == 0


def test_a_slower_model_that_is_right_too_is_not_the_optimal_one(trials: Trials) -> None:
    found = naming("x", trials, routes(trials, np.full(200, 1)), "top1", 50, 0)
    only_second = trials.right()[:, 1] & ~trials.right()[:, 0]
    assert found.optimal.value == only_second.mean()
    assert found.right.value == trials.right()[:, 1].mean()
    assert found.choices.accuracy == found.optimal.value
