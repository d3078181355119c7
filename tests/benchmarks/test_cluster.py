"""docs/cluster.md says what was measured of its cost."""

import json
from pathlib import Path

BENCHMARKS = Path(__file__).parents[2] / "benchmarks"
RESULT = BENCHMARKS / "results" / "cluster.json"


def test_the_page_says_what_was_measured(scripts) -> None:
    module, stored = scripts("cluster"), json.loads(RESULT.read_text())
    assert module.filled(module.PAGE, module.FILLED_BY, module.told(stored)) == module.PAGE.read_text(encoding="utf-8")


def test_a_line_through_two_numbers_of_images_gives_what_is_paid_once(scripts) -> None:
    rows = [{"way": "one", "seconds": [12.0, 42.0]}]
    machine = {"cores": 2, "cpu": "a processor"}
    said = scripts("cluster").told({"images": [100, 400], "rounds": 3, "rows": rows, "machine": machine})
    assert "| one | 12.0 | 42.0 | 100.0 | 2.0 |" in said
