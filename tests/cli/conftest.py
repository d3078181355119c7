"""A profile that all tests of the commands which read one share, and the commands in this process."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import typer

from tests.steady_profile import steady_profile

Here = Callable[..., str]


@pytest.fixture(scope="session")
def steady(tmp_path_factory: pytest.TempPathFactory, drawn_folder: Path) -> Path:
    """A profile of 120 drawn images and the four bundled networks, with round times; tests only read it."""
    return steady_profile(drawn_folder, tmp_path_factory.mktemp("steady") / "profile")


@pytest.fixture
def here(capsys: pytest.CaptureFixture[str]) -> Here:
    """A command in this process: what it prints on stdout; raises what it would say on stderr."""
    from edgewise.cli.app import app

    command: Any = typer.main.get_command(app)

    def run(*arguments: object) -> str:
        capsys.readouterr()
        command([str(argument) for argument in arguments], standalone_mode=False)
        return capsys.readouterr().out

    return run
