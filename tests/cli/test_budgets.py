"""A budget on the command line: met on images that nobody had seen, within its interval, or refused with a way out."""

import json
import re
from collections.abc import Callable
from pathlib import Path

import pytest

from edgewise.drawn import write_split
from edgewise.errors import UsageError
from edgewise.profile.outcomes import open_profile
from edgewise.select.budget.budget import Budget
from edgewise.select.budget.kept import Kept, kept
from edgewise.select.budget.menu import Menu
from edgewise.select.saved import load_selector
from edgewise.select.selector import Selector
from edgewise.select.trials import Trials
from tests.steady_profile import steady_profile

Here = Callable[..., str]

IMPOSSIBLE = {"--max-mean-ms": 0.001, "--max-p90-ms": 0.001, "--max-energy-mj": 1e-9, "--min-accuracy": 0.9999}


@pytest.fixture(scope="module")
def larger(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A profile of 300 images to fit on."""
    folder = tmp_path_factory.mktemp("larger")
    write_split(folder / "data", "profile", 30)
    return steady_profile(folder / "data", folder / "profile")


@pytest.fixture(scope="module")
def others(tmp_path_factory: pytest.TempPathFactory) -> Trials:
    """400 images of another split."""
    folder = tmp_path_factory.mktemp("others")
    write_split(folder / "data", "sample", 40)
    return open_profile(steady_profile(folder / "data", folder / "profile")).trials()


def reached(budget: Budget, selector: Selector, trials: Trials) -> tuple[Kept, ...]:
    """What unseen images say of each limit, by the profile's times."""
    routes = selector.route(trials)
    features_ms = trials.feature_costs.ms(selector.feature_names)
    return kept(budget, trials, routes, trials.decode_ms + features_ms + routes.ran @ trials.times_ms, "top1")


def typed(budget: Budget) -> list[object]:
    return [part for name, value in vars(budget).items() if value for part in ("--" + name.replace("_", "-"), value)]


def chosen(folder: Path) -> Selector:
    """What answers requests without a budget of their own."""
    menu = load_selector(folder)
    assert isinstance(menu, Menu)
    return menu.chosen


def hinted(error: UsageError) -> list[str]:
    """The options that a hint says to give."""
    return [part for pair in re.findall(r"(--[a-z0-9-]+) ([0-9.e-]*[0-9])", str(error.hint)) for part in pair]


@pytest.mark.parametrize("option", IMPOSSIBLE)
@pytest.mark.parametrize("method", ["single", pytest.param("auto", marks=pytest.mark.slow)])
def test_what_nothing_keeps_is_refused_and_the_hint_works(
    here: Here, steady: Path, tmp_path: Path, method: str, option: str
) -> None:
    fit = ("select", "fit", steady, "--out", tmp_path / "s", "--method", method, "--folds", 2, "--json")
    with pytest.raises(UsageError, match="can promise") as raised:
        here(*fit, option, IMPOSSIBLE[option])
    assert not (tmp_path / "s").exists()
    if option != "--min-accuracy":  # the search for an accuracy to promise is what takes the time
        name, value = hinted(raised.value)
        assert name == option
        if method == "single":
            assert json.loads(here(*fit, name, value))["choice"]["chosen"]["keeps_limits"]


def test_two_limits_that_conflict_are_both_named(here: Here, steady: Path, tmp_path: Path) -> None:
    fit = ("select", "fit", steady, "--out", tmp_path / "s", "--method", "single", "--folds", 2, "--json")
    with pytest.raises(UsageError, match=r"a mean of 0\.1 ms") as raised:
        here(*fit, "--max-mean-ms", 0.1, "--max-p90-ms", 0.1, "--min-accuracy", 0.999)
    hint = hinted(raised.value)
    assert hint[::2] == ["--max-mean-ms", "--max-p90-ms", "--min-accuracy"]
    found = json.loads(here(*fit, *hint))
    assert chosen(tmp_path / "s").models == ("tiny:xs",)
    assert {one["name"] for one in found["budget_kept"]} == {"max_mean_ms", "max_p90_ms", "min_accuracy"}


@pytest.mark.slow
@pytest.mark.parametrize(
    "budget",
    [
        Budget(max_mean_ms=4),
        Budget(max_p90_ms=8),
        Budget(max_energy_mj=0.05),
        Budget(min_accuracy=0.9),
        Budget(max_p90_ms=26, min_accuracy=0.9),
    ],
    ids=str,
)
def test_a_budget_is_met_on_images_of_another_split(
    here: Here, larger: Path, others: Trials, tmp_path: Path, budget: Budget
) -> None:
    fit = ("select", "fit", larger, "--out", tmp_path / "s", "--method", "cascade", "--folds", 2, "--json")
    found = json.loads(here(*fit, *typed(budget)))
    assert found["choice"]["chosen"]["keeps_limits"]
    assert all(one["kept"] for one in found["budget_kept"])
    for one in reached(budget, chosen(tmp_path / "s"), others):
        assert one.kept, one


@pytest.mark.slow
def test_auto_keeps_a_budget_and_its_runners_up(here: Here, steady: Path, others: Trials, tmp_path: Path) -> None:
    budget = Budget(max_mean_ms=6)
    fit = ("select", "fit", steady, "--out", tmp_path / "s", "--folds", 2, "--json")
    found = json.loads(here(*fit, *typed(budget)))
    (one,) = reached(budget, load_selector(tmp_path / "s"), others)
    assert one.kept, one
    runners = [other["method"] for other in found["choice"]["runners_up"]]
    assert len(runners) == len(set(runners)) >= 7
    assert found["choice"]["chosen"]["beats_coin"] or len(found["choice"]["chosen"]["models"]) == 1


@pytest.mark.slow
def test_evaluate_judges_all_under_the_budget_and_stores_it(here: Here, steady: Path, tmp_path: Path) -> None:
    import shutil

    folder = shutil.copytree(steady, tmp_path / "profile")
    table = json.loads(here("select", "evaluate", folder, "--folds", 2, "--max-mean-ms", 6, "--json"))
    stored = json.loads((folder / "evaluation.json").read_text())["data"]["settings"]
    assert stored["max_mean_ms"] == 6
    rows = {row["name"]: row for row in table["rows"]}
    assert {"auto", "cascade", "agreement", "deferral", "utility", "router", "ridge", "hybrid"} <= set(rows)
    assert rows["auto"]["mean_ms"] < 9
