"""The page of `scale_sim.py` against the stored results, what is compared, and the network."""

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from edgewise.accel.array import Array
from edgewise.accel.scale_sim_reports import LayerReport

BENCHMARKS = Path(__file__).parents[2] / "benchmarks"


@pytest.fixture
def stored() -> dict[str, Any]:
    return json.loads((BENCHMARKS / "results" / "scale_sim.json").read_text(encoding="utf-8"))


def test_the_page_is_that_of_the_stored_results(scripts: Callable[[str], Any], stored: dict[str, Any]) -> None:
    page = scripts("scale_sim_page")
    assert page.words(stored) == stored["in_words"]
    text = (BENCHMARKS.parent / "docs" / "scale_sim.md").read_text(encoding="utf-8")
    assert text == "\n\n".join(page.page(stored)) + "\n"


def test_stored_cycles_are_those_of_today(scripts: Callable[[str], Any], stored: dict[str, Any]) -> None:
    benchmark = scripts("scale_sim")
    layers = benchmark.resnet18(stored["size_px"])
    assert set(stored["dataflows"]) == {"weight", "output", "input"}
    for dataflow, one in stored["dataflows"].items():
        array = Array(stored["rows"], stored["columns"], dataflow)
        assert [row["cycles"] for row in one["layers"]] == [array.cycles(layer.forward) for layer in layers]
        assert [row["unexplained_cycles"] for row in one["layers"]] == [0] * len(layers)


def test_the_network_is_resnet18(scripts: Callable[[str], Any]) -> None:
    """Of 1.81 GMACs, with as many of each shape as it has."""
    stem, *rest, head = scripts("scale_sim").resnet18(224)
    times = [3 if layer.name.endswith(" 3x3") and "first" not in layer.name else 1 for layer in rest]
    times[0] = 4
    macs = sum(layer.forward.macs * count for layer, count in zip(rest, times, strict=True))
    assert stem.forward.macs + macs + head.forward.macs == 1_814_073_344


def test_what_nothing_explains_is_seen(scripts: Callable[[str], Any]) -> None:
    benchmark, array = scripts("scale_sim"), Array(32, 32, "output")
    layers = benchmark.resnet18(16)[:1]
    known = benchmark.differences(layers[0], array)
    report = LayerReport(0, array.cycles(layers[0].forward) - known.net_cycles + 40, 40, 1, 1, 1)
    (row,) = benchmark.compared(layers, array, [report])
    assert row["unexplained_cycles"] == 0
    assert row["scale_sim_cycles"] - row["overhang_cycles"] + row["drain_cycles"] + row["last_cycle"] == row["cycles"]
    (row,) = benchmark.compared(layers, array, [replace(report, stall_cycles=37)])
    assert row["unexplained_cycles"] == -3
