"""The site in a real browser: built strictly, it asks for nothing from elsewhere, and nothing is off the side."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import pytest

from tests.docs.blocks import DOCS
from tests.report.page_in_browser import browser  # noqa: F401 (a fixture)

if TYPE_CHECKING:
    from playwright.sync_api import Browser

pytestmark = [pytest.mark.browser, pytest.mark.slow]
LOOKED_AT = ("index", "prune_for_a_user", "cli/select", "python", "premodel_variants", "prune_users")


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("site")
    options = ("-E", "-W", "-n", "--keep-going", "-q")
    command = [sys.executable, "-m", "sphinx", *options, "-d", str(folder / "read"), str(DOCS), str(folder / "html")]
    environment = {**os.environ, "PYTHONPATH": f"{DOCS.parent / 'src'}{os.pathsep}{os.environ.get('PYTHONPATH', '')}"}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=600, check=False)
    assert done.returncode == 0, done.stderr
    return folder / "html"


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [390, 1280])
def test_pages_are_whole_by_themselves(
    browser: Browser,  # noqa: F811
    site: Path,
    width: int,
    scheme: Literal["light", "dark"],
) -> None:
    context = browser.new_context(viewport={"width": width, "height": 900}, color_scheme=scheme)
    page = context.new_page()
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    for name in LOOKED_AT:
        page.goto((site / f"{name}.html").as_uri())
        assert page.evaluate("document.documentElement.scrollWidth") <= width, name
        assert page.evaluate("[...document.images].every(image => image.naturalWidth > 0)"), name
    context.close()
    assert [url for url in asked if not url.startswith("file:")] == []
    assert any(".css" in url for url in asked)


def test_every_page_is_in_the_contents(site: Path) -> None:
    contents = (site / "index.html").read_text(encoding="utf-8")
    for page in DOCS.rglob("*.md"):
        name = page.relative_to(DOCS).with_suffix(".html").as_posix()
        assert (site / name).is_file()
        assert f'href="{name}"' in contents or name == "index.html"
