"""Which plug-ins other packages offer, and whether they work: each is tried in a process of its own."""

import json
import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from edgewise.plugin_check import MARK
from edgewise.plugins import KINDS, Kind, Plugin, plugins_of
from edgewise.progress import Progress, silent

_SECONDS = 60.0
# Finds the modules that this process finds.
_BOOT = (
    "import json, sys; sys.path[:] = json.loads(sys.argv[1]); "
    "from edgewise.plugin_check import main; main(*sys.argv[2:])"
)


@dataclass(frozen=True)
class PluginCheck:
    """One plug-in."""

    kind: Kind
    name: str
    package: str
    version: str
    works: bool
    note: str  # what it did, or why it does not work


def check_plugins(progress: Progress = silent) -> tuple[PluginCheck, ...]:
    """All plug-ins of the installed packages, each tried for a minute at most."""
    found = [plugin for kind in KINDS for plugin in plugins_of(kind)]
    if not found:
        return ()
    progress("trying plug-ins", 0, len(found))
    checks: list[PluginCheck] = []
    with ThreadPoolExecutor(max_workers=os.cpu_count()) as pool:
        for done, check in enumerate(pool.map(_check, found), 1):
            checks.append(check)
            progress("trying plug-ins", done, len(found))
    return tuple(checks)


def _check(plugin: Plugin) -> PluginCheck:
    works, note = _tried(plugin)
    return PluginCheck(plugin.kind, plugin.name, plugin.package.name, plugin.package.version, works, note)


def _tried(plugin: Plugin) -> tuple[bool, str]:
    path = json.dumps([entry for entry in sys.path if isinstance(entry, str)])
    command = [sys.executable, "-P", "-c", _BOOT, path, plugin.kind, plugin.name, plugin.package.name]
    try:
        done = subprocess.run(command, capture_output=True, text=True, errors="replace", timeout=_SECONDS, check=False)
    except subprocess.TimeoutExpired:
        return False, f"it takes more than {_SECONDS:.0f} s to try"
    except OSError as error:
        return False, f"no process can be started: {error}"
    lines = [line.removeprefix(MARK) for line in done.stdout.splitlines() if line.startswith(MARK)]
    if not lines:
        said = done.stderr.strip().splitlines() or ["it said nothing"]
        return False, f"it ended the process (exit code {done.returncode}): {said[-1][:200]}"
    told = json.loads(lines[-1])
    return told["works"], told["note"]
