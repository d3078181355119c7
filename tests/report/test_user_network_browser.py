"""The page of a user's network in a real browser: nothing off the side, no letters on others."""

from __future__ import annotations

from pathlib import Path

import pytest

from edgewise.report.user_network import write_report
from tests.prune.stored_network import stored, write
from tests.report.page_in_browser import browser, see_that_it_fits  # noqa: F401 (a fixture)

pytestmark = pytest.mark.browser


@pytest.mark.parametrize("width", [360, 420, 760, 1200])
@pytest.mark.parametrize("depth", [5, 53])
def test_the_page_stands_by_itself_and_fits(browser, tmp_path: Path, width: int, depth: int) -> None:  # noqa: F811
    names = ["conv1", *(f"layer{1 + i // 14}.{i}.conv1" for i in range(depth - 2)), "fc"]
    layers = [{"layer": name, "channels": 64, "kept": 16, "generic_macs": 10**7, "macs": 10**6} for name in names]
    solved = [{"layer": name, "missed_before": 1.4, "missed_after": 0.2} for name in names]
    path = write_report(write(tmp_path, stored(layers=layers, solved=solved)))
    see_that_it_fits(browser, path, width, drawings=3)
