"""A profile that all tests of the commands which read one share, and the commands in this process."""

import sys
from collections.abc import Callable
from pathlib import Path
from subprocess import CompletedProcess
from typing import Any

import pytest
import typer

from tests.steady_profile import steady_profile

Here = Callable[..., str]
Run = Callable[..., CompletedProcess[str]]


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


@pytest.fixture
def in_process(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Run:
    """As `edgewise`, the command with its errors and exit codes, but for the second that a process takes to start."""
    from edgewise.cli.main import main

    def run(*arguments: str | Path) -> CompletedProcess[str]:
        capsys.readouterr()
        words = [str(argument) for argument in arguments]
        monkeypatch.setattr(sys, "argv", ["edgewise", *words])
        code: Any = 0
        try:
            main()
        except SystemExit as ended:
            code = ended.code or 0
        said = capsys.readouterr()
        return CompletedProcess(words, code, said.out, said.err)

    return run
