"""The page of answers under the user's prior against the stored results."""

import json
from pathlib import Path

BENCHMARKS = Path(__file__).parents[2] / "benchmarks"


def test_the_page_is_that_of_the_stored_results(scripts) -> None:
    stored = json.loads((BENCHMARKS / "results" / "user_prior.json").read_text())
    text = (BENCHMARKS.parent / "docs" / "user_prior.md").read_text()
    assert text == "\n\n".join(scripts("user_prior").page(stored)) + "\n"
