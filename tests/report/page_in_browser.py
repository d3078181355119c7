"""A page in a real browser, as it is at some width: it asks for nothing, and all of it can be read."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import pytest

if TYPE_CHECKING:
    from playwright.sync_api import Browser

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


def see_that_it_fits(
    browser: Browser,
    path: Path,
    width: int,
    drawings: int,
    scheme: Literal["light", "dark"] = "light",
) -> None:
    """Nothing off the side, and in none of so many drawings letters on others; what is folded is opened."""
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
    drawn, cut_off = page.evaluate(TEXT_BOXES), page.evaluate(CUT_OFF)
    loaded = page.evaluate("[...document.images].every(i => i.complete && i.naturalWidth > 0)")
    context.close()
    assert complaints == []
    assert [url for url in asked if not url.startswith("data:")] == [path.as_uri()]
    assert widths[0] <= widths[1]
    assert cut_off == []
    assert loaded
    assert len(drawn) == drawings
    for drawing in drawn:
        _see_that_apart(drawing["texts"], drawing["frame"])


def _see_that_apart(texts: list[dict], frame: dict) -> None:
    assert len(texts) > 2
    for place, one in enumerate(texts):
        assert one["left"] >= frame["left"] - 0.5, one["text"]
        assert one["right"] <= frame["right"] + 0.5, one["text"]
        for other in texts[place + 1 :]:
            aside = one["right"] <= other["left"] or other["right"] <= one["left"]
            assert aside or one["bottom"] <= other["top"] or other["bottom"] <= one["top"], (one, other)
