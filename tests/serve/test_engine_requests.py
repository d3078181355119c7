"""A request's own budget: looked up in the menu, refused with a way out, and unknown to selectors without a menu."""

import re
from pathlib import Path

import pytest

from edgewise import Engine
from edgewise.drawn import draw_split
from edgewise.errors import UsageError
from edgewise.profile.outcomes import Outcomes, open_profile
from edgewise.select.budget.budget import Budget
from edgewise.select.budget.menu import Menu
from edgewise.select.named import Options, Promised, method_named
from edgewise.serve.deployment import save_deployment
from tests.steady_profile import steady_profile


@pytest.fixture(scope="module")
def outcomes(tmp_path_factory: pytest.TempPathFactory, drawn_folder: Path) -> Outcomes:
    return open_profile(steady_profile(drawn_folder, tmp_path_factory.mktemp("requests") / "profile"))


def deployed(outcomes: Outcomes, folder: Path, name: str, **options: object) -> Engine:
    trials = outcomes.trials()
    selector = method_named(name, Options(**options), trials).fit(trials)  # type: ignore[arg-type]
    save_deployment(folder, selector, outcomes.manifest, {})
    return Engine(folder)


@pytest.fixture(scope="module")
def engine(outcomes: Outcomes, tmp_path_factory: pytest.TempPathFactory) -> Engine:
    return deployed(outcomes, tmp_path_factory.mktemp("menu") / "s", "cascade", requests=8)


def test_a_request_gets_the_selector_that_its_budget_asks_for(engine: Engine, outcomes: Outcomes) -> None:
    menu = engine.deployment.selector
    assert isinstance(menu, Menu)
    images, _ = draw_split("sample", 2)
    trials = outcomes.trials()
    times = dict(zip(trials.models, trials.times_ms.tolist(), strict=True))
    cheapest = min(menu.promises, key=lambda promise: promise.mean_ms)
    surest = max(menu.promises, key=lambda promise: promise.accuracy)
    spent: list[float] = []
    for budget in (Budget(max_mean_ms=cheapest.mean_ms), Budget(min_accuracy=surest.accuracy)):
        replies = [engine.classify(image, budget) for image in images]
        assert all(reply.label is not None and set(reply.ran) <= set(menu.models) for reply in replies)
        spent.append(sum(times[model] for reply in replies for model in reply.ran))
    assert spent[0] < spent[1], "by the profile's times"
    assert engine.classify(images[0], Budget()).ran == engine.classify(images[0]).ran


@pytest.mark.parametrize(
    "budget",
    [
        Budget(max_mean_ms=0.01),
        Budget(max_p90_ms=0.01),
        Budget(max_energy_mj=1e-6),
        Budget(min_accuracy=0.9999),
        Budget(max_mean_ms=2, min_accuracy=0.95),
    ],
    ids=str,
)
def test_what_the_menu_cannot_promise_is_refused_and_the_hint_works(engine: Engine, budget: Budget) -> None:
    images, _ = draw_split("sample", 1)
    with pytest.raises(UsageError, match="cannot promise") as raised:
        engine.classify(images[0], budget)
    named = re.findall(r"--([a-z0-9-]+) ([0-9.e-]*[0-9])", str(raised.value.hint))
    changed = {name.replace("-", "_"): float(value) for name, value in named}
    assert changed
    assert engine.classify(images[0], Budget(**{**vars(budget), **changed})).label


@pytest.mark.parametrize(("name", "options"), [("single", {}), ("cascade", {"requests": 1})])
def test_a_selector_without_a_menu_says_so(
    outcomes: Outcomes, tmp_path: Path, name: str, options: dict[str, object]
) -> None:
    engine = deployed(outcomes, tmp_path / "s", name, **options)
    images, _ = draw_split("sample", 1)
    with pytest.raises(UsageError, match="fitted for one budget") as raised:
        engine.classify(images[0], Budget(max_mean_ms=100))
    assert "select fit" in str(raised.value.hint)
    assert engine.classify(images[0], Budget()).label


@pytest.mark.parametrize(
    ("options", "cause"),
    [
        ({"unfamiliar": "refuse", "false_alarms": 0.1}, "--unfamiliar"),
        ({"promise": Promised(0.5, min_accuracy=0.5)}, "--guarantee"),
    ],
)
def test_what_stands_in_the_way_of_a_menu_is_named(
    outcomes: Outcomes, tmp_path: Path, options: dict[str, object], cause: str
) -> None:
    engine = deployed(outcomes, tmp_path / "s", "cascade", requests=8, **options)
    with pytest.raises(UsageError, match="fitted for one budget") as raised:
        engine.classify(draw_split("sample", 1)[0][0], Budget(max_mean_ms=100))
    assert f"without {cause}" in str(raised.value.hint)


def test_the_default_of_a_menu_is_what_was_judged(engine: Engine, outcomes: Outcomes, drawn_folder: Path) -> None:
    trials = outcomes.trials()
    routes = engine.deployment.selector.route(trials)
    for i in range(0, len(trials), 29):
        reply = engine.classify(drawn_folder / outcomes.images["image"][i])
        assert set(reply.ran) == {m for m, ran in zip(trials.models, routes.ran[i], strict=True) if ran}
