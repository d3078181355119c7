"""The page of `int8_users.py` against the stored results, and its judging on made-up users."""

import json
from pathlib import Path
from typing import Any

import pytest

BENCHMARKS = Path(__file__).parents[2] / "benchmarks"


def _user(scripts: Any, right: list[bool]) -> dict[str, Any]:
    page = scripts("int8_users_page")
    ms = {"fp32": {page.GENERIC: 60.0, page.USER: 30.0}, "int8": {page.GENERIC: 20.0, page.USER: 15.0}}
    rows: dict[str, Any] = {}
    for precision, times in ms.items():
        for name in page.NETWORKS:
            said = right if name == page.USER and precision == "int8" else [True] * 10
            share = sum(said) / 10
            rows[f"{name}|{precision}"] = {
                "right": said,
                "ms": times.get(name, 14.0),
                "file_bytes": 10**7,
                "accuracy": {"value": share, "low": share, "high": share},
            }
    return {"engines": {"ONNX Runtime": rows}, "guard": {"int8": {"verdict": "undecided"}}}


def test_what_is_left_is_told_against_the_generic_network_at_both_precisions(scripts) -> None:
    page = scripts("int8_users_page")
    users = [_user(scripts, [True] * 8 + [False] * 2), _user(scripts, [True] * 10)]
    summary = page.over_users(users)["ONNX Runtime"]
    own = summary[f"{page.USER}|int8"]
    assert own["times_as_fast_as_fp32"] == 4.0
    assert own["times_as_fast_as_int8"] == pytest.approx(4 / 3)
    assert own["drop_from_int8"]["value"] == pytest.approx(0.1)
    said = page.words({"over_users": {"ONNX Runtime": summary}, "users": users})
    assert "33% of what pruning wins stays" in said[0]
    assert "-10.00 (" in said[0]
    assert "is faster (14.0 ms against 15.0) and as right or more often right" in said[1]
    assert "2 undecided" in said[2]


def test_the_page_is_that_of_the_stored_results(scripts) -> None:
    stored = json.loads((BENCHMARKS / "results" / "int8_users.json").read_text())
    page = scripts("int8_users_page")
    assert page.words(stored) == stored["in_words"]
    assert (BENCHMARKS.parent / "docs" / "int8_users.md").read_text() == "\n\n".join(page.page(stored)) + "\n"
