"""The page of foretold latency against the stored results, and what the approach rests on."""

import json
from pathlib import Path

import pytest

BENCHMARKS = Path(__file__).parents[2] / "benchmarks"
STORED = json.loads((BENCHMARKS / "results" / "predict_latency.json").read_text())


@pytest.mark.torch
def test_the_page_is_that_of_the_stored_results(scripts) -> None:
    text = (BENCHMARKS.parent / "docs" / "predict_latency.md").read_text()
    assert text == "\n\n".join(scripts("predict_latency").page(STORED)) + "\n"


@pytest.mark.torch
def test_layers_tell_more_than_multiplications_alone(scripts) -> None:
    module = scripts("predict_latency")
    assert set(STORED["threads"]) == {"1", "2"}
    for found in STORED["threads"].values():
        ways = found["ways"]
        assert ways[module.LIKE]["median"] < ways[module.MACS]["median"] / 2
        assert len(found["networks"]) == STORED["networks"]
