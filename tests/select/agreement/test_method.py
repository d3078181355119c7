import numpy as np
import pytest

from edgewise.errors import UsageError
from edgewise.select.agreement.method import AgreementMethod
from edgewise.select.budget.prices import prices_for


def test_the_path_goes_from_accurate_to_cheap(make_voters) -> None:
    trials = make_voters(images=2000, reach=(0.6, 0.65, 0.9))
    prices = prices_for(trials.times_ms)
    path = AgreementMethod().fit_path(trials, prices)
    routes = [selector.route(trials) for selector in path]
    worth = np.array([routed.right(trials.labels).mean() for routed in routes])
    cost = np.array([(routed.ran @ trials.times_ms).mean() for routed in routes])
    assert len(path) == len(prices)
    assert (np.diff(cost) <= 1e-9).all()
    assert (np.diff(worth) <= 1e-9).all()
    assert path[-1].models == ("net0",)
    assert path[0].route(trials).right(trials.labels).mean() >= trials.right()[:, 2].mean()


def test_equal_selectors_are_one_object(make_voters) -> None:
    path = AgreementMethod().fit_path(make_voters(), [0.01, 0.0100001, 5.0, 6.0])
    assert path[0] is path[1]
    assert path[2] is path[3]


def test_it_beats_every_coin_where_wrong_models_disagree(make_voters) -> None:
    train, test = make_voters(images=1500, seed=1), make_voters(images=3000, seed=2)
    (selector,) = AgreementMethod().fit_path(train, [0.002])
    routes = selector.route(test)
    accuracy, cost = routes.right(test.labels).mean(), (routes.ran @ test.times_ms).mean()
    first, last = test.right().mean(axis=0)[[0, 2]]
    coin = first + (last - first) * (cost - test.times_ms[0]) / (test.times_ms[2] - test.times_ms[0])
    assert len(selector.models) == 3
    assert accuracy > coin + 0.05


@pytest.mark.parametrize(
    ("settings", "says"),
    [({"max_stages": 0}, "max_stages"), ({"max_models": 9}, "max_models"), ({"criterion": "top3"}, "top3")],
)
def test_settings_that_cannot_work(make_voters, settings, says: str) -> None:
    with pytest.raises(UsageError, match=says):
        AgreementMethod(**settings).fit_path(make_voters(images=20), [0.1])


@pytest.mark.parametrize("criterion", ["top5", "macro-f1"])
def test_other_criteria(make_voters, criterion) -> None:
    trials = make_voters(images=300)
    (selector,) = AgreementMethod(criterion).fit_path(trials, [0.0])
    assert selector.route(trials).right(trials.labels, 5 if criterion == "top5" else 1).mean() > 0.7


def test_no_images() -> None:
    with pytest.raises(UsageError, match="one image"):
        AgreementMethod().search(("a",), np.empty((0, 1), int), np.empty((0, 1), bool), np.empty(0), np.ones(1), [0.1])
