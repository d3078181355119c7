"""A page in a real browser, as it is at some width: it asks for nothing, and all of it can be read."""

from pathlib import Path
from typing import Any

from tests.report.test_browser import CUT_OFF, TEXT_BOXES


def see_that_it_fits(browser: Any, path: Path, width: int, drawings: int) -> None:
    """Nothing off the side, and in none of so many drawings letters on others; what is folded is opened."""
    context = browser.new_context(viewport={"width": width, "height": 900}, offline=True)
    page = context.new_page()
    complaints: list[str] = []
    asked: list[str] = []
    page.on("console", lambda message: complaints.append(message.text))
    page.on("request", lambda request: asked.append(request.url))
    page.goto(path.as_uri())
    for summary in page.locator("summary").all():
        summary.click()
    widths = page.evaluate("[document.documentElement.scrollWidth, innerWidth]")
    drawn, cut_off = page.evaluate(TEXT_BOXES), page.evaluate(CUT_OFF)
    context.close()
    assert complaints == []
    assert asked == [path.as_uri()]
    assert widths[0] <= widths[1]
    assert cut_off == []
    assert len(drawn) == drawings
    for drawing in drawn:
        _see_that_apart(drawing["texts"], drawing["frame"])


def _see_that_apart(texts: list[dict], frame: dict) -> None:
    for place, one in enumerate(texts):
        assert one["left"] >= frame["left"] - 0.5, one["text"]
        assert one["right"] <= frame["right"] + 0.5, one["text"]
        for other in texts[place + 1 :]:
            aside = one["right"] <= other["left"] or other["right"] <= one["left"]
            assert aside or one["bottom"] <= other["top"] or other["bottom"] <= one["top"], (one, other)
