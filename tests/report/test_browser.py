"""The page in a real browser: nothing asked of the network, nothing off the side, no label on another."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from edgewise.report import render, write_report
from edgewise.report.selected import Selected
from edgewise.select.budget.kept import Kept
from edgewise.select.judge.fair_table import Interval
from tests.report.conftest import MODELS
from tests.report.page_in_browser import browser, see_that_it_fits  # noqa: F401 (a fixture)
from tests.report.test_choice import candidate, chosen

pytestmark = pytest.mark.browser


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
def test_the_page_stands_by_itself_and_fits(browser, page_file, width, scheme, content):  # noqa: F811
    path = page_file(content)
    see_that_it_fits(browser, path, width, drawings=0 if content == "unjudged" else 1, scheme=scheme)
