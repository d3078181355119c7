"""The page in a real browser: nothing asked of the network, nothing off the side, no label on another."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from edgewise.report import render, write_report
from edgewise.report.selected import Selected
from edgewise.select.budget.kept import Kept
from edgewise.select.judge.fair_table import Interval
from tests.report.conftest import MODELS
from tests.report.test_choice import candidate, chosen

if TYPE_CHECKING:
    from playwright.sync_api import Browser

pytestmark = pytest.mark.browser

FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
TEXT_BOXES = """() => [...document.querySelectorAll('svg.plane')].filter(s => s.getBoundingClientRect().width > 0).map(
    s => ({frame: s.getBoundingClientRect().toJSON(), texts: [...s.querySelectorAll('text')].map(
        t => ({text: t.textContent, ...t.getBoundingClientRect().toJSON()}))}))"""
# A box that scrolls by itself may hold what is wider than the page.
CUT_OFF = """() => [...document.querySelectorAll('main *, header *, footer *')].filter(e => !e.closest('.scroll') &&
    !e.closest('svg') && e.getBoundingClientRect().right > innerWidth + 1).map(e => e.outerHTML.slice(0, 120))"""


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    executable = shutil.which("chromium")
    if executable is None:
        message = "Chromium is not on PATH; scripts/install-chromium gets it."
        if os.environ.get("CI") == "true":
            pytest.fail(message)
        pytest.skip(message)
    api = pytest.importorskip("playwright.sync_api", reason="playwright is not installed: the extra [dev]")
    with api.sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=executable, args=FLAGS)
        yield chromium
        chromium.close()


@pytest.fixture
def page_file(profile, decide, full_table, tmp_path) -> Callable[[str], Path]:
    def make(content: str) -> Path:
        judged = content == "judged"
        kept = (Kept("max_mean_ms", 2.0, Interval(1.9324, 1.9, 1.95), True),)
        explained = Selected(tmp_path, "auto", MODELS, five_offers(), kept, "It holds.", full_table)
        outcomes = profile(skipped=[("class0/" + "long_name" * 20 + ".jpg", "is empty (0 bytes)")])
        path = tmp_path / "report.html"
        decisions = decide(outcomes) if judged else []
        selected = explained if content == "explained" else None
        table = full_table if judged else None
        write_report(path, render(outcomes, table, decisions, title="Three networks", selected=selected))
        return path

    return make


def five_offers():
    at = {"router": (0.81, 6.2), "utility": (0.8, 6.3), "agreement": (0.74, 4.0), "a premodel": (0.66, 9.0)}
    return chosen(
        *(
            candidate(name, list(MODELS), accuracy=Interval(a, a - 0.02, a + 0.02), mean_ms=ms, lacks="over the budget")
            for name, (a, ms) in at.items()
        )
    )


@pytest.mark.parametrize("content", ["judged", "unjudged", "explained"])
@pytest.mark.parametrize("width", [390, 760, 1280])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_page_stands_by_itself_and_fits(browser, page_file, width, scheme, content):
    path = page_file(content)
    context = browser.new_context(viewport={"width": width, "height": 900}, color_scheme=scheme, offline=True)
    page = context.new_page()
    complaints: list[str] = []
    asked: list[str] = []
    page.on("console", lambda message: complaints.append(message.text))
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on("request", lambda request: asked.append(request.url))
    page.goto(path.as_uri())
    for summary in page.locator("summary").all():
        summary.click()
    widths = page.evaluate("[document.documentElement.scrollWidth, innerWidth]")
    planes, cut_off = page.evaluate(TEXT_BOXES), page.evaluate(CUT_OFF)
    loaded = page.evaluate("[...document.images].every(i => i.complete && i.naturalWidth > 0)")
    context.close()
    assert complaints == []
    assert [url for url in asked if not url.startswith(("file:", "data:"))] == []
    assert [url for url in asked if url.startswith("file:")] == [path.as_uri()]
    assert widths[0] <= widths[1]
    assert cut_off == []
    assert loaded
    assert len(planes) == (0 if content == "unjudged" else 1)
    for plane in planes:
        assert_apart(plane["texts"], plane["frame"])


def assert_apart(texts: list[dict], frame: dict) -> None:
    assert len(texts) > 12
    for i, a in enumerate(texts):
        assert a["left"] >= frame["left"] - 0.5, a["text"]
        assert a["right"] <= frame["right"] + 0.5, a["text"]
        for b in texts[i + 1 :]:
            apart = (
                a["right"] <= b["left"] or b["right"] <= a["left"] or a["bottom"] <= b["top"] or b["bottom"] <= a["top"]
            )
            assert apart, f"{a['text']!r} lies on {b['text']!r}"
