import numpy as np
import pytest

from edgewise.errors import UsageError
from edgewise.select.agreement.electorate import Electorate
from edgewise.select.agreement.method import AgreementMethod
from edgewise.select.agreement.ranked_method import RankedVotesMethod
from edgewise.select.budget.prices import prices_for


def test_the_path_goes_from_accurate_to_cheap(make_voters) -> None:
    trials = make_voters(images=800)
    path = RankedVotesMethod().fit_path(trials, prices_for(trials.times_ms)[::12])
    cost = [(selector.route(trials).ran @ trials.times_ms).mean() for selector in path]
    assert path[-1].models == ("net0",)
    assert (np.diff(cost) <= 1e-9).all()
    assert path[0].route(trials).right(trials.labels).mean() >= trials.right()[:, 2].mean() - 0.01


def test_equal_selectors_are_one_object(make_voters) -> None:
    path = RankedVotesMethod().fit_path(make_voters(), [0.001, 0.0010000001, 5.0, 6.0])
    assert path[0] is path[1]
    assert path[2] is path[3]


def test_it_knows_which_agreement_means_nothing(make_voters) -> None:
    """Where all models confuse the same classes, their agreement on them is worth less: they are not trusted there."""
    train, test = (make_voters(images=2000, confusing=6, seed=seed) for seed in (1, 2))
    price = [0.002]
    (votes,), (ranked,) = AgreementMethod().fit_path(train, price), RankedVotesMethod().fit_path(train, price)
    worth = []
    for selector in (votes, ranked):
        routes = selector.route(test)
        worth.append(routes.right(test.labels).mean() - price[0] * (routes.ran @ test.times_ms).mean())
    assert worth[1] > worth[0]


def test_no_image_is_counted_by_its_own_label() -> None:
    rng = np.random.default_rng(0)
    ballots = rng.random((400, 2, 20)).argsort(axis=2)[:, :, :5]
    labels = rng.integers(0, 20, 400)  # nothing to be learned
    counted = Electorate.gather(ballots, labels, 20, seed=0).count((0, 1))
    best = counted.sure[:, 0]
    assert (counted.ahead == 0).mean() < 0.1
    assert best.mean() == pytest.approx((counted.ahead == 0).mean(), abs=0.06)


@pytest.mark.parametrize(
    ("settings", "says"),
    [({"max_stages": 0}, "max_stages"), ({"max_models": 9}, "max_models"), ({"criterion": "top3"}, "top3")],
)
def test_settings_that_cannot_work(make_voters, settings, says: str) -> None:
    with pytest.raises(UsageError, match=says):
        RankedVotesMethod(**settings).fit_path(make_voters(images=40), [0.1])


def test_too_few_images(make_voters) -> None:
    with pytest.raises(UsageError, match="5 images"):
        RankedVotesMethod().fit_path(make_voters(images=4), [0.1])


@pytest.mark.parametrize("criterion", ["top5", "macro-f1"])
def test_other_criteria(make_voters, criterion) -> None:
    trials = make_voters(images=400)
    (selector,) = RankedVotesMethod(criterion).fit_path(trials, [0.0])
    assert selector.route(trials).right(trials.labels, 5 if criterion == "top5" else 1).mean() > 0.75
