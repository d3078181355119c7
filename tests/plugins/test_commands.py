"""A broken plug-in is one error for the command that names it, a row of `doctor`, and nothing to all others."""

import json
import sys
from collections.abc import Callable
from io import StringIO
from pathlib import Path

import pytest
from rich.console import Console

import edgewise.accel
from edgewise.accel.accelerator import preset_names
from edgewise.errors import PluginError, UsageError
from edgewise.plugin_health import check_plugins
from edgewise.plugins import GROUPS
from tests.plugins.installed import PACKAGE, install

Here = Callable[..., str]
FAILS = "import pathlib\npathlib.Path({note!r}).touch()\nraise ValueError('no licence')\n"
PRESET = (Path(edgewise.accel.__path__[0]) / "presets" / "reading.toml").read_text()


@pytest.fixture
def note(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The file that says that a package of four plug-ins was imported, which fails."""
    path = tmp_path / "was-imported"
    entries = {group: {"acme": "acme_vision"} for group in GROUPS.values()}
    monkeypatch.syspath_prepend(install(tmp_path / "site", entries, {"acme_vision.py": FAILS.format(note=str(path))}))
    return path


def test_commands_that_do_not_name_it_do_not_import_it(
    here: Here, note: Path, steady: Path, drawn_folder: Path, tmp_path: Path
) -> None:
    here("zoo", "list", "--json")
    here("select", "fit", steady, "--method", "single", "--folds", "2", "--out", tmp_path / "selector", "--quiet")
    image = next(drawn_folder.rglob("*.png"))
    reply = here("classify", image, "--selector", tmp_path / "selector", "--threads", "1", "--json")
    assert json.loads(reply)[0]["ran"]
    here("accel", "run", "--help")
    assert not note.exists()


@pytest.mark.parametrize("kind", ["fit", "evaluate", "zoo", "profile", "accel"])
def test_each_kind_is_one_error_where_it_is_named(
    here: Here, note: Path, steady: Path, drawn_folder: Path, tmp_path: Path, kind: str
) -> None:
    (tmp_path / "net.onnx").write_bytes(b"x")
    source = f"acme:{tmp_path / 'net.onnx'}"
    arguments: dict[str, tuple[object, ...]] = {
        "fit": ("select", "fit", steady, "--method", "acme", "--out", tmp_path / "selector"),
        "evaluate": ("select", "evaluate", steady, "--also", "acme"),
        "zoo": ("zoo", "describe", source),
        "profile": ("profile", "--zoo", source, "--data", drawn_folder, "--out", tmp_path / "new"),
        "accel": ("accel", "run", "net.csv", "--preset", "acme"),
    }
    with pytest.raises(PluginError) as raised:
        here(*arguments[kind], "--quiet")
    why = f"'acme' of the package {PACKAGE} failed when it was imported: ValueError: no licence."
    assert raised.value.message.endswith(why)
    assert "pip uninstall acme-vision" in raised.value.hint
    assert raised.value.exit_code == 3
    assert note.exists()


def test_our_presets_are_listed_beside_a_broken_one(here: Here, note: Path, capsys: pytest.CaptureFixture[str]) -> None:
    from edgewise.cli import accel

    accel.presets(json=True)
    shown = capsys.readouterr()
    assert tuple(one["accelerator"]["name"] for one in json.loads(shown.out)) == preset_names()
    assert f"left out: The preset 'acme' of the package {PACKAGE} failed" in shown.err
    assert note.exists()


def test_names_that_nobody_offers_are_answered_by_those_that_are(
    here: Here, note: Path, steady: Path, tmp_path: Path
) -> None:
    for said, arguments in {
        r"There is no method 'nobody'\.\n.*premodel, single, acme\.": (
            *("select", "fit", steady, "--out", tmp_path / "s", "--method", "nobody"),
        ),
        "'cascade' is judged anyway": ("select", "evaluate", steady, "--also", "cascade"),
        r"There is no preset 'nobody'\.\n.*reading, acme; or give a file": (
            *("accel", "run", "net.csv", "--preset", "nobody"),
        ),
        r"'nobody:net.onnx' names no classifier\.\n.*: acme:PATH, tiny:NAME": ("zoo", "list", "nobody:net.onnx"),
    }.items():
        with pytest.raises(UsageError, match=said):
            here(*arguments)
    assert not note.exists()


@pytest.mark.torch
def test_a_criterion_that_nobody_offers_is_said_before_anything_is_loaded(here: Here, note: Path) -> None:
    with pytest.raises(UsageError, match=r"There is no criterion 'nobody'\.\n.*l2, random, acme\."):
        here("prune", "--model", "nothing", "--data", "nowhere", "--out", "out", "--criterion", "nobody")
    assert not note.exists()


@pytest.mark.slow
def test_what_is_tried_is_a_row_whatever_it_does(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    entries = {
        "edgewise.selectors": {"cascade": "acme.ours", "wrong": "acme.ours:WRONG"},
        "edgewise.runtimes": {"crash": "acme.crash", "loud": "acme.loud"},
        "edgewise.presets": {"acme-npu": "acme", "twice": "acme"},
    }
    files = {
        "acme/__init__.py": "",
        "acme/ours.py": "WRONG = 3\n",
        "acme/crash.py": "import os\nos._exit(9)\n",
        "acme/loud.py": "print('{')\nraise KeyError('key')\n",
        "acme/acme-npu.toml": PRESET,
    }
    install(tmp_path, entries, files)
    monkeypatch.syspath_prepend(install(tmp_path, {"edgewise.presets": {"twice": "acme"}}, name="other-vision"))
    ours = [one for one in check_plugins() if one.package in ("acme-vision", "other-vision")]
    found = {(one.kind, one.name, one.package): (one.works, one.note) for one in ours}
    assert found.pop(("preset", "acme-npu", "acme-vision")) == (True, "works: an array of 64 x 64")
    twice = "Two packages offer a preset 'twice': "
    for key, told in {
        ("selector", "cascade"): f"{PACKAGE} is refused: 'cascade' is edgewise's own.",
        ("selector", "wrong"): "acme.ours:WRONG has no function method and no from_state",
        ("runtime", "crash"): "it ended the process (exit code 9)",
        ("runtime", "loud"): "KeyError: 'key'",
        ("preset", "twice"): f"{twice}acme-vision 2.3 and other-vision 2.3.",
    }.items():
        works, said = found.pop((*key, "acme-vision"))
        assert (works, told in said) == (False, True), said
    assert found == {("preset", "twice", "other-vision"): (False, f"{twice}other-vision 2.3 and acme-vision 2.3.")}
    assert "acme" not in sys.modules

    from edgewise.cli.doctor import _plugin_table

    console = Console(file=StringIO(), width=200)
    console.print(_plugin_table(tuple(ours)))
    shown = console.file.getvalue()  # type: ignore[attr-defined]
    assert all(text in shown for text in ("acme-npu", PACKAGE, "broken", "is edgewise's own"))
