"""The page of a user's network in a real browser: nothing off the side, no letters on others."""

from __future__ import annotations

from pathlib import Path

import pytest

from edgewise.report.user_network import write_report
from tests.prune.stored_network import stored, write
from tests.report.test_browser import CUT_OFF, TEXT_BOXES, browser  # noqa: F401 (a fixture)

pytestmark = pytest.mark.browser


@pytest.mark.parametrize("width", [360, 420, 760, 1200])
@pytest.mark.parametrize("depth", [5, 53])
def test_the_page_stands_by_itself_and_fits(browser, tmp_path: Path, width: int, depth: int) -> None:  # noqa: F811
    names = ["conv1", *(f"layer{1 + i // 14}.{i}.conv1" for i in range(depth - 2)), "fc"]
    layers = [{"layer": name, "channels": 64, "kept": 16, "generic_macs": 10**7, "macs": 10**6} for name in names]
    solved = [{"layer": name, "missed_before": 1.4, "missed_after": 0.2} for name in names]
    path = write_report(write(tmp_path, stored(layers=layers, solved=solved)))
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
    drawings, cut_off = page.evaluate(TEXT_BOXES), page.evaluate(CUT_OFF)
    context.close()
    assert complaints == []
    assert asked == [path.as_uri()]
    assert widths[0] <= widths[1]
    assert cut_off == []
    assert len(drawings) == 3
    for drawing in drawings:
        _see_that_apart(drawing["texts"], drawing["frame"])


def _see_that_apart(texts: list[dict], frame: dict) -> None:
    for place, one in enumerate(texts):
        assert one["left"] >= frame["left"] - 0.5, one["text"]
        assert one["right"] <= frame["right"] + 0.5, one["text"]
        for other in texts[place + 1 :]:
            aside = one["right"] <= other["left"] or other["right"] <= one["left"]
            assert aside or one["bottom"] <= other["top"] or other["bottom"] <= one["top"], (one, other)
