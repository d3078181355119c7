"""What every command has: --json, --quiet, help, completion; plain output where there is no terminal."""

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from subprocess import CompletedProcess
from typing import Any

import pytest
import typer

from edgewise.cli.app import app

Run = Callable[..., CompletedProcess[str]]


def commands(group: Any, names: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], Any]]:
    for name, command in group.commands.items():
        if hasattr(command, "commands"):
            yield from commands(command, (*names, name))
        else:
            yield (*names, name), command


COMMANDS = dict(commands(typer.main.get_command(app)))


@pytest.mark.parametrize("names", COMMANDS, ids=" ".join)
def test_has_json_quiet_and_help(names: tuple[str, ...]) -> None:
    command = COMMANDS[names]
    assert {"--json", "--quiet"} <= {name for parameter in command.params for name in parameter.opts}
    assert command.help
    undocumented = [parameter.name for parameter in command.params if not getattr(parameter, "help", None)]
    assert undocumented == []


@pytest.mark.slow
def test_completion_offers_commands_options_and_networks() -> None:
    def complete(line: str) -> str:
        words = {"COMP_WORDS": line, "COMP_CWORD": str(len(line.split(" ")) - 1), "_EDGEWISE_COMPLETE": "complete_bash"}
        command = [str(Path(sys.executable).with_name("edgewise"))]
        done = subprocess.run(
            command, env={**os.environ, **words}, capture_output=True, text=True, timeout=60, check=False
        )
        return done.stdout

    assert complete("edgewise prof").split() == ["profile"]
    assert "--data" in complete("edgewise profile --d")
    assert "tiny:*" in complete("edgewise profile --zoo tin")


def test_no_terminal_no_escapes(edgewise: Run, drawn_folder: Path, tmp_path: Path) -> None:
    done = edgewise("profile", "--data", drawn_folder, "--out", tmp_path / "out", "--zoo", "tiny:xs")
    assert done.returncode == 0, done.stderr
    assert "\x1b" not in done.stdout + done.stderr
    assert "profiling images: 120 in" in done.stderr


def test_quiet_says_results_alone(edgewise: Run, drawn_folder: Path, tmp_path: Path) -> None:
    done = edgewise("profile", "--data", drawn_folder, "--out", tmp_path / "out", "--zoo", "tiny:xs", "--quiet")
    assert (done.returncode, done.stderr) == (0, "")
    assert "tiny:xs" in done.stdout
