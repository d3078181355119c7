"""The quick start says how long it took, of the commands that it has now, and under a minute."""

import json
from pathlib import Path

BENCHMARKS = Path(__file__).parents[2] / "benchmarks"
STORED = json.loads((BENCHMARKS / "results" / "quick_start.json").read_text())


def test_the_page_says_what_was_measured(scripts) -> None:
    module = scripts("quick_start")
    page = module.PAGE.read_text(encoding="utf-8")
    assert module.filled(module.PAGE, module.FILLED_BY, module.told(STORED)) == page
    assert [block.text for block in module.timed()] == [step["block"] for step in STORED["steps"]], "measure it anew"
    assert sum(step["processor_seconds"] for step in STORED["steps"]) < 60
