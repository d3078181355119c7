"""Which packages are here, and whether they work.

They are imported in other processes, so that a broken one is a line of the answer and nothing worse.
"""

import json
import os
import re
import subprocess
import sys
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path
from typing import Any, Literal

from edgewise.errors import install_hint
from edgewise.progress import Progress, silent

State = Literal["ok", "absent", "broken"]
_SECONDS = 60.0
# Finds the modules that this process finds.
_BOOT = (
    "import json, sys; sys.path[:] = json.loads(sys.argv[1]); "
    "from edgewise.runtime.import_check import main; main(sys.argv[2:])"
)
INSTALL_HINT = install_hint("")
_FOR_WORK_ON_EDGEWISE = ("dev", "docs")
_REQUIREMENT = re.compile(r"(?P<name>[\w.-]+)(?:.*extra == ['\"](?P<extra>[\w-]+)['\"])?")


@dataclass(frozen=True)
class Check:
    """One package."""

    package: str
    extra: str  # that asks for it; empty = edgewise itself does
    version: str | None
    state: State
    note: str  # what it did, or what its import said
    hint: str  # what to do
    seconds: float | None  # that importing and trying it took


@dataclass(frozen=True)
class HubCache:
    """Where models of the Hugging Face hub are kept on this machine."""

    folder: Path
    models: int | None  # None: there is no such folder
    offline: bool  # HF_HUB_OFFLINE is set


def check_packages(progress: Progress = silent) -> tuple[Check, ...]:
    """Import all that edgewise and its extras need, and try the engines; edgewise's own needs first.

    Each extra has a process of its own, and a minute. Empty where edgewise is not installed: its metadata list the
    packages.
    """
    needs = requirements()
    groups = [[name for name, extra in needs if extra == group] for group in dict.fromkeys(extra for _, extra in needs)]
    replies: dict[str, dict[str, Any]] = {}
    done = 0
    progress("checking packages", done, len(needs))
    with ThreadPoolExecutor(max_workers=os.cpu_count()) as pool:
        running = {pool.submit(_replies, group): len(group) for group in groups}
        for finished in as_completed(running):
            replies |= finished.result()
            done += running[finished]
            progress("checking packages", done, len(needs))
    return tuple(_judge(name, extra, replies.get(name)) for name, extra in needs)


def requirements() -> list[tuple[str, str]]:
    """The packages that edgewise needs (extra "") or an extra of it, as its own metadata list them."""
    try:
        listed = metadata.requires("edgewise") or []
    except metadata.PackageNotFoundError:  # run from a folder, not installed
        listed = []
    matches = [match for line in listed if (match := _REQUIREMENT.match(line))]
    pairs = [(match["name"], match["extra"] or "") for match in matches]
    return sorted({pair for pair in pairs if pair[1] not in _FOR_WORK_ON_EDGEWISE}, key=lambda pair: (pair[1], pair[0]))


def hub_cache() -> HubCache:
    """Read from the environment as huggingface_hub reads it."""
    home = Path(os.environ.get("HF_HOME") or Path(os.environ.get("XDG_CACHE_HOME") or "~/.cache") / "huggingface")
    folder = Path(os.environ.get("HF_HUB_CACHE") or home / "hub").expanduser()
    try:
        models = sum(entry.name.startswith("models--") for entry in folder.iterdir())
    except OSError:
        models = None
    offline = os.environ.get("HF_HUB_OFFLINE") or os.environ.get("TRANSFORMERS_OFFLINE") or ""
    return HubCache(folder, models, offline.upper() in ("1", "ON", "YES", "TRUE"))


def _judge(name: str, extra: str, reply: dict[str, Any] | None) -> Check:
    """`reply` is None for a package that is not installed."""
    hint = install_hint(extra)
    if reply is None:
        return Check(name, extra, None, "absent", "not installed", hint, None)
    state: State = "ok" if reply["ok"] else "broken"
    return Check(name, extra, _version(name), state, reply["note"], "" if reply["ok"] else hint, reply.get("seconds"))


def _replies(group: Sequence[str]) -> dict[str, dict[str, Any]]:
    """What `import_check` says of each installed package. Where one crashes it, the others are tried again."""
    replies: dict[str, dict[str, Any]] = {}
    waiting = [name for name in group if _version(name) is not None]
    while waiting:
        lines, ending = _run(waiting)
        begun = ""
        for line in lines:
            begun = line["package"]
            if "ok" in line:
                replies[begun] = line
        crashed = begun if begun and begun not in replies else waiting[0]
        if crashed not in replies:
            replies[crashed] = {"ok": False, "note": ending}
        waiting = [name for name in waiting if name not in replies]
    return replies


def _run(packages: Sequence[str]) -> tuple[list[dict[str, Any]], str]:
    """The lines that `import_check` wrote, and how it ended."""
    path = json.dumps([entry for entry in sys.path if isinstance(entry, str)])
    command = [sys.executable, "-P", "-c", _BOOT, path, *packages]
    try:
        done = subprocess.run(command, capture_output=True, text=True, errors="replace", timeout=_SECONDS, check=False)
        written, ending = done.stdout, _ending(done.returncode, done.stderr)
    except subprocess.TimeoutExpired as error:
        written = error.stdout.decode(errors="replace") if isinstance(error.stdout, bytes) else error.stdout or ""
        ending = f"its import takes more than {_SECONDS:.0f} s"
    except OSError as error:
        written, ending = "", f"no process can be started: {error}"
    return [line for text in written.splitlines() if (line := _parsed(text)) is not None], ending


def _parsed(text: str) -> dict[str, Any] | None:
    """A line of `import_check`; None for what a package itself writes to stdout."""
    try:
        line = json.loads(text)
    except ValueError:
        return None
    return line if isinstance(line, dict) and "package" in line else None


def _ending(code: int, stderr: str) -> str:
    last = next((line.strip() for line in reversed(stderr.splitlines()) if line.strip()), "")
    how = f"signal {-code}" if code < 0 else f"exit code {code}"
    return f"its import ends the process ({how}){': ' + last[:200] if last else ''}"


def _version(package: str) -> str | None:
    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:
        return None
