from dataclasses import replace

import numpy as np
import pytest

from edgewise.errors import UsageError
from edgewise.select.budget.auto import AutoMethod, BudgetedMethod
from edgewise.select.budget.budget import Budget
from edgewise.select.budget.charges import Charges
from edgewise.select.budget.kept import kept
from edgewise.select.budget.menu import Menu
from edgewise.select.budget.singles import OnePoint, Singles
from edgewise.select.budget.survey import SINGLE
from edgewise.select.cascade.cascade import Cascade
from edgewise.select.premodel.method import PremodelMethod
from edgewise.select.single import SingleModel

FREE = Charges(decide_ms=0.0)  # what is timed here differs from run to run


def test_the_fastest_that_is_as_accurate_as_the_best_model(make_trials, two_stages) -> None:
    trials = make_trials(images=400)
    choice = AutoMethod({"two": two_stages}).choose(trials)
    assert choice.best_single == "net2"
    assert choice.chosen.method == "two"
    assert choice.chosen.over_best.value >= 0
    assert choice.chosen.mean_ms < 60
    assert isinstance(choice.selector, Cascade)
    assert choice.runners_up[0].method == SINGLE
    assert "x its speed" in choice.why
    assert "beats a coin" in choice.why


def test_a_selector_that_knows_nothing_is_never_chosen(make_trials, two_stages) -> None:
    trials = make_trials(images=400, sure_when_right=False, features="noise")
    choice = AutoMethod({"two": two_stages, "premodel": OnePoint(PremodelMethod())}).choose(trials)
    assert choice.chosen.method == SINGLE
    assert choice.selector == SingleModel("net2")
    assert choice.why.startswith("Asked for: the accuracy of the best single model, fast. Run net2 alone")
    for limit in (2.0, 20.0, 60.0):
        limited = AutoMethod({"two": two_stages}, Budget(max_mean_ms=limit)).choose(trials)
        assert limited.chosen.method == SINGLE
        assert limited.chosen.mean_ms <= limit


@pytest.mark.parametrize("limit", [5.0, 20.0, 40.0, 70.0])
def test_a_budget_is_kept_on_held_out_images(make_trials, two_stages, limit: float) -> None:
    trials, others = make_trials(images=400), make_trials(images=400, seed=1)
    budget = Budget(max_mean_ms=limit)
    selector = AutoMethod({"two": two_stages}, budget).fit(trials)
    routes = selector.route(others)
    times = others.decode_ms + routes.ran @ others.times_ms
    (found,) = kept(budget, others, routes, times, "top1")
    assert found.kept
    assert found.reached.low <= limit


def test_an_infeasible_budget_names_the_nearest(make_trials, two_stages) -> None:
    trials = make_trials(images=400)
    with pytest.raises(UsageError, match="No selector can promise a mean of 1 ms, decoding included") as raised:
        AutoMethod({"two": two_stages}, Budget(max_mean_ms=1), charges=FREE).fit(trials)
    nearest = float(str(raised.value.hint).split("--max-mean-ms ")[1].rstrip("."))
    assert AutoMethod({"two": two_stages}, Budget(max_mean_ms=nearest), charges=FREE).fit(trials) == SingleModel("net0")
    with pytest.raises(UsageError, match="can promise an accuracy of 99") as raised:
        AutoMethod({"two": two_stages}, Budget(min_accuracy=0.99)).fit(trials)
    nearest = float(str(raised.value.hint).split("--min-accuracy ")[1].rstrip("."))
    AutoMethod({"two": two_stages}, Budget(min_accuracy=nearest)).fit(trials)
    with pytest.raises(UsageError, match="knows no energies"):
        AutoMethod({"two": two_stages}, Budget(max_energy_mj=1)).fit(trials)
    with pytest.raises(UsageError, match="can promise an accuracy of 80") as raised:
        AutoMethod({"two": two_stages}, Budget(max_mean_ms=2, min_accuracy=0.8)).fit(trials)
    assert "or wider limits" in str(raised.value.hint)


def test_what_cannot_be_kept_may_be_approached(make_trials, two_stages) -> None:
    trials = make_trials(images=200)
    assert AutoMethod({"two": two_stages}, Budget(max_mean_ms=1), strict=False).fit(trials) == SingleModel("net0")
    near = BudgetedMethod("two", two_stages, Budget(min_accuracy=0.999), strict=False).choose(trials)
    assert near.chosen.accuracy.value > 0.8


def test_a_named_method_is_taken_even_where_it_loses(make_trials, two_stages) -> None:
    trials = make_trials(images=300, sure_when_right=False)
    choice = BudgetedMethod("two", two_stages).choose(trials)
    assert choice.chosen.method == "two"
    assert not choice.chosen.beats_coin
    assert "It does not surely beat" in choice.why
    with pytest.raises(UsageError, match="can promise"):
        BudgetedMethod("two", two_stages, Budget(min_accuracy=0.999)).fit(trials)


def test_min_accuracy_takes_the_fastest_that_promises_it(make_trials, two_stages) -> None:
    trials = make_trials(images=600)
    choice = AutoMethod({"two": two_stages}, Budget(min_accuracy=0.6)).choose(trials)
    assert choice.chosen.accuracy.value >= 0.6
    dearer = AutoMethod({"two": two_stages}, Budget(min_accuracy=0.8)).choose(trials)
    assert dearer.chosen.mean_ms > choice.chosen.mean_ms


def test_a_menu_serves_requests_with_budgets_of_their_own(make_trials, two_stages) -> None:
    trials = make_trials(images=400)
    menu = AutoMethod({"two": two_stages}, requests=6).fit(trials)
    assert isinstance(menu, Menu)
    assert menu.models == tuple(sorted({m for selector in menu.selectors for m in selector.models}))
    cheap = menu.under(Budget(max_mean_ms=2))
    assert cheap == SingleModel("net0")
    dear = menu.under(Budget(min_accuracy=0.85))
    assert dear.route(trials).right(trials.labels).mean() > 0.85
    assert menu.under(Budget()) is menu.chosen
    routes = menu.route(trials)
    assert (routes.top == menu.chosen.route(trials).top).all()
    with pytest.raises(UsageError, match="cannot promise a mean of 1 ms") as raised:
        menu.under(Budget(max_mean_ms=1))
    assert "--max-mean-ms" in str(raised.value.hint)
    with pytest.raises(UsageError, match="cannot promise an accuracy of 99"):
        menu.under(Budget(min_accuracy=0.99))
    with pytest.raises(UsageError, match="knows no energies"):
        menu.under(Budget(max_energy_mj=3))


def test_a_menu_survives_being_stored(make_trials, two_stages, tmp_path) -> None:
    from edgewise.select.saved import load_selector, save_selector

    trials = make_trials(images=300)
    menu = AutoMethod({"two": two_stages}, requests=4).fit(trials)
    save_selector(tmp_path, menu, {})
    again = load_selector(tmp_path)
    assert isinstance(again, Menu)
    assert again.promises == menu.promises
    assert again.selectors == menu.selectors
    assert (again.route(trials).top == menu.route(trials).top).all()


def test_the_choice_is_the_same_every_time(make_trials, two_stages) -> None:
    trials = make_trials(images=200)
    first, again = (AutoMethod({"two": two_stages}, seed=3, charges=FREE).choose(trials) for _ in range(2))
    assert first == again


def test_kept_says_what_was_broken(make_trials) -> None:
    trials = make_trials(images=300)
    routes = SingleModel("net2").route(trials)
    times = np.full(300, 100.5)
    found = {
        k.name: k.kept
        for k in kept(Budget(max_mean_ms=50, max_p90_ms=101, min_accuracy=0.5), trials, routes, times, "top1")
    }
    assert found == {"max_mean_ms": False, "max_p90_ms": True, "min_accuracy": True}
    (poor,) = kept(Budget(min_accuracy=0.99), trials, routes, times, "top1")
    assert not poor.kept


def test_work_is_shared_and_changes_nothing(make_trials, two_stages) -> None:
    from edgewise.select.budget.shared import Shared

    fits = 0

    class Counting:
        def fit_path(self, trials, prices):
            nonlocal fits
            fits += 1
            return two_stages.fit_path(trials, prices)

    trials, shared = make_trials(images=200), Shared()
    alone = AutoMethod({"two": two_stages}, Budget(max_mean_ms=30)).choose(trials)
    methods = {"two": Counting()}
    first = BudgetedMethod("two", methods["two"], Budget(max_mean_ms=90), folds=3, shared=shared).choose(trials)
    assert fits == 3 + 1
    again = AutoMethod(methods, Budget(max_mean_ms=30), folds=3, shared=shared).choose(trials.take(np.arange(200)))
    assert fits == 3 + 1, "the same images, whoever asks"
    assert again.chosen.method == alone.chosen.method
    assert first.chosen.mean_ms > again.chosen.mean_ms
    AutoMethod(methods, folds=3, shared=shared).fit(make_trials(images=200, seed=1))
    assert fits == 2 * (3 + 1), "other images are other work"


def test_choosing_counts_against_limits_on_time(make_trials, two_stages) -> None:
    trials = make_trials(images=400)
    free, slow = (
        AutoMethod({"two": two_stages}, Budget(max_mean_ms=70), charges=Charges(decide_ms=ms)).choose(trials)
        for ms in (0.0, 10.0)
    )
    assert free.chosen.mean_ms <= 70
    assert slow.chosen.mean_ms <= 70
    runs = [float(choice.selector.route(trials).ran[:, 2].mean()) for choice in (free, slow)]
    assert runs[0] > runs[1], "20 ms and more go to choosing, so less is left for models"
    with pytest.raises(UsageError, match="a mean of 9 ms") as raised:
        AutoMethod({"two": two_stages}, Budget(max_mean_ms=9), charges=Charges(decide_ms=4.0)).fit(trials)
    nearest = float(str(raised.value.hint).split("--max-mean-ms ")[1].rstrip("."))
    again = Charges(decide_ms=11.0)  # the machine is busy when it is asked again
    assert AutoMethod({"two": two_stages}, Budget(max_mean_ms=nearest), charges=again).fit(trials) == SingleModel(
        "net0"
    )


def test_a_menu_promises_choosing_too(make_trials, two_stages) -> None:
    trials = make_trials(images=300)
    menu = AutoMethod({"two": two_stages}, requests=4, charges=Charges(decide_ms=5.0)).fit(trials)
    assert isinstance(menu, Menu)
    assert min(promise.mean_ms for promise in menu.promises) >= 0.5 + 1 + 2 * 5
    assert min(promise.p90_ms for promise in menu.promises) >= 0.5 + 1 + 2 * 5


def test_a_limit_on_the_p90_is_held_against_measured_p90s(make_trials, two_stages) -> None:
    trials = make_trials(images=400)
    jumpy = replace(trials, p90_ms=np.array([1.5, 40.0, 300.0]))
    budget = Budget(max_p90_ms=120)
    assert AutoMethod({"two": two_stages}, budget, charges=FREE).choose(trials).chosen.p90_ms <= 120
    choice = AutoMethod({"two": two_stages}, budget, charges=FREE).choose(jumpy)
    assert choice.chosen.p90_ms <= 120
    routes = choice.selector.route(jumpy)
    assert routes.ran[:, 2].mean() < 0.1, "whoever runs net2 for more than one image of ten waits 300 ms"
    alone = SingleModel("net2").route(jumpy)
    times = 0.5 + alone.ran @ jumpy.times_ms
    (found,) = kept(budget, jumpy, alone, times, "top1")
    assert (found.kept, found.reached.value) == (False, 300.5)


def test_few_images_that_are_all_right_promise_little(make_trials) -> None:
    trials = make_trials(images=20, reach=(0.5, 1.0))
    with pytest.raises(UsageError, match=r"99\.9%") as raised:
        BudgetedMethod("single", Singles(), Budget(min_accuracy=0.999)).fit(trials)
    assert float(str(raised.value.hint).split("--min-accuracy ")[1].rstrip(".")) == 0.952


def test_too_few_images_are_refused_before_anything_is_fitted(make_trials) -> None:
    class Never:
        def fit_path(self, trials, prices):
            raise AssertionError("it is fitted")

    with pytest.raises(UsageError, match="6 images are too few") as raised:
        AutoMethod({"never": Never()}).fit(make_trials(images=6))
    assert raised.value.hint == "Profile 7 or more."
