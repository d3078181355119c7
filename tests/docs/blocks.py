"""The code blocks of a page, as the tests and the benchmark of the quick start run them.

What stands in an HTML comment before a block, unseen by readers, says what is special about it:

    <!-- not run: it takes a camera -->     the block is not run, for this reason
    <!-- saved as net.toml -->              the block is the content of a file, for what comes after it

and anywhere in a page, the markers of its tests beyond `slow`: <!-- needs: serve, torch -->
"""

import re
from dataclasses import dataclass
from pathlib import Path

from markdown_it import MarkdownIt

DOCS = Path(__file__).parent.parent.parent / "docs"
_COMMENT = re.compile(r"<!-- (not run|saved as|needs):? (.+?) -->", re.DOTALL)


@dataclass(frozen=True)
class Block:
    """A fenced block, or an indented one, whose language is empty."""

    language: str
    text: str
    line: int  # of the page, from 1
    not_run: str  # the reason; empty = it is run
    saved_as: str  # a file's name; empty = it is no file


def blocks(page: Path) -> tuple[Block, ...]:
    """All blocks of a page, in order."""
    found: list[Block] = []
    before: dict[str, str] = {}
    for token in MarkdownIt("commonmark").parse(page.read_text(encoding="utf-8")):
        if token.type == "html_block":
            before |= dict(_COMMENT.findall(token.content))
        elif token.type in ("fence", "code_block"):
            assert token.map
            said = before.get("not run", ""), before.get("saved as", "")
            found.append(Block(token.info.strip(), token.content, token.map[0] + 1, *said))
            before = {}
        elif token.type == "inline":
            before = {}
    return tuple(found)


def needs(page: Path) -> tuple[str, ...]:
    """The names of markers that a page gives its test."""
    said = [text for what, text in _COMMENT.findall(page.read_text(encoding="utf-8")) if what == "needs"]
    return tuple(name.strip() for text in said for name in text.split(","))


def commands(block: Block) -> tuple[tuple[str, str], ...]:
    """The commands of a `console` block, each with what is printed after it."""
    parts = re.split(r"^\$ ", block.text, flags=re.MULTILINE)
    assert not parts[0].strip(), f"line {block.line}: a console block begins with a command: $ ..."
    found = []
    for part in parts[1:]:
        lines = part.splitlines()
        ends = next(i for i, line in enumerate(lines) if not line.endswith("\\"))
        found.append(("\n".join(lines[: ends + 1]), "\n".join(lines[ends + 1 :])))
    return tuple(found)
