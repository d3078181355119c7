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
    for rows in stored["rows"].values():
        assert {"onnxruntime", "openvino", "litert", "executorch", "ncnn"} <= {one["runtime"] for one in rows}


def test_what_is_left_compares_like_with_like(scripts: Callable[[str], Any]) -> None:
    def row(runtime: str, precision: str, ms: float | None, failure: str = "") -> dict[str, Any]:
        return {"runtime": runtime, "precision": precision, "p50_ms": ms, "failure": failure}

    page = scripts("runtimes_page")
    rows = {
        page.GENERIC: [row("openvino", "fp32", 30.0), row("openvino", "int8", 12.0), row("ncnn", "fp32", None, "no")],
        page.USER: [row("openvino", "fp32", 10.0), row("openvino", "int8", 6.0), row("ncnn", "fp32", 20.0)],
    }
    assert page.left(rows) == {"openvino": {"fp32": 3.0, "int8": 2.0}}
    assert page.fastest(rows[page.GENERIC])["p50_ms"] == 12.0
