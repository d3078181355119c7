"""The page about one's own ONNX model and camera folder: its commands run as they stand, but for the address."""

import json
import os
import re
import shlex
import signal
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest
from PIL import Image

from edgewise.zoo.card import check_card
from tests.tiny_generic import bundled_file, images

PAGE = Path(__file__).parent.parent / "docs" / "own_model.md"
ADDRESS = "http://127.0.0.1:8080"


def blocks(language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```", PAGE.read_text(), flags=re.MULTILINE | re.DOTALL)


def run(command: list[str], folder: Path) -> str:
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    done = subprocess.run(
        command,
        cwd=folder,
        env={**os.environ, "PATH": path, "OMP_NUM_THREADS": "1"},
        capture_output=True,
        text=True,
        timeout=200,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def workplace(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What the page takes for granted: a file, its card, and a camera's pictures."""
    folder = tmp_path_factory.mktemp("own")
    bundled_file(folder)
    for suffix in ("onnx", "toml"):
        (folder / f"own.{suffix}").rename(folder / f"net.{suffix}")
    (folder / "camera").mkdir()
    for number, pixels in enumerate(images(1)[0]):
        Image.fromarray(pixels).save(folder / "camera" / f"{number:04}.jpg", quality=95)
    return folder


@pytest.fixture(scope="module")
def address(workplace: Path) -> Iterator[str]:
    """Where the service listens that the page starts."""
    command = shlex.split(blocks("sh")[1].strip().removesuffix("&"))
    assert command == ["edgewise", "serve", "--model", "onnx:net.onnx", "--state", "device/"]
    service = subprocess.Popen(
        [sys.executable, "-m", *command, "--port", "0", "--json"],
        cwd=workplace,
        env={**os.environ, "OMP_NUM_THREADS": "1"},
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        assert service.stdout is not None
        yield json.loads(service.stdout.readline())["address"]
    finally:
        service.terminate()
        assert service.wait(30) in (0, -signal.SIGTERM)
        service.stdout.close()


@pytest.mark.slow
@pytest.mark.torch
@pytest.mark.serve
class TestThePage:
    def test_looks_at_the_file(self, workplace: Path) -> None:
        shown = run(["bash", "-ec", blocks("sh")[0]], workplace)
        assert "tiny:l" in shown
        assert "groups can be cut" in " ".join(shown.split())

    def test_gives_it_the_pictures(self, workplace: Path, address: str) -> None:
        printed = run(["bash", "-ec", blocks("sh")[2].replace(ADDRESS, address)], workplace)
        answers = [json.loads(line) for line in printed.splitlines()]
        assert len({answer["label"] for answer in answers}) >= 9  # ten pictures, one of each class
        (code,) = blocks("python")
        said = run([sys.executable, "-c", code.replace(ADDRESS, address)], workplace)
        assert [line.split()[0] for line in said.splitlines()] == [f"{number:04}.jpg" for number in range(10)]
        assert [line.split()[1] for line in said.splitlines()] == [answer["label"] for answer in answers]

    def test_asks_where_it_is(self, workplace: Path, address: str) -> None:
        run(["bash", "-ec", blocks("sh")[2].replace(ADDRESS, address)], workplace)
        known = json.loads(run(["bash", "-ec", blocks("sh")[3].replace(ADDRESS, address)], workplace))
        assert known["phase"] == "observe"
        assert known["seen"] >= 10
        assert {"prefix.onnx", "tail.onnx"} <= {path.name for path in (workplace / "device/generic").iterdir()}
        assert (workplace / "device/state.sqlite").is_file()


def test_its_card_is_a_card(tmp_path: Path) -> None:
    (card,) = blocks("toml")
    (tmp_path / "classes.txt").write_text("cat\ndog\n")
    assert check_card(tomllib.loads(card), "the page", tmp_path).given["classes"] == ["cat", "dog"]


def test_every_block_of_the_shell_is_run_above() -> None:
    assert len(blocks("sh")) == 4
