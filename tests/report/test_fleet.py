"""The page of a fleet."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from edgewise.executors.local import LocalExecutor
from edgewise.fleet.calibration import read_calibration
from edgewise.fleet.find_device import find_device
from edgewise.fleet.result import FleetResult, result_of
from edgewise.fleet.simulate import Fleet, simulate
from edgewise.fleet.terms import Terms
from edgewise.fleet.words import GUESSED, REAL, headline
from edgewise.report.fleet import render_fleet, write_fleet
from tests.report.page_in_browser import browser, see_that_it_fits  # noqa: F401 (a fixture)


def fleet_of(inputs: int) -> Fleet:
    whole = read_calibration()
    chosen = whole.only(whole.ways[0])
    terms = Terms(users=80, inputs=inputs)
    return simulate(terms, chosen, find_device("calibration", chosen), LocalExecutor(1), left_out_users=20)


@pytest.fixture(scope="module")
def fleet() -> Fleet:
    return fleet_of(20_000)


@pytest.fixture(scope="module")
def result(fleet: Fleet) -> FleetResult:
    return result_of(fleet)


def plain(html: str) -> str:
    return re.sub(r"\s+", " ", html.replace("<wbr>", "").replace("&#39;", "'"))


def test_the_page_says_what_was_found_and_how_far_to_trust_it(fleet: Fleet, result: FleetResult) -> None:
    page = plain(render_fleet(fleet, result))
    assert headline(result) in page
    for words in (*REAL, *GUESSED):
        assert words in page
    for one in result.ways:
        assert one.way.name in page
        assert f"<td>{one.times_as_fast:.2f}</td><td>{100 * one.right:.1f}</td>" in page
    for user in fleet.calibration.users:
        assert user in page
    assert "<script" not in page


def test_users_who_never_got_a_network_have_no_picture(tmp_path: Path) -> None:
    fleet = fleet_of(200)
    write_fleet(tmp_path / "page.html", fleet, result_of(fleet))
    assert plain((tmp_path / "page.html").read_text()).count("No user has come to that.") == 2


@pytest.mark.browser
@pytest.mark.parametrize("width", [390, 760, 1280])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_page_stands_by_itself_and_fits(browser, fleet, result, tmp_path, width, scheme):  # noqa: F811
    write_fleet(tmp_path / "page.html", fleet, result)
    see_that_it_fits(browser, tmp_path / "page.html", width, drawings=7, scheme=scheme)
