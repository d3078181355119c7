"""The page of found classes against the stored results, and what it counts."""

import json
from pathlib import Path

import numpy as np

BENCHMARKS = Path(__file__).parents[2] / "benchmarks"


def test_the_page_is_that_of_the_stored_results(scripts) -> None:
    stored = json.loads((BENCHMARKS / "results" / "find_classes.json").read_text())
    text = (BENCHMARKS.parent / "docs" / "find_classes.md").read_text()
    assert text == "\n\n".join(scripts("find_classes").page(stored)) + "\n"


def test_first_answers_that_cover_the_stream(scripts) -> None:
    covering = scripts("find_classes").covering
    assert covering(np.array([3] * 60 + [5] * 34 + [7] * 3 + [9] * 3)) == [3, 5, 7]
    assert covering(np.array([4] * 10)) == [4]


def test_streams_that_were_never_settled_are_counted_apart(scripts) -> None:
    settled = {"inputs": 300, "classes": 5, "found": 6, "right": 5, "cover": 20, "cover_right": 5}
    given_up = {"inputs": None, "classes": 5, "found": 0, "right": 0, "cover": 40, "cover_right": 4}
    row = scripts("find_classes").summary([settled, given_up])
    assert (row["streams"], row["settled"], row["recall"], row["complete"], row["too_many"]) == (2, 1, 1.0, 1.0, 1.0)
    assert row["cover_too_many"] == (15 + 36) / 2
    assert "precision" not in scripts("find_classes").summary([given_up])
