"""`edgewise select robustness` on the bundled selector and drawn images."""

import json
from pathlib import Path

import pytest
from typer import Typer
from typer.testing import CliRunner

from edgewise.cli.robustness import command
from edgewise.errors import StoreError, UsageError
from edgewise.serve.deployment import bundled_folder
from edgewise.store import read_json

app = Typer()
app.command()(command)
run = CliRunner().invoke


def test_a_table_a_page_and_a_json_file(drawn_folder: Path, tmp_path: Path) -> None:
    asked = ["--limit", "6", "--kinds", "jpeg, noise", "--severities", "1,4-5", "--out", str(tmp_path)]
    done = run(app, [str(bundled_folder()), "--data", str(drawn_folder), *asked])
    assert done.exit_code == 0, done.exception
    for words in ("clean", "noise 5", "jpeg 4", "standard deviation of the noise", "robustness.html"):
        assert words in done.stdout
    assert "noise 2" not in done.stdout
    assert "</html>" in (tmp_path / "robustness.html").read_text(encoding="utf-8")
    stored = read_json(tmp_path / "robustness.json", "robustness", 1)
    assert [cell["severity"] for cell in stored["cells"]] == [0, 1, 4, 5, 1, 4, 5]
    again = run(app, [str(bundled_folder()), "--data", str(drawn_folder), *asked, "--json"])
    assert json.loads(again.stdout) == stored, "times and all: every cell was there"


@pytest.mark.parametrize(
    "wrong",
    [
        ["--kinds", "fog"],
        ["--kinds", ""],
        *(["--severities", text] for text in ("", "0-3", "4-9", "x", "1-2-3", "3-1")),
    ],
)
def test_what_cannot_be_asked_for_is_one_clear_error(drawn_folder: Path, wrong: list[str]) -> None:
    done = run(app, [str(bundled_folder()), "--data", str(drawn_folder), *wrong])
    assert isinstance(done.exception, UsageError)


def test_what_is_no_selector_is_one_clear_error(drawn_folder: Path, tmp_path: Path) -> None:
    assert isinstance(run(app, [str(tmp_path), "--data", str(drawn_folder)]).exception, StoreError)
