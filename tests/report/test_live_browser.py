"""The page of a play in a real browser: nothing off the side, no letters on others."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from edgewise.report.live import write_live
from tests.live.small_story import small_story, unlearned_story
from tests.report.test_browser import CUT_OFF, TEXT_BOXES, browser  # noqa: F401 (a fixture)
from tests.report.test_user_network_browser import _see_that_apart

pytestmark = pytest.mark.browser


@pytest.mark.parametrize("width", [360, 420, 760, 1200])
@pytest.mark.parametrize("content", ["whole", "crowded", "unlearned"])
def test_the_page_stands_by_itself_and_fits(browser, tmp_path: Path, width: int, content: str) -> None:  # noqa: F811
    story = unlearned_story() if content == "unlearned" else small_story()
    if content == "crowded":
        crowd = tuple(replace(story.events[0], at=1750 + 3 * place, text="long_name" * 20) for place in range(14))
        story = replace(story, events=crowd, model="a_network_of_a_very_long_name" * 3)
    path = tmp_path / "live.html"
    write_live(path, story)
    context = browser.new_context(viewport={"width": width, "height": 900}, offline=True)
    page = context.new_page()
    complaints: list[str] = []
    asked: list[str] = []
    page.on("console", lambda message: complaints.append(message.text))
    page.on("request", lambda request: asked.append(request.url))
    page.goto(path.as_uri())
    widths = page.evaluate("[document.documentElement.scrollWidth, innerWidth]")
    (drawing,), cut_off = page.evaluate(TEXT_BOXES), page.evaluate(CUT_OFF)
    context.close()
    assert complaints == []
    assert asked == [path.as_uri()]
    assert widths[0] <= widths[1]
    assert cut_off == []
    _see_that_apart(drawing["texts"], drawing["frame"])
