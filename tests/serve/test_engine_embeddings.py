"""Selectors that decide by a penultimate vector get it from the engine, and what has none is said."""

from pathlib import Path

import numpy as np
import pytest

from edgewise import Engine
from edgewise.errors import ModelError
from edgewise.profile.outcomes import Outcomes
from edgewise.profile.run import Settings, profile
from edgewise.serve.deployment import save_deployment
from tests.embedding_selector import KIND, Nearness, NearnessMethod
from tests.plugins.installed import install


@pytest.fixture(autouse=True)
def known_kind(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    """As another package would offer it."""
    folder = tmp_path_factory.mktemp("site")
    monkeypatch.syspath_prepend(install(folder, {"edgewise.selectors": {KIND: "tests.embedding_selector:Nearness"}}))


@pytest.fixture(scope="module")
def outcomes(tmp_path_factory: pytest.TempPathFactory, drawn_folder: Path) -> Outcomes:
    return profile(Settings(("tiny:xs", "tiny:l"), drawn_folder, tmp_path_factory.mktemp("profile") / "out"))


def test_engine_decides_as_the_selector_was_judged(outcomes: Outcomes, drawn_folder: Path, tmp_path: Path) -> None:
    trials = outcomes.trials()
    selector = NearnessMethod("tiny:xs", "tiny:l").fit(trials)
    save_deployment(tmp_path / "s", selector, outcomes.manifest, {})
    engine = Engine(tmp_path / "s")
    routes = selector.route(trials)
    for row in range(0, len(trials), 5):
        reply = engine.classify(drawn_folder / outcomes.images["image"][row])
        assert reply.ran == trials.models[: routes.ran[row].sum()]
        assert reply.label == outcomes.classes.names[routes.top[row, 0]]
    assert {routes.ran[row].sum() for row in range(0, len(trials), 5)} == {1, 2}


def test_a_model_that_gives_none_is_said(drawn_folder: Path, tmp_path: Path) -> None:
    """A selector that was fitted where the model gave a vector, answering where it does not."""
    outcomes = profile(Settings(("ensemble:tiny:xs+tiny:s", "tiny:l"), drawn_folder, tmp_path / "out"))
    ensemble, strong = outcomes.models
    assert list(outcomes.trials().embeddings) == [strong]
    selector = Nearness(ensemble, strong, np.zeros((10, 32), np.float32), 1.0)
    save_deployment(tmp_path / "s", selector, outcomes.manifest, {})
    with pytest.raises(
        ModelError, match=r"(?s)ensemble:.* gives no penultimate vector here.*fit a selector that needs none"
    ):
        Engine(tmp_path / "s").classify(next(drawn_folder.rglob("*.png")))


def test_models_that_are_not_asked_are_loaded_as_ever(outcomes: Outcomes, drawn_folder: Path, tmp_path: Path) -> None:
    selector = Nearness("tiny:xs", "tiny:l", np.zeros((10, 32), np.float32), -1.0)
    save_deployment(tmp_path / "s", selector, outcomes.manifest, {})
    engine = Engine(tmp_path / "s")
    assert engine.classify(next(drawn_folder.rglob("*.png"))).ran == ("tiny:xs", "tiny:l")
    assert {name: model.embedding_width for name, model in engine._warm.items()} == {"tiny:xs": 32, "tiny:l": None}
