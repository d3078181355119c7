"""`edgewise select paper` on a real profile of drawn images."""

import json
from pathlib import Path

import pytest
from typer import Typer
from typer.testing import CliRunner

from edgewise.cli.paper import command
from edgewise.errors import StoreError, UsageError
from edgewise.profile.run import Settings, profile
from edgewise.store import read_json

app = Typer()
app.command()(command)
run = CliRunner().invoke


@pytest.fixture(scope="module")
def folder(drawn_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("profile") / "p"
    profile(Settings(("tiny:*",), drawn_folder, out))
    return out


@pytest.mark.slow
def test_a_page_a_json_file_and_a_summary(folder: Path, tmp_path: Path) -> None:
    out = tmp_path / "a folder that is not there yet"
    done = run(app, [str(folder), "--out", str(out), "--folds", "3", "--no-cnn"])
    assert done.exit_code == 0, done.exception
    assert "</html>" in (out / "paper.html").read_text(encoding="utf-8")
    stored = read_json(out / "paper.json", "paper-study", 1)
    assert stored["study"]["table"]["images"] == 120
    assert stored["skipped"] == ["The CNN as a premodel was left out on request."]
    for words in ("knn.knn.knn", "oracle", "Beside the published figures", "+12.84 points", "paper.html"):
        assert words in done.stdout


@pytest.mark.slow
@pytest.mark.torch
def test_json_is_what_the_file_holds_with_the_cnn_and_top_5(folder: Path, tmp_path: Path) -> None:
    html = tmp_path / "page.html"
    settings = ["--folds", "2", "--criterion", "top5", "--seed", "3", "--json"]
    done = run(app, [str(folder), "--out", str(html), *settings])
    assert done.exit_code == 0, done.exception
    printed = json.loads(done.stdout)
    assert printed == read_json(tmp_path / "page.json", "paper-study", 1)
    assert html.exists()
    assert "CNN" in [one["name"] for one in printed["study"]["namings"]]
    settings_used = printed["study"]["settings"]
    assert (settings_used["criterion"], settings_used["folds"], settings_used["seed"]) == ("top5", 2, 3)


def test_what_cannot_be_is_one_clear_error(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("precious")
    done = run(app, [str(folder), "--out", str(tmp_path / "notes.txt")])
    assert isinstance(done.exception, UsageError)
    assert (tmp_path / "notes.txt").read_text() == "precious"
    assert isinstance(run(app, [str(tmp_path)]).exception, StoreError)
