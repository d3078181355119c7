"""`edgewise demo`, the whole way, as a user runs it."""

import json
from collections.abc import Callable
from pathlib import Path
from subprocess import CompletedProcess

import pytest

Run = Callable[..., CompletedProcess[str]]
pytestmark = pytest.mark.slow


def test_ends_with_three_lines_and_the_path_alone(edgewise: Run, tmp_path: Path) -> None:
    """Twice into one folder: the second begins anew."""
    out = tmp_path / ("a long folder name, longer than any terminal is wide" * 2)
    for _ in range(2):
        done = edgewise("demo", "--out", out, "--per-class", "40")
        assert done.returncode == 0, done.stderr
    *_, best, cascade, premodel, path = done.stdout.splitlines()
    assert best.startswith("The best single model, tiny:")
    assert cascade.startswith("The cascade is right on")
    assert premodel.startswith("The paper's premodel is right on")
    assert path == str(out / "report.html")
    assert "</html>" in Path(path).read_text()


def test_json_is_all_that_stdout_holds(edgewise: Run, tmp_path: Path) -> None:
    done = edgewise("demo", "--out", tmp_path / "d", "--per-class", "20", "--json")
    result = json.loads(done.stdout)
    assert len(result["learned"]) == 3
    assert Path(result["report"]).exists()


def test_other_files_are_left_alone(edgewise: Run, tmp_path: Path) -> None:
    (tmp_path / "thesis.txt").write_text("precious")
    done = edgewise("demo", "--out", tmp_path)
    assert done.returncode == 2
    assert "holds other files" in done.stderr
    assert (tmp_path / "thesis.txt").read_text() == "precious"
