"""The page of a play in a real browser: nothing off the side, no letters on others."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from edgewise.report.live import write_live
from tests.live.small_story import small_story, unlearned_story
from tests.report.page_in_browser import browser, see_that_it_fits  # noqa: F401 (a fixture)

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
    see_that_it_fits(browser, path, width, drawings=1)
