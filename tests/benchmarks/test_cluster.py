"""The page of what a cluster costs against the stored results."""

import json
from pathlib import Path

BENCHMARKS = Path(__file__).parents[2] / "benchmarks"


def test_the_page_is_that_of_the_stored_results(scripts) -> None:
    stored = json.loads((BENCHMARKS / "results" / "cluster.json").read_text())
    text = (BENCHMARKS.parent / "docs" / "cluster_overhead.md").read_text()
    assert text == "\n\n".join(scripts("cluster").page(stored)) + "\n"
    assert stored["equal"]
    assert set(stored["seconds"]) == {"one", "local", "ray", "killed"}
