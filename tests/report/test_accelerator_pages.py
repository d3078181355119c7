"""The pages of sweeps and studies: in words, and in a real browser."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from edgewise.accel.accelerator import read_accelerator
from edgewise.accel.explore import Point, Sweep, explore, front
from edgewise.accel.run import run_layers, total_of
from edgewise.accel.study import study
from edgewise.report.accelerated import write_accelerated
from edgewise.report.explored import write_explored
from edgewise.report.figures import milliseconds
from edgewise.report.studied import write_studied
from tests.accel.test_study import GENERIC, HOW, LAYERS, READING, USER
from tests.report.page_in_browser import browser, see_that_it_fits  # noqa: F401 (a fixture)


@pytest.fixture(scope="module")
def points() -> tuple[Point, ...]:
    return explore(LAYERS, READING, Sweep((4, 8, 16, 64), (4, 8, 64), (16, 64, 256), ("weight", "output")))


@pytest.fixture(scope="module")
def explored(points: tuple[Point, ...], tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("explored") / "explored.html"
    write_explored(path, "torchvision:resnet18<b>", "both", read_accelerator("reading"), points, front(points))
    return path


@pytest.fixture(scope="module")
def accelerated(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path, runs = tmp_path_factory.mktemp("accelerated") / "run.html", run_layers(LAYERS, READING, "both")
    write_accelerated(path, "torchvision:resnet18", "both", READING, runs, total_of(runs, READING))
    return path


@pytest.fixture(scope="module")
def studied(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("studied") / "studied.html"
    write_studied(path, GENERIC, [USER], READING, HOW, study(GENERIC, [USER], READING, HOW))
    return path


def test_every_point_is_drawn_and_the_best_are_told(explored: Path, points: tuple[Point, ...]) -> None:
    page, best = explored.read_text(), front(points)
    assert page.count("<circle") == 3 * len(points)
    assert len(re.findall('<th scope="row">', page)) == len(best)
    assert "<b>" not in page.replace("<b>reading</b>", "")
    for one in best:
        assert f"{one.ms:.3g} ms, {one.mj:.3g} mJ" in page


def test_a_run_shows_its_layers(accelerated: Path) -> None:
    page = accelerated.read_text().replace("<wbr>", "")
    runs = run_layers(LAYERS, READING, "both")
    assert page.count('<i class="infer"') == len(runs) + 6, "and six ways to spend energy"
    for kind in ("forward", "weight-gradient", "input-gradient"):
        assert page.count(f'class="dot {kind}"') == 3 * sum(one.kind.replace(" ", "-") == kind for one in runs)
    assert "b, input gradient" in page


def test_a_study_shows_what_its_rows_say(studied: Path) -> None:
    page = studied.read_text().replace("<wbr>", "")
    rows = study(GENERIC, [USER], READING, HOW)
    for row in rows:
        assert page.count(row.device) >= 5, "four bars and a row"
        assert f"<td>{milliseconds(row.shared.ms / 1e3)}</td>" in page
    assert "transposer" in page
    assert page.count('class="dot forward"') == 3 * len(LAYERS)


@pytest.mark.browser
@pytest.mark.parametrize("width", [360, 760, 1200])
@pytest.mark.parametrize("name", ["accelerated", "explored", "studied"])
def test_the_page_stands_by_itself_and_fits(
    browser,  # noqa: F811
    request: pytest.FixtureRequest,
    name: str,
    width: int,
) -> None:
    see_that_it_fits(browser, request.getfixturevalue(name), width, drawings=1)
