"""What other packages offer: found, imported when it is asked for, and one clear error where it does not work."""

import sys
from pathlib import Path

import pytest

from edgewise.errors import DataError, PluginError, UsageError
from edgewise.plugins import GROUPS, KINDS, Kind, plugin_named, plugins_of
from tests.plugins.installed import PACKAGE, install

WORKS = "title = 'Acme'\nsuffixes = ('.onnx',)\ndef open(path, *, threads, ends, embedding): ...\n"


def test_what_a_package_offers_is_found_and_not_imported(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    entries = {group: {f"acme-{kind}": "acme_vision"} for kind, group in GROUPS.items()}
    monkeypatch.syspath_prepend(install(tmp_path, entries, {"acme_vision.py": "raise ValueError('imported')"}))
    for kind in KINDS:
        (found,) = (plugin for plugin in plugins_of(kind) if plugin.name.startswith("acme-"))
        assert (found.kind, found.name, str(found.package)) == (kind, f"acme-{kind}", PACKAGE)
        assert plugin_named(kind, found.name) == found
    assert plugin_named("selector", "acme-preset") is None
    assert "acme_vision" not in sys.modules


@pytest.mark.parametrize(
    ("code", "said"),
    [
        ("raise ValueError('no licence\\n  found')", "ValueError: no licence found"),
        ("import a_package_of_tomorrow", "ModuleNotFoundError: No module named 'a_package_of_tomorrow'"),
        ("def (", "SyntaxError: invalid syntax"),
        ("import sys\nsys.exit(0)", "SystemExit: 0"),
        ("raise ImportError", "ImportError."),
    ],
)
def test_one_that_cannot_be_imported_is_one_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, code: str, said: str
) -> None:
    module = f"acme_broken_{abs(hash(code))}"
    monkeypatch.syspath_prepend(install(tmp_path, {"edgewise.runtimes": {"acme": module}}, {f"{module}.py": code}))
    plugin = plugin_named("runtime", "acme")
    assert plugin is not None
    with pytest.raises(PluginError) as raised:
        plugin.load()
    assert raised.value.message.startswith(f"The runtime 'acme' of the package {PACKAGE} failed when it was imported: ")
    assert said in raised.value.message
    assert "\n" not in raised.value.message
    assert "pip uninstall acme-vision" in raised.value.hint


def test_two_packages_with_one_name_are_both_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("acme-vision", "other-vision"):
        monkeypatch.syspath_prepend(install(tmp_path / name, {"edgewise.presets": {"tiny-npu": "acme"}}, name=name))
    with pytest.raises(PluginError, match=r"'tiny-npu': acme-vision 2\.3 and other-vision 2\.3"):
        plugin_named("preset", "tiny-npu")


@pytest.mark.parametrize("error", [UsageError, DataError])
def test_errors_of_ours_stay_what_they_are_and_name_the_package(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, error: type[DataError] | type[UsageError]
) -> None:
    monkeypatch.syspath_prepend(install(tmp_path, {"edgewise.presets": {"acme": "acme"}}))
    plugin = plugin_named("preset", "acme")
    assert plugin is not None
    with (
        pytest.raises(error, match=rf"^The preset 'acme' of the package {PACKAGE}: too large\n") as raised,
        plugin.answering(""),
    ):
        raise error("too large", "Make it smaller.")
    assert raised.value.hint == "Make it smaller."
    with pytest.raises(KeyboardInterrupt), plugin.answering("was read"):
        raise KeyboardInterrupt


def _named(kind: Kind) -> str:
    from edgewise.accel.accelerator import preset_names

    return {"selector": "cascade", "criterion": "taylor", "runtime": "onnx", "preset": preset_names()[0]}[kind]


@pytest.mark.parametrize("kind", KINDS)
def test_a_name_of_our_own_stays_ours_and_the_check_names_both(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: Kind
) -> None:
    from edgewise.accel.accelerator import read_accelerator
    from edgewise.plugin_check import check
    from edgewise.select.cascade.cascade import Cascade
    from edgewise.select.kinds import restorer
    from edgewise.zoo.sources import find_one
    from edgewise.zoo.tiny import WEIGHTS

    name = _named(kind)
    monkeypatch.syspath_prepend(install(tmp_path, {GROUPS[kind]: {name: "nothing_at_all"}}))
    plugin = plugin_named(kind, name)
    assert plugin is not None
    with pytest.raises(PluginError, match=rf"{PACKAGE} is refused: '{name}' is edgewise's own\.\n"):
        check(plugin)
    if kind == "selector":
        assert restorer(name) == Cascade.from_state
    elif kind == "preset":
        assert PACKAGE not in read_accelerator(name).source
    elif kind == "runtime":
        assert "package" not in (find_one(f"onnx:{WEIGHTS / 'xs.onnx'}").card.given)
