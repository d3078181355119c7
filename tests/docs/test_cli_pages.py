"""The pages of the command line are what the commands' help says, and leave none out."""

from pathlib import Path

import pytest
import typer

from docs.cli_pages import FOLDER, pages, write
from edgewise.cli.app import app
from tests.cli.test_every_command import COMMANDS

WRITTEN = pages()


def test_the_pages_are_those_of_the_commands() -> None:
    assert {path.name for path in FOLDER.glob("*.md")} == set(WRITTEN), "run scripts/generate-cli-pages"
    for name, text in WRITTEN.items():
        assert (FOLDER / name).read_text(encoding="utf-8") == text, f"docs/cli/{name}: run scripts/generate-cli-pages"


@pytest.mark.parametrize("names", COMMANDS, ids=" ".join)
def test_each_command_and_option_is_there(names: tuple[str, ...]) -> None:
    page = WRITTEN[f"{names[0]}.md"]
    title = "#" * min(2, len(names)) + f" edgewise {' '.join(names)}\n"
    (_, part) = page.split(title)
    own = part.partition("\n## ")[0]
    for parameter in COMMANDS[names].params:
        typed = parameter.opts[0].startswith("-")
        assert (parameter.opts[0] if typed else (parameter.metavar or parameter.name).upper()) in own


def test_a_command_that_has_commands_has_its_options_too() -> None:
    own = WRITTEN["prune.md"].partition("\n## ")[0]
    options = typer.main.get_command(app).commands["prune"].params  # type: ignore[attr-defined]
    assert len(options) > 20
    assert all(option.opts[0] in own for option in options)


def test_what_is_no_longer_there_is_removed(tmp_path: Path) -> None:
    (tmp_path / "gone.md").write_text("a command of old")
    write(tmp_path)
    assert {path.name for path in tmp_path.iterdir()} == set(WRITTEN)
