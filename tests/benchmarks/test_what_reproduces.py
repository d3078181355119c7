"""The page of docs/ is in step with the stored results, and its verdicts follow from the figures."""

import json
import re
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest

from edgewise.select.paper.published import PUBLISHED

BENCHMARKS = Path(__file__).parents[2] / "benchmarks"


@pytest.fixture
def page(monkeypatch: pytest.MonkeyPatch) -> Any:
    """The script, which finds its neighbours as it does when it is run."""
    monkeypatch.syspath_prepend(BENCHMARKS)
    return import_module("what_reproduces")


@pytest.fixture
def results() -> dict[str, Any]:
    """What is stored, with a study of two data sets in the place of the real one."""
    names = ("premodel_published", "select_imagenet20", "features", "compression_case")
    found = {name: json.loads((BENCHMARKS / "results" / f"{name}.json").read_text()) for name in names}
    beside = {key: {"ours": "\N{EN DASH}", "words": "no reason"} for key in PUBLISHED}
    beside["chain knn.knn.knn"] = {"ours": "64.3%", "words": "as the paper counts"}
    beside["accuracy gain"] = {"ours": "\N{MINUS SIGN}7.9 points", "words": ""}
    beside["single svm"] = {"ours": "71.9%", "words": ""}
    naming = {"name": "knn.knn.knn", "as_the_paper": {"value": 0.643}}
    table = {"rows": [{"kind": "selector", "name": "knn.knn.knn", "verdict": "does not"}]}
    found["premodel_variants"] = {
        "beside": {"published predictions": beside, "20-way": {**beside, "cnn": {"ours": "80.0%", "words": ""}}},
        "studies": {
            "20-way": {"namings": [naming, {"name": "CNN", "as_the_paper": {"value": 0.8}}], "table": table},
        },
    }
    return found


def _row(table: str, what: str) -> list[str]:
    (line,) = (line for line in table.splitlines() if line.startswith(f"| {what} |"))
    return [cell.strip() for cell in re.split(r"(?<!\\)\|", line.strip("|"))]


def test_every_published_figure_has_a_row_with_its_source(page: Any, results: dict[str, Any]) -> None:
    table = page.figures_table(results)
    assert len(table.splitlines()) == 2 + len(PUBLISHED)
    for one in PUBLISHED.values():
        _, text, source, *columns = _row(table, one.what.replace("|", "\\|"))
        assert text == one.text
        assert source in one.source
        assert len(columns) == 4


def test_verdicts_follow_from_the_column_nearest_to_the_paper(page: Any, results: dict[str, Any]) -> None:
    table = page.figures_table(results)
    assert _row(table, "premodel knn.knn.knn")[-1] == "no: 23.1 points lower"
    assert _row(table, "one SVM")[-1] == "yes"
    assert _row(table, "accuracy against the most capable network")[-1] == "no: 15.4 points lower"
    assert _row(table, "a CNN as the premodel")[-1] == "no: 24.5 points higher on photographs, 20-way"
    assert _row(table, "images answered by MobileNet")[-1] == "cannot be asked of these data"
    results["premodel_variants"]["beside"]["20-way"]["five features"] = {"ours": "+0.4 points", "words": ""}
    assert _row(page.figures_table(results), "accuracy with 5 features in the place of 7")[-1] == "no such loss"
    premodel = results["compression_case"]["beside"]["premodel, falls back"]
    premodel["times_as_fast_as_plain"]["value"], premodel["over_plain"]["value"] = 1.234, -0.0567
    table = page.figures_table(results)
    assert _row(table, "premodel over four compressed variants, speed")[-1].startswith("1.23x on a ResNet-18 (")
    assert _row(table, "premodel over four compressed variants, top-1")[-1].startswith("-5.7 points on a ResNet-18 (")


def test_findings_turn_with_the_figures(page: Any, results: dict[str, Any]) -> None:
    said = page.findings(results)
    assert "CNN is first (80.0%), knn.knn.knn 2nd of 2, the CNN 1st" in said
    assert "Of 1 rows of premodels none beats a coin" in said
    results["premodel_variants"]["studies"]["20-way"]["table"]["rows"][0]["verdict"] = "beats the mixing line"
    assert "knn.knn.knn (20-way) beats a coin" in page.findings(results)


def test_a_page_without_the_markers_is_refused_and_filling_twice_changes_nothing(
    page: Any, results: dict[str, Any]
) -> None:
    once = page.filled(page.PAGE.read_text(encoding="utf-8"), results)
    assert page.filled(once, results) == once
    with pytest.raises(ValueError, match="findings"):
        page.filled("# A page\n", results)


@pytest.mark.skipif(
    not (BENCHMARKS / "results" / "premodel_variants.json").is_file(), reason="that benchmark has not been run here"
)
def test_the_page_is_in_step_with_the_stored_results(page: Any) -> None:
    written = page.PAGE.read_text(encoding="utf-8")
    assert page.filled(written, page.stored()) == written, "run python benchmarks/what_reproduces.py"
