"""The page in a real browser: nothing asked of the network, nothing off the side, no label on another."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from edgewise.report import render, write_report

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
def page_file(profile, decide, full_table, tmp_path) -> Callable[[bool], Path]:
    def make(judged: bool) -> Path:
        outcomes = profile(skipped=[("class0/" + "long_name" * 20 + ".jpg", "is empty (0 bytes)")])
        path = tmp_path / "report.html"
        decisions = decide(outcomes) if judged else []
        write_report(path, render(outcomes, full_table if judged else None, decisions, title="Three networks"))
        return path

    return make


@pytest.mark.parametrize("judged", [True, False], ids=["judged", "unjudged"])
@pytest.mark.parametrize("width", [390, 760, 1280])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_page_stands_by_itself_and_fits(browser, page_file, width, scheme, judged):
    path = page_file(judged)
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
    assert len(planes) == (1 if judged else 0)
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
