"""What another package offers is held to what docs/plugins.md asks of it; what is not so is one error that names it."""

import sys
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import numpy as np
import pytest

from edgewise.errors import ModelError, PluginError, StoreError, UsageError
from edgewise.plugins import Plugin, plugin_named
from edgewise.runtime.plugin_runtime import open_on
from edgewise.runtime.session import Ends, Signature
from edgewise.select.named import Options, method_named
from edgewise.select.plugin_selector import PluginSelector, plugin_method, restored
from edgewise.select.saved import load_selector, save_selector
from edgewise.select.selector import Answer, Refuse, Routes, Run, Seen
from edgewise.select.single import SingleModel
from edgewise.zoo.tiny import WEIGHTS
from tests.plugins.installed import PACKAGE, install

SHARES = np.full(6, 1 / 6, np.float32)
Offer = Callable[[str, object], Plugin]


@pytest.fixture
def offer(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Offer:
    """The plug-in "acme" of a kind, whose entry point names a given object."""

    def make(kind: str, what: object) -> Plugin:
        group = {"selector": "selectors", "criterion": "criteria", "runtime": "runtimes", "preset": "presets"}[kind]
        module = ModuleType("acme_offered")
        module.offered = what  # type: ignore[attr-defined]
        monkeypatch.setitem(sys.modules, "acme_offered", module)
        folder = tmp_path / f"site-{kind}"
        monkeypatch.syspath_prepend(install(folder, {f"edgewise.{group}": {"acme": "acme_offered:offered"}}))
        plugin = plugin_named(kind, "acme")  # type: ignore[arg-type]
        assert plugin is not None
        return plugin

    return make


@dataclass(frozen=True)
class First:
    """A selector that runs its first model, and does what `changed` says otherwise."""

    models: tuple[str, ...] = ("net0",)
    step: object = None
    kind: str = "acme"
    feature_names = ()

    def decide(self, seen: Seen) -> Any:
        if self.step is not None:
            return self.step
        return Answer(SHARES, self.models) if seen.logits else Run(self.models[0], "first")

    def route(self, trials: Any) -> Routes:
        return SingleModel(self.models[0]).route(trials)

    def state(self) -> tuple[dict[str, Any], dict[str, np.ndarray]]:
        return {"models": list(self.models)}, {}


def _offered(selector: object = None, **changed: Any) -> SimpleNamespace:
    """A selector's plug-in that works, but for what is changed."""
    whole: dict[str, Any] = {
        "method": lambda criterion, seed: SimpleNamespace(fit=lambda trials: selector or First()),
        "from_state": lambda values, arrays: First(tuple(values["models"])),
    }
    return SimpleNamespace(**{key: value for key, value in (whole | changed).items() if value is not None})


def test_a_selector_is_fitted_saved_and_restored(offer: Offer, make_trials, tmp_path: Path) -> None:
    offer("selector", _offered())
    trials = make_trials()
    selector = method_named("acme", Options(), trials).fit(trials)
    assert isinstance(selector, PluginSelector)
    save_selector(tmp_path / "s", selector, {})
    again = load_selector(tmp_path / "s")
    assert (again.kind, again.models, again.feature_names) == ("acme", ("net0",), ())
    assert again.decide(Seen(None)) == Run("net0", "first")
    assert (again.route(trials).top == SingleModel("net0").route(trials).top).all()


@pytest.mark.parametrize(
    ("offered", "said"),
    [
        (3, "acme_offered:offered has no function method and no from_state"),
        (_offered(from_state=None), "has no function from_state"),
        (_offered(method=lambda criterion: None), "TypeError"),
        (_offered(method=lambda criterion, seed: 7), "its method is a int, which has neither fit nor fit_path"),
        (_offered(7), "a int is no selector, for it has no decide and no route and no state"),
        (_offered(First(kind="other")), "of the kind 'other'; it must be 'acme'"),
        (_offered(First(models=())), r"its models are \(\)"),
        (_offered(First(models=("netX",))), "'netX', which was not tried"),
    ],
)
def test_a_selector_of_another_form(offer: Offer, make_trials, offered: object, said: str) -> None:
    plugin = offer("selector", offered)
    with pytest.raises(PluginError, match=said) as raised:
        plugin_method(plugin, "top1", 0).fit(make_trials())
    assert PACKAGE in raised.value.message


@pytest.mark.parametrize(
    ("step", "seen", "said"),
    [
        (Run("net9", ""), {}, "'net9', which is none of its models"),
        (Run("net0", ""), {"net0": SHARES}, "'net0', which has run already"),
        (Answer([0.5], ("net0",)), {}, "something else than an array"),  # type: ignore[arg-type]
        ("net0", {}, "decided a str"),
    ],
)
def test_a_step_that_leads_nowhere(offer: Offer, step: object, seen: dict[str, np.ndarray], said: str) -> None:
    selector = PluginSelector.of(offer("selector", _offered()), First(step=step))
    with pytest.raises(PluginError, match=said):
        selector.decide(Seen(None, seen))
    assert PluginSelector.of(selector.plugin, First(step=Refuse("no"))).decide(Seen(None)) == Refuse("no")


def test_routes_of_another_shape(offer: Offer, make_trials) -> None:
    trials = make_trials()

    class Short(First):
        def route(self, trials: Any) -> Routes:
            return replace(super().route(trials), steps=np.zeros(3, np.int64))

    with pytest.raises(PluginError, match=r"200 images on 3 models to arrays of the shapes .*\(3,\)"):
        PluginSelector.of(offer("selector", _offered()), Short()).route(trials)


def test_a_selector_that_another_version_saved(offer: Offer) -> None:
    plugin = offer("selector", _offered())
    with pytest.raises(PluginError, match=r"KeyError: 'models'\.\nIt was saved with acme-vision 1\.0: install that"):
        restored(plugin, {"name": "acme-vision", "version": "1.0"}, {}, {})


def test_a_saved_selector_whose_package_is_gone(
    offer: Offer, make_trials, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from edgewise.errors import MissingPlugin
    from edgewise.select.budget.menu import Menu

    plugin = offer("selector", _offered())
    trials = make_trials()
    alone = plugin_method(plugin, "top1", 0).fit(trials)
    save_selector(tmp_path / "alone", alone, {})
    watched = method_named("acme", Options(unfamiliar="refuse"), trials).fit(trials)
    assert watched.kind == "watched"
    save_selector(tmp_path / "inside", watched, {})
    assert load_selector(tmp_path / "inside").models == watched.models
    monkeypatch.setattr(sys, "path", [entry for entry in sys.path if "site-selector" not in entry])
    for folder in ("alone", "inside"):
        with pytest.raises(MissingPlugin, match=rf"'acme' was made with {PACKAGE}, which is not installed\.\n.*==2\.3"):
            load_selector(tmp_path / folder)
    with pytest.raises(UsageError, match="There is no method 'acme'"):
        method_named("acme", Options(), trials)
    assert Menu  # kinds of ours are restored as ever
    save_selector(tmp_path / "ours", SingleModel("net0"), {})
    assert load_selector(tmp_path / "ours") == SingleModel("net0")


def test_a_saved_package_that_is_none(offer: Offer, make_trials, tmp_path: Path) -> None:
    """A description that was changed by hand."""
    import json

    save_selector(tmp_path, plugin_method(offer("selector", _offered()), "top1", 0).fit(make_trials()), {})
    path = tmp_path / "selector.json"
    stored = json.loads(path.read_text())
    stored["data"]["package"] = ["acme"]
    path.write_text(json.dumps(stored))
    with pytest.raises(StoreError):
        load_selector(tmp_path)


class Ran:
    """A session that gives what it is told to."""

    def __init__(self, given: Any, signature: Any) -> None:
        self.given, self.signature = given, signature

    def run(self, images: np.ndarray) -> Any:
        if isinstance(self.given, Exception):
            raise self.given
        return self.given


def _runtime(session: object, **changed: Any) -> SimpleNamespace:
    whole = {"title": "Acme", "suffixes": (".onnx",), "open": lambda path, threads, ends, embedding: session}
    return SimpleNamespace(**(whole | changed))


TEN = Signature(size_px=32, outputs=10)


@pytest.mark.parametrize(
    ("offered", "said"),
    [
        (_runtime(None, open=None), "has no function open"),
        (_runtime(None, title=""), "its title is ''"),
        (_runtime(None, suffixes=".onnx"), "its suffixes are '.onnx'"),
        (_runtime(None, suffixes=("onnx",)), "its suffixes are"),
        (_runtime(None), "it opened a NoneType"),
        (_runtime(Ran(None, "none")), "it opened a Ran"),
        (_runtime(None, open=lambda path: None), r"failed when it opened xs\.onnx: TypeError"),
    ],
)
def test_a_runtime_of_another_form(offer: Offer, offered: object, said: str) -> None:
    with pytest.raises(PluginError, match=said) as raised:
        open_on(offer("runtime", offered), WEIGHTS / "xs.onnx", threads=1, ends=Ends(), embedding=False)
    assert PACKAGE in raised.value.message


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (np.zeros((2, 9), np.float32), r"gave an array \[2, 9\] for 2 images; expected \[2, 10\]"),
        ([[0.0] * 10] * 2, "gave a list"),
        (RuntimeError("out of luck"), "failed when it ran a network: RuntimeError: out of luck"),
    ],
)
def test_a_runtime_that_gives_other_things(offer: Offer, given: object, said: str) -> None:
    plugin = offer("runtime", _runtime(Ran(given, TEN)))
    session = open_on(plugin, WEIGHTS / "xs.onnx", threads=1, ends=Ends(), embedding=False)
    with pytest.raises((ModelError, PluginError), match=said) as raised:
        session.run(np.zeros((2, 3, 32, 32), np.float32))
    assert PACKAGE in str(raised.value)


def test_a_file_that_the_runtime_does_not_read(offer: Offer, tmp_path: Path) -> None:
    from edgewise.zoo.loaders import load
    from edgewise.zoo.sources import find_one

    offer("runtime", _runtime(Ran(np.zeros((1, 10)), TEN)))
    (tmp_path / "net.acme").write_bytes(b"x")
    with pytest.raises(ModelError, match=rf"no file for Acme, the runtime of the package {PACKAGE}\.\nIt reads \.onnx"):
        load(find_one(f"acme:{tmp_path / 'net.acme'}"))


@pytest.mark.parametrize(
    ("files", "value", "said"),
    [
        ({"acme/__init__.py": ""}, "acme", r"there is no acme\.toml in acme"),
        ({"acme.py": ""}, "acme", "acme is no package that could hold acme.toml"),
        ({"acme/__init__.py": "", "acme/acme.toml": "name = 3"}, "acme", "acme.toml"),
        ({}, "acme_of_tomorrow", "No module named 'acme_of_tomorrow'"),
    ],
)
def test_a_preset_of_another_form(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, files: dict[str, str], value: str, said: str
) -> None:
    from edgewise.accel.accelerator import read_accelerator
    from edgewise.errors import DataError

    monkeypatch.syspath_prepend(install(tmp_path, {"edgewise.presets": {"acme": value}}, files))
    monkeypatch.delitem(sys.modules, "acme", raising=False)
    with pytest.raises(DataError, match=said) as raised:
        read_accelerator("acme")
    monkeypatch.delitem(sys.modules, "acme", raising=False)
    assert PACKAGE in raised.value.message
