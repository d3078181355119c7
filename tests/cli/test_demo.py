"""`edgewise demo`, the whole way, as a user runs it."""

import json
from collections.abc import Callable
from pathlib import Path
from subprocess import CompletedProcess

import pytest

from edgewise.live.run import Settings
from edgewise.live.story import Story
from edgewise.live.stream import Stream
from tests.cli.conftest import Here
from tests.live.small_story import small_story

Run = Callable[..., CompletedProcess[str]]
pytestmark = pytest.mark.slow


def test_ends_with_three_lines_and_the_path_alone(edgewise: Run, tmp_path: Path) -> None:
    """Twice into one folder: the second begins anew."""
    out = tmp_path / ("a long folder name, longer than any terminal is wide" * 2)
    for _ in range(2):
        done = edgewise("demo", "--out", out, "--per-class", "40", "--no-live")
        assert done.returncode == 0, done.stderr
    *_, best, cascade, premodel, path = done.stdout.splitlines()
    assert best.startswith("The best single model, tiny:")
    assert cascade.startswith("The cascade is right on")
    assert premodel.startswith("The paper's premodel is right on")
    assert path == str(out / "report.html")
    assert "</html>" in Path(path).read_text()


def test_json_is_all_that_stdout_holds(edgewise: Run, tmp_path: Path) -> None:
    done = edgewise("demo", "--out", tmp_path / "d", "--per-class", "20", "--no-live", "--json")
    result = json.loads(done.stdout)
    assert len(result["learned"]) == 3
    assert result["live"] == []
    assert Path(result["report"]).exists()


@pytest.mark.torch
@pytest.mark.serve
def test_a_user_is_played_at_the_end(here: Here, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The play itself takes minutes, and is that of `edgewise live`: here it ends at once."""
    played = []

    def run(stream: Stream, state: Path, settings: Settings, *_: object) -> Story:
        played.append((len(stream.parts), settings.model, state.parent.name))
        return small_story()

    monkeypatch.setattr("edgewise.live.run.run", run)
    *_, headline, page, report = here("demo", "--out", tmp_path / "d", "--per-class", "20", "--quiet").splitlines()
    assert played == [(3, "tiny:l", "live")]
    assert headline.startswith("From input ")
    assert (page, report) == (str(tmp_path / "d" / "live.html"), str(tmp_path / "d" / "report.html"))
    assert "</html>" in Path(page).read_text()


def test_without_the_extras_it_says_how_to_get_them(
    here: Here, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("edgewise.live.service.find_spec", lambda name: None)
    *_, last = json.loads(here("demo", "--out", tmp_path / "d", "--per-class", "20", "--json"))["live"]
    assert "-e '.[serve,torch]'" in last


def test_other_files_are_left_alone(edgewise: Run, tmp_path: Path) -> None:
    (tmp_path / "thesis.txt").write_text("precious")
    done = edgewise("demo", "--out", tmp_path)
    assert done.returncode == 2
    assert "holds other files" in done.stderr
    assert (tmp_path / "thesis.txt").read_text() == "precious"
