"""The page of `prune_users.py` against the stored results, and its judging on made-up users."""

import json
from pathlib import Path
from typing import Any

import pytest

BENCHMARKS = Path(__file__).parents[2] / "benchmarks"


WHOLE = "ResNet-50, restricted, 224 px"


def _row(right: list[bool], times: float, **more: Any) -> dict[str, Any]:
    return {"right": right, "times_as_fast": times, "accuracy": sum(right) / len(right), **more}


def test_drops_are_paired_with_the_generic_network_of_the_same_user(scripts) -> None:
    ours = {"against": WHOLE, "own_times_as_fast": 2.0}
    found = [
        {"rows": {WHOLE: _row([True] * 9 + [False], 1.0), "ours": _row([True] * 8 + [False] * 2, 2.0, **ours)}},
        {"rows": {WHOLE: _row([True] * 6 + [False] * 4, 1.0), "ours": _row([True] * 7 + [False] * 3, 3.0, **ours)}},
    ]
    summary = scripts("prune_users").over_users(found)
    assert summary["ours"]["drop"]["value"] == pytest.approx(0.0)
    assert summary["ours"]["drop"]["low"] < 0 < summary["ours"]["drop"]["high"]
    assert summary["ours"]["own_drop"] == summary["ours"]["drop"]
    assert summary["ours"]["times_as_fast"] == 2.5
    assert summary[WHOLE]["drop"] == {"value": 0.0, "low": 0.0, "high": 0.0}
    assert "own_drop" not in summary[WHOLE]


def test_the_front_holds_what_no_other_baseline_beats(scripts) -> None:
    def row(times: float, drop: float) -> dict[str, Any]:
        return {"times_as_fast": times, "drop": {"value": drop}}

    summary = {"slow": row(1, 0.0), "bad": row(1.5, 0.03), "good": row(2, 0.01), "fast": row(4, 0.05), "own": row(5, 0)}
    assert scripts("prune_users_page").front(summary, ["own"]) == ["fast", "good", "slow"]


def test_the_rival_is_the_most_accurate_that_is_as_fast(scripts) -> None:
    def row(times: float, drop: float) -> dict[str, Any]:
        return {"times_as_fast": times, "drop": {"value": drop}}

    summary = {"slow": row(1, 0.0), "bad": row(5, 0.03), "good": row(3.9, 0.01), "own": row(4, 0.02), "new": row(9, 0)}
    rival = scripts("prune_users_page").rival_of
    assert rival(summary, ["own", "new"], "own") == "good", "a hundredth slower is as fast"
    assert rival(summary, ["own", "new"], "new") is None


def test_what_is_won_over_the_rival_is_paired(scripts) -> None:
    ours = {"against": WHOLE, "own_times_as_fast": 2.0}
    rows = {
        WHOLE: _row([True] * 10, 1.0),
        "rival": _row([True] * 7 + [False] * 3, 2.0),
        "ours": _row([True] * 9 + [False], 2.0, **ours),
    }
    summary = scripts("prune_users").over_users([{"rows": rows}] * 2)
    assert summary["ours"]["rival"] == "rival"
    assert summary["ours"]["over_rival"]["value"] == pytest.approx(0.2)
    assert summary["ours"]["over_rival"]["low"] <= 0.2 <= summary["ours"]["over_rival"]["high"]


@pytest.mark.real
def test_users_are_drawn_out_of_their_pools(scripts) -> None:
    data = scripts("prune_users_data")
    drawn = list(data.users({5: 2, 10: 1}))
    names = [user.name for user in drawn]
    assert names[:3] == ["dogs-5-0", "others-5-0", "mixed-5-0"]
    assert names[3:] == ["dogs-10-0", "others-10-0", "mixed-10-0", "dogs-5-1", "others-5-1", "mixed-5-1"]
    assert [user.classes for user in drawn[:3]] == [user.classes for user in data.users({5: 1})]
    assert all(len(set(user.classes)) == int(user.name.split("-")[1]) for user in drawn)
    assert not set(drawn[3].classes) & set(drawn[4].classes)


@pytest.mark.real
def test_each_network_knows_the_users_classes_by_its_own_outputs(scripts) -> None:
    data = scripts("prune_users_data")
    user = next(iter(data.users({5: 1})))
    columns = {network.kind: network.columns(user) for network in data.BASELINES}
    assert [place + 1 for place in columns["ResNet-50"]] == columns["MobileNetV2 int8"]
    assert [data.folders()[place] for place in columns["Inception-V3"]] == list(user.classes)


@pytest.mark.parametrize("name", ["prune_users", "prune_users_further"])
def test_the_page_is_that_of_the_stored_results(scripts, name: str) -> None:
    stored = json.loads((BENCHMARKS / "results" / f"{name}.json").read_text())
    text = (BENCHMARKS.parent / "docs" / f"{name}.md").read_text()
    page = scripts("prune_users_page")
    assert page.words(stored) == stored["in_words"]
    picture = next(line for line in text.splitlines() if line.startswith("!["))
    assert text == "\n\n".join(page.page(stored, picture)) + "\n"
    assert (BENCHMARKS.parent / "docs" / picture.split("(")[1].rstrip(")")).is_file()
