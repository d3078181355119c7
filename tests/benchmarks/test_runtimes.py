"""The page of `runtimes.py` against the stored results, and what it says of them."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

BENCHMARKS = Path(__file__).parents[2] / "benchmarks"


@pytest.fixture
def stored() -> dict[str, Any]:
    return json.loads((BENCHMARKS / "results" / "runtimes.json").read_text(encoding="utf-8"))


def test_the_page_is_that_of_the_stored_results(scripts: Callable[[str], Any], stored: dict[str, Any]) -> None:
    text = (BENCHMARKS.parent / "docs" / "runtimes.md").read_text(encoding="utf-8")
    assert text == "\n\n".join(scripts("runtimes_page").page(stored)) + "\n"


def test_every_runtime_has_a_row(stored: dict[str, Any]) -> None:
    assert {"onnxruntime", "openvino", "litert", "executorch", "ncnn"} <= {one["runtime"] for one in stored["rows"]}


def test_what_int8_wins_is_told_for_each_runtime_that_has_both(scripts: Callable[[str], Any]) -> None:
    def row(runtime: str, precision: str, ms: float | None, failure: str = "") -> dict[str, Any]:
        said = {"runtime": runtime, "precision": precision, "version": "1", "p50_ms": ms}
        return said | {"agreement": 0.9, "failure": failure}

    rows = [row("onnxruntime", "fp32", 40.0), row("openvino", "fp32", 30.0), row("openvino", "int8", 12.0)]
    rows += [row("ncnn", "fp32", None, "no"), row("litert", "int8", 20.0)]
    told = scripts("runtimes_page").words(rows)
    assert [line for line in told if line.startswith("OpenVINO: int8 is 2.50 times")]
    assert not [line for line in told if line.startswith(("LiteRT", "ncnn", "ONNX Runtime:"))]
