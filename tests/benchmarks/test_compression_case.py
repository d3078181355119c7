"""The page of `compression_case.py` against the stored results; its verdict and its comparisons follow from figures."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from edgewise.select.feature_costs import FREE
from edgewise.select.judge.evaluate import evaluate
from edgewise.select.single import SingleMethod
from edgewise.select.trials import Trials

BENCHMARKS = Path(__file__).parents[2] / "benchmarks"


@pytest.fixture
def stored() -> dict[str, Any]:
    return json.loads((BENCHMARKS / "results" / "compression_case.json").read_text(encoding="utf-8"))


def test_the_page_is_that_of_the_stored_results(scripts, stored) -> None:
    page = scripts("compression_case_page")
    assert page.words(stored) == stored["in_words"]
    text = (BENCHMARKS.parent / "docs" / "compression_case.md").read_text(encoding="utf-8")
    assert text == "\n\n".join(page.page(stored)) + "\n"
    assert (BENCHMARKS.parent / "docs" / "pictures" / "compression_case.svg").is_file()


@pytest.mark.parametrize(
    ("verdict", "said"),
    [
        ("beats the mixing line", "choosing is worth it here, though"),
        ("cannot tell", "cannot be told from luck"),
        ("does not", "choosing by image is not worth it here"),
    ],
)
def test_the_verdict_is_that_of_the_best_against_the_coin(scripts, stored, verdict: str, said: str) -> None:
    page = scripts("compression_case_page")
    for row in stored["table"]["rows"]:
        if row["kind"] == "selector":
            best = row["name"] == "cascade"
            row |= {"gain": {"value": 0.3 if best else 0.2, "low": 0.1, "high": 0.4}}
            row["verdict"] = verdict if best else "does not"
    told = page.words(stored)[0]
    assert "the best, cascade, gains +30.0 (+10.0 to +40.0) points" in told
    assert said in told


def test_a_selector_faster_than_any_variant_has_none_beside_it(scripts, stored) -> None:
    page = scripts("compression_case_page")
    for one in stored["beside"].values():
        one |= {"at_its_time": None, "over_it": None}
    assert "and no single variant is as fast" in page.words(stored)[0]
    assert "| none is as fast |" in "\n".join(page.page(stored))


def test_a_selector_stands_beside_the_best_variant_that_takes_no_longer(scripts) -> None:
    case = scripts("compression_case")
    rng = np.random.default_rng(0)
    labels = np.arange(120) % 3

    def logits(share: float) -> np.ndarray:
        named = np.where(np.arange(120) < share * 120, labels, (labels + 1) % 3)
        return (np.eye(3)[named] * 4 + rng.normal(0, 0.1, (120, 3))).astype(np.float32)

    variants = {"cut": (1.0, logits(0.5)), "int8": (2.0, logits(0.8)), "plain": (9.0, logits(0.7))}
    trials = Trials(
        models=tuple(variants),
        logits=tuple(scores for _, scores in variants.values()),
        labels=labels,
        features=np.empty((len(labels), 0)),
        feature_names=(),
        times_ms=np.array([ms for ms, _ in variants.values()]),
        decode_ms=0.0,
        feature_costs=FREE,
    )
    methods = {"always plain": SingleMethod("plain"), "always cut": SingleMethod("cut")}
    beside = case.beside(trials, evaluate(trials, methods, folds=3, seed=0, bootstrap=50, decide_ms=0.0))
    slow, fast = beside["always plain"], beside["always cut"]
    assert slow["at_its_time"] == "int8", "faster and more often right"
    assert slow["over_it"]["value"] == pytest.approx(-0.1)
    assert slow["over_it"]["low"] < -0.1 < slow["over_it"]["high"] <= 0
    assert slow["over_plain"] == {"value": 0.0, "low": 0.0, "high": 0.0}
    assert (fast["at_its_time"], fast["over_it"]["value"]) == ("cut", 0.0)
    assert fast["over_plain"]["value"] == pytest.approx(-0.2)
    assert fast["times_as_fast_as_plain"] == {"value": 9.0, "low": 9.0, "high": 9.0}
