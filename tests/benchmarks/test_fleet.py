"""The page of the fleet against the stored results, and what it claims."""

import json
from pathlib import Path

import pytest

from edgewise.fleet.calibration import read_calibration

BENCHMARKS = Path(__file__).parents[2] / "benchmarks"
PAGE = BENCHMARKS.parent / "docs" / "fleet.md"
STORED = json.loads((BENCHMARKS / "results" / "fleet.json").read_text())
PICTURE = "each way to serve everybody, and who breaks even by the length of a life"


def test_the_page_is_that_of_the_stored_results(scripts) -> None:
    found = scripts("fleet_page").page(STORED, f"![{PICTURE}](pictures/fleet.svg)")
    assert PAGE.read_text() == "\n\n".join(found) + "\n"


def test_the_picture_is_that_of_the_stored_results(scripts) -> None:
    picture = (BENCHMARKS.parent / "docs" / "pictures" / "fleet.svg").read_text()
    assert picture == scripts("fleet_picture").draw(STORED) + "\n"


def test_the_study_is_of_ten_thousand_users_and_of_the_shipped_real_ones() -> None:
    assert STORED["result"]["users"] == 10_000
    assert STORED["real_users"] == list(read_calibration().only(STORED["network"]).users)
    assert [row["users"] for row in STORED["growth"]] == [100, 1000, 10_000, 100_000]


def test_a_fixed_network_is_said_to_win_only_where_it_does() -> None:
    rival = STORED["result"]["rivals"]["classes"]
    own, ways = STORED["result"]["ways"][0], STORED["result"]["ways"]
    wins = (
        ways[rival["place"]]["right"] >= own["right"] and ways[rival["place"]]["times_as_fast"] > own["times_as_fast"]
    )
    assert ("A static network beats personalisation" in PAGE.read_text()) == wins


def test_a_million_users_lie_on_the_line_of_what_was_measured(scripts) -> None:
    growth = STORED["growth"]
    each = (growth[-1]["cpu_seconds"] - growth[-2]["cpu_seconds"]) / (growth[-1]["users"] - growth[-2]["users"])
    assert STORED["million"]["cpu_seconds"] == pytest.approx(1_000_000 * each, rel=0.25)
    assert growth[-1]["peak_bytes"] < 1_000_000_000


def test_real_users_are_foretold_by_the_others_alone(scripts) -> None:
    fresh = scripts("fleet_checks").foretold(read_calibration().only(STORED["network"]))
    assert json.loads(json.dumps(fresh)) == STORED["checks"]["foretold"][STORED["network"]]
