import numpy as np
import pytest

from edgewise.errors import UsageError
from edgewise.select.router.method import RouterMethod
from edgewise.select.router.occam import OccamMethod, route_batch


@pytest.mark.parametrize("settings", [{}, {"estimator": "ridge"}, {"embedding": "features"}])
@pytest.mark.parametrize("budget", [8.0, 30.0, 70.0])
def test_a_batch_keeps_its_budget_and_uses_it(make_telling, settings, budget: float) -> None:
    trials = make_telling(images=250, sure_when_right=False)
    router = OccamMethod(budget, RouterMethod(**settings)).fit(trials)
    routes = route_batch(router, trials, budget)
    spent = (routes.ran @ trials.times_ms).mean()
    assert spent <= budget
    looser = route_batch(router, trials, 1000.0)
    expected = router.foresight.of_trials(trials).expected
    rows = np.arange(250)
    assert expected[rows, looser.chosen].sum() >= expected[rows, routes.chosen].sum()


def test_on_a_stream_it_is_a_router_of_the_path(make_telling) -> None:
    trials = make_telling(images=250, sure_when_right=False)
    method = RouterMethod(via="net0", average=False)
    router = OccamMethod(20.0, method).fit(trials)
    same = method.fit_path(trials, [router.price])[0]
    assert (router.route(trials).chosen == same.route(trials).chosen).all()
    dearer = OccamMethod(5.0, method).fit(trials)
    assert dearer.price > router.price > 0


def test_the_batch_expects_at_least_what_the_stream_does(make_telling) -> None:
    trials = make_telling(images=250, sure_when_right=False)
    router = OccamMethod(20.0, RouterMethod(via="net0")).fit(trials)
    stream = router.route(trials)
    spent = float((stream.ran @ trials.times_ms).mean())
    batch = route_batch(router, trials, spent + 1e-9)
    expected, rows = router.foresight.of_trials(trials).expected, np.arange(250)
    assert expected[rows, batch.chosen].sum() >= expected[rows, stream.chosen].sum() - 1e-6


def test_a_budget_under_the_cheapest_names_the_nearest(make_telling) -> None:
    trials = make_telling(images=60)
    with pytest.raises(UsageError) as caught:
        OccamMethod(0.5).fit(trials)
    assert caught.value.hint == "The nearest feasible budget is 1 ms."
    with pytest.raises(UsageError, match="No router answers in 5 ms"):
        route_batch(RouterMethod(via="net1").fit_path(trials, [1e-3])[0], trials, 5.0)
