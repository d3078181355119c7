"""The page of `change_detection.py` against the stored results, and its detectors against those of the package."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from edgewise.personal.change import ChangeDetector
from edgewise.personal.cusum import Cusum

BENCHMARKS = Path(__file__).parents[2] / "benchmarks"


def test_the_page_is_that_of_the_stored_results(scripts) -> None:
    stored = json.loads((BENCHMARKS / "results" / "change_detection.json").read_text())
    text = (BENCHMARKS.parent / "docs" / "change_detection.md").read_text()
    shown = next(line for line in text.splitlines() if line.startswith("!["))
    assert text == "\n\n".join(scripts("change_detection_page").page(stored, shown)) + "\n"


def test_the_picture_is_that_of_the_stored_results(scripts) -> None:
    stored = json.loads((BENCHMARKS / "results" / "change_detection.json").read_text())
    drawn = (BENCHMARKS.parent / "docs" / "pictures" / "change_detection.svg").read_text()
    assert drawn == scripts("change_detection_picture").draw(stored) + "\n"


def test_what_the_page_says_in_words_is_so(scripts) -> None:
    """CUSUM is quicker where its limit is loose, and set too low; at equal false alarms the rank test is quicker."""
    stored = json.loads((BENCHMARKS / "results" / "change_detection.json").read_text())
    page, found = scripts("change_detection_page"), stored["set"]
    ours, loose, strict = (found[name] for name in ("both, 0.05", "cusum of scores, 20000", "cusum of scores, 390000"))
    half, at_once = "half of other classes", "half of other classes, from the first input on"
    for change in (half, at_once):
        assert loose["delays"][change]["median"] < ours["delays"][change]["median"]
    assert ours["false_alarms"] <= 0.05 < strict["false_alarms"] < loose["false_alarms"]
    equal = {name: page.at_equal(rows) for name, rows in stored["swept"].items()}
    for change in ("all of other classes", half, "a tenth of other classes"):
        delays = {name: row["delays"][change]["median"] or np.inf for name, row in equal.items()}
        assert delays.pop("ranks") < min(delays.values())
    assert stored["false_alarms_of"]["exchangeable"]["both, 0.05"] <= 0.05
    assert (
        stored["false_alarms_of"]["in runs"]["both, 0.05"]
        > 0.05
        >= stored["false_alarms_of"]["in runs"]["audits, 0.05"]
    )
    for change, delay in found["both, 0.05"]["delays"].items():
        assert delay == found["ranks, 0.05"]["delays"][change], "audits are never the first"


def _inputs(scripts, rng: np.random.Generator, count: int, shift: float = 0.0) -> Any:
    scores, outside = rng.normal(size=count) + shift, np.clip(rng.normal(0.3, 0.1, count) + shift / 4, 0, 1)
    return scripts("change_detection_streams").Inputs(scores, outside, rng.random(count) < 0.2)


def test_paths_alarm_where_the_detectors_do(scripts) -> None:
    rng = np.random.default_rng(0)
    known = _inputs(scripts, rng, 150)
    parts = [_inputs(scripts, rng, 400), _inputs(scripts, rng, 60), _inputs(scripts, rng, 400, shift=1.2)]
    detectors, alarm = scripts("change_detection_detectors").Detectors.calibrated(known, seed=3), {}
    single = ChangeDetector.begin(known.scores, known.outside, 0.05, seed=3)
    sums = Cusum.begin(known.scores, 20_000, "scores", seed=3)
    passed = 0
    for part in parts:
        detectors, paths = detectors.after(part)
        for name in ("both, 0.05", "cusum of scores, 20000"):
            over = np.flatnonzero(paths[name] >= 1)
            if len(over):
                alarm.setdefault(name, passed + int(over[0]) + 1)
        passed += len(part.scores)
        for score, outside, audited in zip(part.scores, part.outside, part.audited, strict=True):
            single = single.update(float(score), float(outside) if audited else None)
            sums = sums.update(float(score))
    assert single.alarm is not None
    assert alarm == {"both, 0.05": single.alarm.at_input, "cusum of scores, 20000": sums.alarm_at}


def test_k_of_the_last_counts_across_parts(scripts) -> None:
    detectors = scripts("change_detection_detectors")
    rng = np.random.default_rng(1)
    begun = detectors.Detectors.calibrated(_inputs(scripts, rng, 150), seed=0)
    inputs, name = _inputs(scripts, rng, 45, shift=1.5), f"k of the last {detectors.LAST}"
    cut = [
        type(inputs)(inputs.scores[part], inputs.outside[part], inputs.audited[part])
        for part in (slice(30), slice(30, 45))
    ]
    served, _ = begun.after(cut[0])
    _, paths = served.after(cut[1])
    over = inputs.scores > begun.rejected_over
    counts = [over[max(0, end - detectors.LAST) : end].sum() for end in range(31, 46)]
    assert paths[name].tolist() == np.maximum.accumulate(counts).tolist()


@pytest.mark.parametrize(("threshold", "false", "median"), [(2.0, 0.5, 2), (4.0, 0.0, 3), (9.0, 0.0, None)])
def test_a_row_counts_false_alarms_and_delays(
    scripts, monkeypatch, threshold: float, false: float, median: Any
) -> None:
    change = scripts("change_detection")
    monkeypatch.setattr(change, "CHANGES", {"other": None})
    monkeypatch.setattr(change, "AT_ONCE", {})
    monkeypatch.setattr(change, "CHANGE_AT", 2)
    monkeypatch.setattr(change, "WATCHED", 3)
    after = {"other": {"one": np.array([1.0, 3.0, 5.0])}}
    unchanged = [np.array([0.0, 1.0, 1.5]), np.array([0.0, 1.0, 3.0])]
    row = change.row([change.Watched({"one": path}, after) for path in unchanged], "one", threshold)
    assert row["false_alarms"] == false
    assert row["early"] == 0
    assert row["delays"]["other"]["median"] == median
    assert row["delays"]["other"]["noticed"] == (0.0 if median is None else 1.0)


def test_a_stream_that_alarmed_before_has_no_delay(scripts, monkeypatch) -> None:
    change = scripts("change_detection")
    monkeypatch.setattr(change, "CHANGES", {"other": None})
    monkeypatch.setattr(change, "AT_ONCE", {})
    monkeypatch.setattr(change, "CHANGE_AT", 2)
    path = {"one": np.array([0.0, 5.0, 5.0])}
    row = change.row([change.Watched(path, {"other": path})], "one", 2.0)
    assert row["early"] == 1
    assert row["delays"]["other"] == {"median": None, "p90": None, "noticed": None}
