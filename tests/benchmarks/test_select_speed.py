"""The page is that of the stored figures, its goals are held against them, and a hybrid is what is timed as one."""

import importlib
import json
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest

from edgewise.select.paths import PATHS
from edgewise.select.selector import Answer, Seen

BENCHMARKS = Path(__file__).parent.parent.parent / "benchmarks"


@pytest.fixture
def speed(monkeypatch: pytest.MonkeyPatch) -> Iterator[ModuleType]:
    monkeypatch.syspath_prepend(str(BENCHMARKS))
    yield importlib.import_module("select_speed")
    for name in ("select_speed", "pages", "speed_goals"):
        sys.modules.pop(name, None)


@pytest.fixture
def stored() -> dict:
    return json.loads((BENCHMARKS / "results" / "select_speed.json").read_text(encoding="utf-8"))


def test_the_page_is_in_step_with_the_stored_figures(speed: ModuleType, stored: dict) -> None:
    text = (BENCHMARKS.parent / "docs" / "select_speed.md").read_text(encoding="utf-8")
    assert text == "\n\n".join(speed.page(stored)) + "\n"


def test_goals_are_met_or_not_by_the_figures(speed: ModuleType, stored: dict) -> None:
    goals = sys.modules["speed_goals"]
    few, many = stored["few_classes"]["cascade"], stored["many_classes"]["cascade"]
    few["choose_ms"], many["choose_ms"] = 0.099, 0.05
    assert goals.choosing_goal(stored, "cascade") == "under 0.1: met"
    many["choose_ms"] = 0.1
    assert goals.choosing_goal(stored, "cascade") == "under 0.1: not met at 1,000 classes"
    few["choose_ms"] = 0.2
    assert goals.choosing_goal(stored, "cascade") == "under 0.1: not met at 20 and 1,000 classes"
    assert goals.choosing_goal(stored, "agreement") == ""
    for figures in stored["many_classes"].values():
        figures["fit_s"] = 20.0
    stored.pop("fit_all_two_at_a_time_s", None)
    assert goals.fitting_goal(stored).endswith("takes 140 s. The goal, under 120 s on two cores, is not met.")
    stored["fit_all_two_at_a_time_s"] = 80.0
    assert "one core each, 80 s. The goal, under 120 s on two cores, is met." in goals.fitting_goal(stored)


def test_what_was_timed_as_a_hybrid_is_said_where_it_is_none(speed: ModuleType, stored: dict) -> None:
    few, many = stored["few_classes"]["hybrid"], stored["many_classes"]["hybrid"]
    few["timed"] = many["timed"] = "hybrid"
    assert "was timed" not in speed.page(stored)[-1]
    many["timed"] = "cascade"
    assert "At 1,000 classes the hybrid's path is cascades alone" in speed.page(stored)[-1]
    few["timed"] = "cascade"
    assert "At 20 and 1,000 classes the hybrid's path" in speed.page(stored)[-1]


class _Stub:
    """A selector that answers at once."""

    models: tuple[str, ...] = ()
    feature_names: tuple[str, ...] = ()

    def __init__(self, kind: str) -> None:
        self.kind = kind

    def decide(self, seen: Seen) -> Answer:
        return Answer(np.full(2, 0.5, np.float32), ())


@pytest.mark.parametrize(("kinds", "timed"), [("hhccc", "hybrid"), ("ccccc", "cascade")])
def test_of_a_hybrids_path_a_hybrid_is_timed_where_there_is_one(
    speed: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kinds: str, timed: str
) -> None:
    speed.draw(tmp_path, 30, 2, 3)
    path = tuple(_Stub({"h": "hybrid", "c": "cascade"}[kind]) for kind in kinds)
    monkeypatch.setattr(speed, "fit", lambda folder, name: (path, speed.trials_in(folder), 1.5))
    found = speed.one(tmp_path, "hybrid")
    assert (found["timed"], found["fit_s"]) == (timed, 1.5)
    assert 0 < found["choose_ms"] <= found["choose_p90_ms"]


def test_every_method_is_fitted_again_the_longest_first(
    speed: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[tuple[str, str, str]] = []
    monkeypatch.setattr(
        speed,
        "in_process",
        lambda task, method, folder, **threads: asked.append((task, method, threads["OMP_NUM_THREADS"])),
    )
    assert speed.two_at_a_time(tmp_path, {name: float(i) for i, name in enumerate(PATHS)}) > 0
    assert sorted(asked) == sorted(("--fit", name, "1") for name in PATHS)
