"""Figures that a concept page quotes stand on the page of measurements that it names, and so does the command."""

import re
from pathlib import Path

import pytest

from tests.docs.blocks import DOCS

ROW = re.compile(
    r"^\| (?P<claim>.+?) \| (?P<found>.+?) \| `(?P<command>python .+?)` \| \[.+?\]\((?P<page>\w+\.md)\) \|$",
    re.MULTILINE,
)
QUOTING = ("adaptive_selection.md", "user_networks.md")


def missing(found: str, page: Path) -> list[str]:
    """Numbers of a text that do not stand on a page; those in a name, as in ResNet-50 or 20-way, aside."""
    told = page.read_text(encoding="utf-8").replace(",", "")
    numbers = re.findall(r"(?<![\w.,-])\d[\d,]*(?:\.\d+)?(?![\w-])", found)
    return [one for one in numbers if not re.search(rf"(?<![\d.]){re.escape(one.replace(',', ''))}(?!\d|\.\d)", told)]


@pytest.mark.parametrize("name", QUOTING)
def test_figures_stand_where_they_are_said_to(name: str) -> None:
    rows = list(ROW.finditer((DOCS / name).read_text(encoding="utf-8")))
    assert len(rows) >= 5
    for row in rows:
        page = DOCS / row["page"]
        assert row["command"] in page.read_text(encoding="utf-8"), f"{name}: {row['page']} is not by {row['command']}"
        assert missing(row["found"], page) == [], f"{name}: not in {row['page']}: {row['found']}"


def test_both_at_once_quotes_one_user() -> None:
    page = (DOCS / "both_at_once.md").read_text(encoding="utf-8")
    (table,) = re.findall(r"(?:^\|.*\n)+", page, flags=re.MULTILINE)
    (command,) = re.findall(r"`(python benchmarks/.+?)`", page)
    live = DOCS / "live_user.md"
    assert command in live.read_text(encoding="utf-8")
    for row in table.splitlines()[2:]:
        _, _, right, times, _ = (cell.strip() for cell in row.split("|"))
        whole = rf"\| {right.rstrip('%')} \|.*\| {times} \|"
        assert re.search(whole, live.read_text(encoding="utf-8")), row


def test_another_figure_is_found(tmp_path: Path) -> None:
    (tmp_path / "page.md").write_text("1,234 of 5.60 and 16.8%, ResNet-50")
    assert missing("1,234 in 16.8 on ResNet-50, 20-way", tmp_path / "page.md") == []
    assert missing("234 in 6.8 and 5.6", tmp_path / "page.md") == ["234", "6.8", "5.6"]
