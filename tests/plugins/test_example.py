"""The example package: docs/plugins.md shows it as it is, and its wheel, installed, does what the page says."""

import ast
import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from PIL import Image

from edgewise.drawn import CLASSES, draw_split
from edgewise.images.decode import decode, read_file
from edgewise.zoo.loaders import load
from edgewise.zoo.sources import find_one
from edgewise.zoo.tiny import WEIGHTS
from tests.packaging.environments import beside_this, build

ROOT = Path(__file__).parent.parent.parent
EXAMPLE = ROOT / "examples" / "edgewise-plugin-example"
PAGE = (ROOT / "docs" / "plugins.md").read_text()
PACKAGE = {"name": "edgewise-plugin-example", "version": "0.1.0"}
NAMES = ("entropy", "geometric-median", "opencv", "small-npu")
USER = ("car", "key", "lamp")

Command = Callable[..., str]


def test_the_page_shows_the_package_as_it_is() -> None:
    files = [_plain(path.read_text()) for path in EXAMPLE.rglob("*") if path.suffix in (".py", ".toml")]
    shown = re.findall(r"^```(?:python|toml)\n(.*?)^```", PAGE, flags=re.MULTILINE | re.DOTALL)
    assert len(shown) == 5
    for block in shown:
        assert any(_plain(block) in text for text in files), block


def _plain(text: str) -> str:
    """The lines without indentation, which an excerpt leaves out, and without blank ones."""
    return "\n".join(["", *(line.strip() for line in text.splitlines() if line.strip()), ""])


@pytest.fixture(scope="module")
def python(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An environment that finds all that this one does, and in which the example's wheel is installed."""
    folder = tmp_path_factory.mktemp("example")
    return beside_this(folder / "environment", build(EXAMPLE, folder / "dist", "wheel"))


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory, drawn_folder: Path) -> Path:
    """What the page takes for granted: photos/, models/, net.onnx and user/."""
    made = tmp_path_factory.mktemp("reader")
    shutil.copytree(drawn_folder, made / "photos")
    (made / "models").mkdir()
    for suffix in ("onnx", "toml"):
        for name in ("xs", "m", "l"):
            shutil.copy(WEIGHTS / f"{name}.{suffix}", made / "models")
        shutil.copy(WEIGHTS / f"m.{suffix}", made / f"net.{suffix}")
    (made / "user").mkdir()
    images, _ = draw_split("sample", 40, [CLASSES.index(name) for name in USER])
    for number in range(len(images)):
        Image.fromarray(images[number % len(USER) * 40 + number // len(USER)]).save(made / "user" / f"{number:04}.png")
    return made


@pytest.fixture
def run(python: Path, folder: Path) -> Command:
    """A shell command of the page, in its folder and the environment; the error is where `fails` looks for it."""

    def command(line: str, *, fails: int = 0) -> str:
        environment = {**os.environ, "PATH": f"{python.parent}{os.pathsep}{os.environ['PATH']}", "OMP_NUM_THREADS": "1"}
        (python.parent / "edgewise").write_text(f'#!/bin/sh\nexec {python} -m edgewise "$@"\n')
        (python.parent / "edgewise").chmod(0o755)
        done = subprocess.run(
            line, shell=True, cwd=folder, env=environment, capture_output=True, text=True, timeout=900, check=False
        )
        assert done.returncode == fails, f"{line}\n{done.stdout}\n{done.stderr}"
        return done.stderr if fails else done.stdout

    return command


def _lines(what: str) -> list[str]:
    """The commands of the page that name it."""
    shown = re.findall(r"^```sh\n(.*?)^```", PAGE, flags=re.MULTILINE | re.DOTALL)
    (block,) = (block for block in shown if what in block)
    return block.splitlines()


@pytest.mark.slow
@pytest.mark.long
def test_the_selector_is_fitted_answers_and_is_judged(run: Command, folder: Path) -> None:
    profile, fit, classify, evaluate = _lines("--method entropy")
    run(f"{profile} --quiet")
    told = json.loads(run(f"{fit} --json --quiet"))
    assert told["settings"]["method"]["plugin"] == {"name": "entropy", "package": PACKAGE}
    (reply,) = json.loads(run(f"{classify} --json --quiet"))
    assert reply["why"].endswith("bits of entropy")
    assert "entropy" in [row["name"] for row in json.loads(run(f"{evaluate} --json --quiet"))["rows"]]
    assert PACKAGE in _packages(json.loads((folder / "selector" / "selector.json").read_text()))
    run("edgewise report profile --selector selector --out report.html --quiet")
    assert "entropy" in (folder / "report.html").read_text()


@pytest.mark.slow
def test_the_runtime_profiles_beside_others_and_answers(run: Command, folder: Path, python: Path) -> None:
    profile, describe = _lines("opencv:")
    run(f"{profile} --quiet")
    assert f"OpenCV (of the package {PACKAGE['name']} {PACKAGE['version']})" in run(describe)
    stored = json.loads((folder / "beside" / "manifest.json").read_text())["data"]
    assert [model.get("package") for model in stored["models"] if model["source"].startswith("opencv:")] == [PACKAGE]
    run("edgewise select fit beside --method single --model tiny:m --out single --quiet")
    (reply,) = json.loads(run("edgewise classify photos/car/0000.png --selector single --json --quiet"))
    usual, _, _ = load(find_one("tiny:m")).classify(decode(read_file(folder / "photos" / "car" / "0000.png")).pixels)
    assert reply["ran"] == ["tiny:m"]
    assert reply["label"] == CLASSES[int(usual.argmax())]
    missing = subprocess.run(
        [sys.executable, "-m", "edgewise", "classify", "photos/car/0000.png", "--selector", "single"],
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert missing.returncode == 4, missing.stderr
    assert "was made with edgewise-plugin-example 0.1.0, which is not installed" in missing.stderr
    assert "python -m pip install edgewise-plugin-example==0.1.0" in missing.stderr


@pytest.mark.slow
@pytest.mark.torch
@pytest.mark.long
def test_the_criterion_makes_a_network(run: Command, folder: Path) -> None:
    (prune,) = _lines("--criterion")
    line = f"{prune} --where global --undecided estimate --max-drop 40 --target-speedup 1.1 --json --quiet"
    told = json.loads(run(line))
    assert (told["criterion"], told["package"], told["cut"]) == ("geometric-median", PACKAGE, True)
    assert json.loads((folder / "mine" / "user_network.json").read_text())["data"]["package"] == PACKAGE


@pytest.mark.slow
@pytest.mark.torch
def test_the_preset_runs_and_all_four_are_found_at_work(run: Command, python: Path) -> None:
    (line,) = _lines("--preset")
    told = json.loads(run(f"{line} --json"))
    assert told["accelerator"]["source"].startswith("edgewise-plugin-example 0.1.0: No one product")
    install, _ = _lines("pip install")
    assert (ROOT / install.split()[-1]).is_dir()
    code = (
        "from edgewise.plugin_health import check_plugins; print([[c.name, c.works, c.note] for c in check_plugins()])"
    )
    rows = ast.literal_eval(run(f'{python} -c "{code}"'))
    assert {name: works for name, works, _ in rows if name in NAMES} == dict.fromkeys(NAMES, True), rows


def _packages(value: object) -> list[object]:
    """Whatever stands under `package` anywhere in JSON values."""
    if isinstance(value, dict):
        own = [value["package"]] if "package" in value else []
        return own + [found for each in value.values() for found in _packages(each)]
    return [found for each in value for found in _packages(each)] if isinstance(value, list) else []
