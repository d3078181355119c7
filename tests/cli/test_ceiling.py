"""`edgewise select ceiling` on a real profile of drawn images."""

import json
from pathlib import Path

import pytest
from typer import Typer
from typer.testing import CliRunner

from edgewise.cli.ceiling import command
from edgewise.errors import StoreError
from edgewise.profile.outcomes import open_profile
from edgewise.profile.run import Settings, profile
from edgewise.select.judge.evaluate import evaluate

app = Typer()
app.command()(command)
run = CliRunner().invoke


@pytest.fixture(scope="module")
def folder(drawn_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("profile") / "p"
    profile(Settings(("tiny:*",), drawn_folder, out))
    return out


def test_it_says_in_words_what_selection_can_win(folder: Path) -> None:
    done = run(app, [str(folder)])
    assert done.exit_code == 0, done.exception
    assert "the best single model" in " ".join(done.stdout.split())
    assert "oracle" in done.stdout
    assert "What each model adds to a perfect choice" in done.stdout


def test_json_holds_the_words_and_the_oracle_of_the_fair_table(folder: Path) -> None:
    done = run(app, [str(folder), "--json", "--criterion", "top5", "--seed", "3"])
    printed = json.loads(done.stdout)
    found = printed["ceiling"]
    assert (found["criterion"], found["seed"], len(printed["words"])) == ("top5", 3, 4)
    oracle = evaluate(open_profile(folder).trials(), {}, criterion="top5", seed=3).table.rows[-1]
    assert found["oracle"]["accuracy"]["value"] == oracle.accuracy.value
    assert found["oracle"]["accuracy"]["low"] == oracle.accuracy.low
    assert found["oracle"]["mean_ms"]["value"] == pytest.approx(oracle.mean_ms)


def test_no_profile_is_one_clear_error(tmp_path: Path) -> None:
    assert isinstance(run(app, [str(tmp_path)]).exception, StoreError)
