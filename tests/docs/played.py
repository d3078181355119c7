"""Run a page's blocks from top to bottom, in one shell and one folder, as a reader would."""

import os
import re
import shlex
import signal
import socket
import subprocess
import sys
from pathlib import Path

from tests.docs.blocks import Block, commands

ADDRESS = "127.0.0.1:8080"  # where a service listens that is started without --port
STAND_INS = {  # what a page names and only a download would bring
    "timm:resnet50": "torch:drawn_net.py:drawn",
}
_COLUMNS = "100"
_MOST_S = 1500


def play(found: tuple[Block, ...], folder: Path, *, fresh: bool = False) -> str:
    """What the page prints. `fresh`: outside of every environment, with the machine's own Python and nothing else.

    Raises AssertionError, with the line of the page, for a block that fails or prints other things than it shows.
    """
    aside = folder.parent / f"{folder.name}-aside"
    aside.mkdir()
    port = _free_port()
    (aside / "settings.toml").write_text(f"[serve]\nport = {port}\n")
    script = ["set -eo pipefail", "trap 'set +e; kill $(jobs -p) 2>/dev/null; wait' EXIT"]
    for block in found:
        if not block.not_run:
            script += [f"echo {block.line} > {shlex.quote(str(aside / 'line'))}", *_lines(block, aside)]
    text = "\n".join(script).replace(ADDRESS, f"127.0.0.1:{port}")
    for name, stand_in in STAND_INS.items():
        text = text.replace(name, stand_in)
    printed = _run(text, folder, aside, _environment(aside, fresh=fresh))
    for block in found:
        if not block.not_run and block.language == "console":
            _compare(block, aside)
    return printed


def _lines(block: Block, aside: Path) -> list[str]:
    if block.saved_as:
        return [f"cat > {shlex.quote(block.saved_as)} <<'END OF THE FILE'", block.text + "END OF THE FILE"]
    if block.language == "python":
        path = aside / f"line_{block.line}.py"
        return [f"cat > {shlex.quote(str(path))} <<'END OF THE FILE'", block.text + "END OF THE FILE", f"python {path}"]
    if block.language == "console":
        return [
            f"{{ {command}\n}} 2>&1 | tee {shlex.quote(str(_output(block, number, aside)))}"
            for number, (command, _) in enumerate(commands(block))
        ]
    assert block.language == "sh", f"line {block.line}: {block.language!r} is nothing that can be run"
    return [block.text]


def _output(block: Block, number: int, aside: Path) -> Path:
    return aside / f"line_{block.line}_{number}.txt"


def _run(script: str, folder: Path, aside: Path, environment: dict[str, str]) -> str:
    with (aside / "printed").open("w+") as printed:
        shell = subprocess.Popen(
            ["bash", "-c", script],
            cwd=folder,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=printed,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        try:
            status = shell.wait(_MOST_S)
        finally:
            if shell.poll() is None:
                os.killpg(shell.pid, signal.SIGKILL)
                shell.wait()
        said = (aside / "printed").read_text(errors="replace")
    assert status == 0, f"the block at line {(aside / 'line').read_text().strip()} failed:\n{said[-4000:]}"
    return said


def _environment(aside: Path, *, fresh: bool) -> dict[str, str]:
    environment = {
        **os.environ,
        "COLUMNS": _COLUMNS,
        "EDGEWISE_SETTINGS": str(aside / "settings.toml"),
        "EDGEWISE_CACHE": str(aside / "cache"),
        "EDGEWISE_DEVICES": str(aside / "devices"),
        "OMP_NUM_THREADS": "1",
    }
    here = Path(sys.executable).parent
    if not fresh:
        return environment | {"PATH": f"{here}{os.pathsep}{environment['PATH']}"}
    for name in ("PYTHONPATH", "VIRTUAL_ENV"):
        environment.pop(name, None)
    (aside / "bin").mkdir()
    (aside / "bin" / "python3").symlink_to(Path(sys._base_executable))  # type: ignore[attr-defined]
    others = [path for path in environment["PATH"].split(os.pathsep) if Path(path) != here]
    return environment | {"PATH": os.pathsep.join([str(aside / "bin"), *others])}


def _compare(block: Block, aside: Path) -> None:
    """Hold what was printed against what the page shows; there, `...` stands for anything."""
    for number, (command, shown) in enumerate(commands(block)):
        if not shown.strip():
            continue
        printed = _output(block, number, aside).read_text()
        pattern = r".*?".join(re.escape(part) for part in _stripped(shown).split("..."))
        assert re.fullmatch(pattern, _stripped(printed), re.DOTALL), (
            f"line {block.line}: `{command}` is shown to print\n{shown}\nand prints\n{printed}"
        )


def _stripped(text: str) -> str:
    return "\n".join(line.rstrip() for line in text.strip("\n").splitlines())


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]
