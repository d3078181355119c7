"""Every code block of every page is run, from the page's top to its bottom, or says why it is not."""

import shutil
import tomllib
from pathlib import Path
from typing import Any

import pytest

from tests.docs.blocks import DOCS, blocks, needs
from tests.docs.played import play

SHOWN = ("sh", "console", "python", "toml")
PAGES = [page for page in sorted(DOCS.rglob("*.md")) if any(not one.language.startswith("{") for one in blocks(page))]
RUN = [page for page in PAGES if any(not one.not_run for one in blocks(page) if not one.language.startswith("{"))]


def named(page: Path) -> str:
    return str(page.relative_to(DOCS))


def marked(page: Path) -> Any:
    """The stranger's path always; the others before a release, for together they take a quarter of an hour."""
    how_often = ("slow",) if page.name == "your_models.md" else ("slow", "long")
    return pytest.param(page, marks=[getattr(pytest.mark, name) for name in (*how_often, *needs(page))])


@pytest.mark.parametrize("page", PAGES, ids=named)
def test_every_block_can_be_run_or_says_why_not(page: Path) -> None:
    for block in blocks(page):
        if block.language.startswith("{"):
            continue  # a directive of the site
        where = f"{page.name}, line {block.line}"
        assert block.language, f"{where}: fence the block, and name its language"
        assert block.language in SHOWN or block.not_run, f"{where}: {block.language} cannot be run; say why it stands"
        if block.language == "toml":
            tomllib.loads(block.text)
            assert block.saved_as or block.not_run, f"{where}: say where it is saved, or why it is not"


@pytest.mark.parametrize("page", [marked(page) for page in RUN], ids=map(named, RUN))
def test_blocks_run_as_they_stand(page: Path, reader: Path) -> None:
    found = tuple(one for one in blocks(page) if not one.language.startswith("{"))
    fresh = any("pip install" in one.text for one in found if not one.not_run)
    try:
        play(found, reader, fresh=fresh)
    finally:
        shutil.rmtree(reader / ".venv", ignore_errors=True)  # a GB or two
