"""`edgewise zoo`."""

import json
from collections.abc import Callable
from pathlib import Path
from subprocess import CompletedProcess

import pytest

Run = Callable[..., CompletedProcess[str]]


def test_list_says_what_the_cards_say(edgewise: Run) -> None:
    done = edgewise("zoo", "list", "--json")
    cards = json.loads(done.stdout)
    assert [card["name"] for card in cards] == ["tiny:xs", "tiny:s", "tiny:m", "tiny:l"]
    assert all(card["licence"] == "Apache-2.0" and card["macs"] > 0 for card in cards)
    assert "73.1 M" in edgewise("zoo", "list").stdout


@pytest.mark.torch
@pytest.mark.slow
def test_trained_networks_are_a_zoo(edgewise: Run, tmp_path: Path, drawn_folder: Path) -> None:
    out = tmp_path / "nets"
    done = edgewise("zoo", "train-tiny", "--out", out, "--per-class", "8", "--epochs", "1", "--json")
    assert done.returncode == 0, done.stderr
    assert len(json.loads(done.stdout)) == 4
    profiled = edgewise(
        "profile", "--zoo", f"onnx:{out}/*.onnx", "--data", drawn_folder, "--out", tmp_path / "p", "--json"
    )
    assert len(json.loads(profiled.stdout)["models"]) == 4
