"""The page of the accelerator's figures against the stored results."""

import json
from pathlib import Path

BENCHMARKS = Path(__file__).parents[2] / "benchmarks"


def test_the_page_is_that_of_the_stored_results(scripts) -> None:
    stored = json.loads((BENCHMARKS / "results" / "accelerator_figures.json").read_text())
    text = (BENCHMARKS.parent / "docs" / "accelerator_figures.md").read_text()
    assert text == "\n\n".join(scripts("accelerator_figures_page").page(stored)) + "\n"
