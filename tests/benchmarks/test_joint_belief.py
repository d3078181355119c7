"""The page of the joint belief against the stored results, and what the device's design rests on."""

import json
from pathlib import Path

BENCHMARKS = Path(__file__).parents[2] / "benchmarks"
STORED = json.loads((BENCHMARKS / "results" / "joint_belief.json").read_text())


def test_the_page_is_that_of_the_stored_results(scripts) -> None:
    text = (BENCHMARKS.parent / "docs" / "joint_belief.md").read_text()
    assert text == "\n\n".join(scripts("joint_belief").page(STORED)) + "\n"


def test_all_together_judge_better_than_the_generic_network_alone(scripts) -> None:
    module = scripts("joint_belief")
    for row in STORED["losses"]:
        if row["change"] == "as it is":
            assert row[module.TOGETHER]["error"] < row[module.ALONE]["error"]
