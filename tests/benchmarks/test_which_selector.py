"""The page is that of the stored results, and every picture and page that it names is there."""

import importlib
import re
import sys
from pathlib import Path

import pytest

BENCHMARKS = Path(__file__).parent.parent.parent / "benchmarks"
DOCS = BENCHMARKS.parent / "docs"


@pytest.fixture
def which(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.syspath_prepend(str(BENCHMARKS))
    yield importlib.import_module("which_selector")
    for name in ("which_selector", "pages", "speed_goals"):
        sys.modules.pop(name, None)


def test_the_page_is_in_step_with_the_stored_results(which) -> None:
    text = (DOCS / "which_selector.md").read_text(encoding="utf-8")
    assert text == "\n\n".join(which.page(which.stored())) + "\n"
    named = re.findall(r"\]\(([^)]+)\)", text)
    assert len(named) > 4
    assert [name for name in named if not (DOCS / name).is_file()] == []


def test_a_figure_that_changes_changes_the_page(which) -> None:
    results = which.stored()
    before = which.page(results)
    row = next(r for r in results["select_imagenet20"]["tables"]["20-way"][which.WHOLE]["rows"] if r["name"] == "auto")
    row["accuracy"]["value"] -= 0.5
    assert which.page(results) != before
