"""The README's commands and code run as they stand."""

import json
import os
import re
import shlex
import shutil
import signal
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
import typer

from edgewise.cli.app import app
from edgewise.cli.settings import read_settings
from edgewise.zoo.card import check_card
from edgewise.zoo.tiny import WEIGHTS
from tests.tiny_generic import factory

README = Path(__file__).parent.parent / "README.md"


def blocks(language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```", README.read_text(), flags=re.MULTILINE | re.DOTALL)


@pytest.fixture
def workplace(tmp_path: Path, drawn_folder: Path) -> Path:
    """What the README takes for granted: a folder of photos and one of models."""
    shutil.copytree(drawn_folder, tmp_path / "photos")
    (tmp_path / "models").mkdir()
    for name in ("xs", "m"):
        for suffix in ("onnx", "toml"):
            shutil.copy(WEIGHTS / f"{name}.{suffix}", tmp_path / "models")
    return tmp_path


@pytest.mark.slow
def test_commands_then_code(workplace: Path) -> None:
    (console,) = blocks("console")
    for line in console.splitlines():
        command = shlex.split(line.removeprefix("$ "))
        assert command[0] == "edgewise"
        done = subprocess.run(
            [sys.executable, "-m", *command], cwd=workplace, capture_output=True, text=True, timeout=120, check=False
        )
        assert done.returncode == 0, f"{line}\n{done.stderr}"
    assert (workplace / "profile" / "report.html").exists()
    (code,) = blocks("python")
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=workplace, capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines()[1].endswith(" ms")


@pytest.mark.slow
@pytest.mark.torch
@pytest.mark.serve
def test_the_service_answers(workplace: Path) -> None:
    (serve, wait, ask) = blocks("sh")[0].splitlines()
    assert "timm:resnet50" in serve and serve.endswith("/ &")  # noqa: PT018
    _, *command = shlex.split(serve.removesuffix("&").replace("timm:resnet50", factory(workplace)))
    service = subprocess.Popen([sys.executable, "-m", "edgewise", *command, "--port", "8087"], cwd=workplace)
    try:
        waited, asked = (shlex.split(line.replace("8080", "8087")) for line in (wait, ask))
        subprocess.run(waited, capture_output=True, timeout=150, check=True)
        done = subprocess.run(asked, cwd=workplace, capture_output=True, text=True, timeout=60, check=True)
        assert json.loads(done.stdout)["user"] == "anna"
        assert json.loads(done.stdout)["label"] == "car"
    finally:
        service.terminate()
        assert service.wait(30) in (0, -signal.SIGTERM)


@pytest.mark.slow
@pytest.mark.torch
@pytest.mark.serve
def test_a_user_is_played(workplace: Path) -> None:
    _, *command = shlex.split(blocks("sh")[1].replace("timm:resnet50", factory(workplace)))
    asked = [sys.executable, "-m", "edgewise", *command, "--inputs", "50"]
    done = subprocess.run(asked, cwd=workplace, capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode == 0, done.stderr
    assert "Nothing was learned in 150 inputs." in (workplace / "live.html").read_text()


@pytest.mark.torch
def test_accelerators_are_tried(workplace: Path) -> None:
    """The third command needs a network that `edgewise prune` made; it has tests of its own."""
    lines = blocks("sh")[3].splitlines()
    assert [shlex.split(line)[2] for line in lines] == ["run", "explore", "study"]
    for line in lines[:2]:
        _, *command = shlex.split(re.sub(r"torchvision:\w+", "tiny:xs", line))
        done = subprocess.run(
            [sys.executable, "-m", "edgewise", *command],
            cwd=workplace,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
        assert done.returncode == 0, done.stderr
    assert (workplace / "explored.html").exists()


@pytest.mark.slow
@pytest.mark.openvino
@pytest.mark.torch
def test_networks_are_exported_and_compared(workplace: Path) -> None:
    lines = blocks("sh")[2].replace("timm:resnet50", "tiny:xs").replace("--threads 4", "--to openvino").splitlines()
    assert [shlex.split(line)[1] for line in lines] == ["export", "benchmark", "devices"]
    for line in lines:
        done = subprocess.run(
            [sys.executable, "-m", *shlex.split(line)],
            cwd=workplace,
            env={**os.environ, "EDGEWISE_DEVICES": str(workplace / "devices")},
            capture_output=True,
            text=True,
            timeout=300,
            check=False,
        )
        assert done.returncode == 0, f"{line}\n{done.stderr}"
    assert {path.name for path in (workplace / "exported").iterdir()} >= {
        "tiny-xs-int8.onnx",
        "tiny-xs-openvino-int8.xml",
    }


def test_card_is_a_card() -> None:
    _, card = blocks("toml")
    assert check_card(tomllib.loads(card), "README", README.parent).given["size_px"] == 224


def test_settings_are_settings(tmp_path: Path) -> None:
    settings, _ = blocks("toml")
    (tmp_path / "edgewise.toml").write_text(settings)
    assert set(read_settings(tmp_path / "edgewise.toml", typer.main.get_command(app))) == {"profile", "select"}


@pytest.mark.parametrize("page", [README, *sorted(README.parent.glob("docs/**/*.md"))], ids=lambda page: page.name)
def test_every_link_leads_somewhere(page: Path) -> None:
    assert "@@" not in page.read_text()
    for target in re.findall(r"\]\(([^)#]+)\)", page.read_text()):
        assert target.startswith("http") or (page.parent / target).exists(), target
