"""How the real command ends when it is interrupted, when nobody reads what it prints, and when that cannot be kept."""

import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from subprocess import CompletedProcess

import pytest

Run = Callable[..., CompletedProcess[str]]
DATA, INTERRUPTED = 3, 130


def start(*arguments: str | Path, **options: object) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "edgewise", *map(str, arguments)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, **options)  # type: ignore[call-overload]


def shell(line: str) -> CompletedProcess[str]:
    """A line of bash, in which `edgewise` is the command."""
    whole = f'edgewise() {{ "{sys.executable}" -m edgewise "$@"; }}; set -o pipefail; {line}'
    return subprocess.run(["bash", "-c", whole], capture_output=True, text=True, timeout=100, check=False)


@pytest.fixture(scope="module")
def image(drawn_folder: Path) -> Path:
    return sorted(drawn_folder.rglob("*.png"))[0]


class TestInterrupted:
    """SIGINT to the command's own process, as `kill -INT` and a terminal's Ctrl-C send it."""

    def test_classify_after_some_answers(self, tmp_path: Path, image: Path) -> None:
        for i in range(3000):
            os.link(image, tmp_path / f"{i:04d}.png")
        process = start("classify", tmp_path, "--json-lines", "--quiet")
        assert process.stdout is not None
        first = process.stdout.readline()
        assert first.startswith('{"image"')
        process.send_signal(signal.SIGINT)
        stdout, stderr = process.communicate(timeout=60)
        assert (process.returncode, stderr) == (INTERRUPTED, "interrupted\n")
        assert (first + stdout).endswith("}\n")

    def test_while_it_is_being_loaded(self, tmp_path: Path) -> None:
        process = start("select", "evaluate", tmp_path)
        while "numpy" not in Path(f"/proc/{process.pid}/maps").read_text():
            assert process.poll() is None
        process.send_signal(signal.SIGINT)
        _, stderr = process.communicate(timeout=60)
        assert (process.returncode, stderr) == (INTERRUPTED, "interrupted\n")


class TestOutput:
    @pytest.mark.parametrize("how", ["--json-lines", pytest.param("--json", marks=pytest.mark.slow)])
    def test_a_reader_that_leaves_is_no_error(self, drawn_folder: Path, how: str) -> None:
        done = shell(f"edgewise classify '{drawn_folder}' {how} --quiet | head -c 40")
        assert (done.returncode, done.stderr) == (0, "")
        assert len(done.stdout) == 40

    @pytest.mark.parametrize(
        "how", ["--json-lines", *(pytest.param(h, marks=pytest.mark.slow) for h in ("--json", ""))]
    )
    def test_no_room_for_what_is_printed(self, image: Path, how: str) -> None:
        done = shell(f"edgewise classify '{image}' {how} --quiet > /dev/full")
        assert done.returncode == DATA
        assert done.stderr.splitlines() == [
            "error: The output cannot be written: No space left on device.",
            " hint: Free some space where it goes.",
        ]

    @pytest.mark.parametrize("closed", [">&-", pytest.param("<&- >&- 2>&-", marks=pytest.mark.slow)])
    def test_what_is_closed_gets_nothing(self, tmp_path: Path, drawn_folder: Path, closed: str) -> None:
        """Files that are opened in the place of a closed stdin or stdout do not get what was meant for a terminal."""
        out = tmp_path / "out"
        done = shell(f"edgewise profile --data '{drawn_folder}' --zoo tiny:xs --out '{out}' --quiet {closed}")
        assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
        assert (out / "manifest.json").exists()
