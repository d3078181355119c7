"""Commands that the pages name exist, with the options that they are given; also those that are not run."""

import re
import shlex
from typing import Any

import pytest
import typer

from edgewise.cli.app import app
from tests.docs.blocks import DOCS, blocks, commands

ROOT = typer.main.get_command(app)
PAGES = [*sorted(DOCS.rglob("*.md")), DOCS.parent / "README.md"]


def named(text: str) -> list[list[str]]:
    """The words after each `edgewise` of a script."""
    joined = text.replace("\\\n", " ")
    return [_first(line) for line in re.findall(r"(?:^|[|;&(] ?)edgewise ([^\n]*)", joined, flags=re.MULTILINE)]


def _first(line: str) -> list[str]:
    """The words up to what ends a command."""
    reader = shlex.shlex(line, posix=True, punctuation_chars="|&;>")
    reader.whitespace_split = True
    words = []
    for word in reader:
        if set(word) <= set("|&;>"):
            break
        words.append(word)
    return words


def unknown(words: list[str]) -> list[str]:
    """Options that the command does not have."""
    command: Any = ROOT
    found = []
    for word in words:
        inside = getattr(command, "commands", {})
        if word in inside:
            command = inside[word]
        elif word.startswith("-") and len(word) > 1:
            known = {"--help", "-h"}.union(*(one.opts + one.secondary_opts for one in command.params))
            found += [] if word.partition("=")[0] in known else [word]
    assert command is not ROOT or {"--version", "--settings", "--install-completion"} & set(words), words
    return found


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_options_exist(page: Any) -> None:
    for block in blocks(page):
        shown = [block.text] if block.language == "sh" else []
        if block.language == "console":
            shown = [command for command, _ in commands(block)]
        for words in (words for text in shown for words in named(text)):
            assert unknown(words) == [], f"{page.name}, line {block.line}: edgewise {' '.join(words)}"


def test_what_does_not_exist_is_found() -> None:
    (words,) = named("echo x | edgewise prune --model a --where-to b | tail; true\n")
    assert words == ["prune", "--model", "a", "--where-to", "b"]
    assert unknown(words) == ["--where-to"]
    with pytest.raises(AssertionError, match="prun"):
        unknown(["prun"])
