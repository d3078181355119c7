"""The paper's page: complete in itself, every published figure on it, and JSON that any reader takes."""

from __future__ import annotations

import json
import os
import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from edgewise.profile.outcomes import Outcomes
from edgewise.report.paper import Notes, others, paper_json, plain, render_paper, save_paper_json
from edgewise.report.paper_beside import beside
from edgewise.report.render import write_report
from edgewise.select.paper.published import PUBLISHED
from edgewise.select.paper.study import CHOSEN_HERE, Study
from edgewise.select.premodel.variants import paper_variants
from edgewise.store import read_json
from tests.report.page_in_browser import FLAGS
from tests.report.small_study import HOSTILE, NAMES, small_study
from tests.report.test_page import Page, assert_self_contained


@pytest.fixture(scope="module")
def found() -> Study:
    return small_study()


@pytest.fixture
def outcomes(profile) -> Outcomes:
    return profile()


def test_the_page_loads_nothing_and_hostile_names_stay_text(outcomes: Outcomes, found: Study) -> None:
    notes = Notes((f"left out: {HOSTILE}",), (HOSTILE,))
    html = render_paper(outcomes, found, title=HOSTILE, notes=notes)
    assert_self_contained(html)
    assert Page(html).text.count(HOSTILE) >= 8


def test_every_premodel_and_every_published_figure_is_on_the_page(outcomes: Outcomes, found: Study) -> None:
    text = " ".join(Page(render_paper(outcomes, found, title="t")).text.split())
    for name in (*paper_variants(), CHOSEN_HERE):
        assert text.count(name) >= 3, name
    for figure in PUBLISHED.values():
        assert figure.what in text
        assert figure.text in text
    assert "70.75%" in text
    assert "\N{MINUS SIGN}13.9 points" in text
    assert "edgewise select paper" in text
    assert "--no-cnn" in text


def test_headers_have_scopes_and_drawings_have_names(outcomes: Outcomes, found: Study) -> None:
    page = Page(render_paper(outcomes, found, title="t"))
    assert all(header.get("scope") in {"row", "col"} for header in page.of("th"))
    assert all(d.get("aria-label") or d.get("aria-hidden") == "true" for d in page.of("svg"))
    ids = [attributes["id"] for _, attributes in page.tags if "id" in attributes]
    assert len(ids) == len(set(ids))


def test_the_json_file_holds_every_figure_and_no_nan(outcomes: Outcomes, found: Study, tmp_path: Path) -> None:
    save_paper_json(tmp_path / "paper.json", paper_json(outcomes, found, Notes(("why",))))
    stored = read_json(tmp_path / "paper.json", "paper-study", 1)
    base = next(row for row in stored["study"]["table"]["rows"] if row["name"] == "knn.knn.knn")
    ours = next(row for row in found.table.rows if row.name == "knn.knn.knn")
    assert base["accuracy"]["value"] == ours.accuracy.value
    assert stored["study"]["features"]["filter"]["matrix"] == found.features.filter.matrix.tolist()
    assert stored["study"]["settings"]["folds"] == 3
    assert len(stored["published"]) == len(PUBLISHED)
    assert stored["skipped"] == ["why"]
    assert stored["machine"]["packages"]["numpy"]
    assert plain(float("nan")) is None
    json.dumps(stored, allow_nan=False)


def test_ours_stand_beside_the_right_published_figures(found: Study) -> None:
    ours = {one.published.key: one.ours for one in beside(found)}
    namings = {one.name: one for one in found.namings}
    assert ours["chain knn.knn.knn"] == f"{100 * namings['knn.knn.knn'].as_the_paper.value:.0f}%"
    assert ours["single tree"] == f"{100 * namings['single tree'].as_the_paper.value:.0f}%"
    assert ours["candidates"] == "4 features"
    assert ours["filtered"] == "3 features"
    assert ours["premodel top-5"] == "\N{EN DASH}", "this study was judged by top-1"
    assert ours["compressed speed"] == "\N{EN DASH}"
    rights = {row.name: row.accuracy.value for row in found.table.rows}
    assert ours["mobilenet top-1"] == f"{100 * rights[found.members.to_exhaustion.models[0]]:.0f}%"
    assert ours["false alarms"] == "5.5%"


def test_where_nothing_stands_beside_a_figure_the_reason_does(found: Study) -> None:
    for one in beside(found):
        assert one.ours != "\N{EN DASH}" or one.words, one.published.key
    words = {one.published.key: one.words for one in beside(found)}
    assert "--criterion top5" in words["premodel top-5"]


def test_costs_that_are_no_times_are_not_called_times(found: Study) -> None:
    counted = replace(found, settings=replace(found.settings, cost_unit="GMAC"))
    ours = {one.published.key: one.ours for one in beside(counted)}
    assert ours["premodel time"].endswith(" GMAC")
    assert ours["features time"] == ours["decision time"] == "\N{EN DASH}"


def test_the_other_premodels_are_summed_up(found: Study) -> None:
    rows = [
        replace(row, verdict="beats the mixing line" if row.name in ("single knn", "nb.nb.nb") else "cannot tell")
        if row.kind == "selector"
        else row
        for row in found.table.rows
    ]
    assert "nb.nb.nb and single knn beat such" in others(replace(found, table=replace(found.table, rows=tuple(rows))))
    none = tuple(replace(row, verdict="does not" if row.kind == "selector" else "") for row in rows)
    assert others(replace(found, table=replace(found.table, rows=none))).startswith("None of the 13")


def test_top_5_stands_beside_top_5(found: Study) -> None:
    top5 = replace(found, settings=replace(found.settings, criterion="top5"))
    ours = {one.published.key: one.ours for one in beside(top5)}
    assert ours["oracle top-5"] != "\N{EN DASH}"
    assert ours["oracle top-1"] == "\N{EN DASH}"


def test_published_texts_say_sign_unit_and_origin() -> None:
    texts = {key: figure.text for key, figure in PUBLISHED.items()}
    assert texts["second gain"] == "+12.84 points"
    assert texts["theta"] == "0.5 points"
    assert texts["features time"] == "0.20 s (fig)"
    assert texts["decision time"] == "< 1 ms"
    assert texts["speed"] == "1.8x"


@pytest.mark.browser
@pytest.mark.parametrize("width", [390, 1280])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_page_fits_in_a_browser(outcomes: Outcomes, found: Study, tmp_path: Path, width: int, scheme: str) -> None:
    executable = shutil.which("chromium")
    if executable is None:
        if os.environ.get("CI") == "true":
            pytest.fail("Chromium is not on PATH; scripts/install-chromium gets it.")
        pytest.skip("Chromium is not on PATH")
    api = pytest.importorskip("playwright.sync_api", reason="playwright is not installed: the extra [dev]")
    path = tmp_path / "paper.html"
    write_report(path, render_paper(outcomes, found, title="t"))
    complaints: list[str] = []
    with api.sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=executable, args=FLAGS)
        context = browser.new_context(viewport={"width": width, "height": 900}, color_scheme=scheme, offline=True)
        page = context.new_page()
        page.on("console", lambda message: complaints.append(message.text))
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.goto(path.as_uri())
        for summary in page.locator("summary").all():
            summary.click()
        widths = page.evaluate("[document.documentElement.scrollWidth, innerWidth]")
        shown = page.evaluate("document.querySelectorAll('svg.matrix rect').length")
        browser.close()
    assert complaints == []
    assert widths[0] <= widths[1]
    assert shown == len(NAMES) ** 2
