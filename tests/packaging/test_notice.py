"""Everything that is bundled beside the code is named in NOTICE, with where it is from."""

import re
from fnmatch import fnmatch
from pathlib import Path

ROOT = Path(__file__).parent.parent.parent
PACKAGE = ROOT / "src" / "edgewise"
_ENTRY = re.compile(r"^(?P<patterns>[\w./*]+(?:, [\w./*]+)*)  +\S", re.MULTILINE)


def _named() -> list[str]:
    """The patterns of NOTICE; one that names no folder stands in that of the pattern before it."""
    found: list[str] = []
    for entry in _ENTRY.finditer((ROOT / "NOTICE").read_text()):
        folder = ""
        for pattern in entry["patterns"].split(", "):
            folder = pattern.rpartition("/")[0] or folder
            found.append(pattern if "/" in pattern or not folder else f"{folder}/{pattern}")
    return found


def test_all_that_is_no_code_is_named_and_all_that_is_named_is_there() -> None:
    files = [path.relative_to(PACKAGE).as_posix() for path in PACKAGE.rglob("*") if path.is_file()]
    bundled = sorted(name for name in files if not name.endswith(".py") and "__pycache__" not in name)
    patterns = _named()
    assert len(bundled) > 40
    assert [name for name in bundled if not any(fnmatch(name, pattern) for pattern in patterns)] == []
    assert [pattern for pattern in patterns if not any(fnmatch(name, pattern) for name in bundled)] == []


def test_pages_bring_no_fonts_and_fetch_nothing() -> None:
    pages = [path for path in PACKAGE.rglob("*") if path.suffix in (".css", ".html", ".j2", ".js")]
    assert len(pages) > 20
    for path in pages:
        text = path.read_text()
        assert "@font-face" not in text, path
        assert not re.search(r"""(?:src|href)=["']?https?://|url\(["']?https?://""", text), path


def test_wordnets_notice_is_kept() -> None:
    text = " ".join((ROOT / "NOTICE").read_text().split())
    assert "WordNet 3.0, Copyright 2006 by Princeton University" in text
    assert "provided that this notice is kept" in text
