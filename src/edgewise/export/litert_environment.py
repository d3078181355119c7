"""The Python that has litert-torch, whose pins cannot live beside those of edgewise."""

import os
import subprocess
import sys
from dataclasses import dataclass
from importlib.util import find_spec

VARIABLE = "EDGEWISE_LITERT_PYTHON"
HINT = (
    "Make an environment for it: python -m venv litert && litert/bin/python -m pip install torch litert-torch "
    f"(torch as the CPU build, of the version that edgewise runs on); then set {VARIABLE}=$PWD/litert/bin/python."
)
_LOOK = "import importlib.util as u, sys; sys.exit(u.find_spec('litert_torch') is None)"
_SECONDS = 30


@dataclass(frozen=True)
class LitertExport:
    """Whether networks can be exported to LiteRT."""

    python: str | None  # that has litert-torch
    problem: str  # why there is none; empty: there is one
    hint: str


def converter() -> list[str] | None:
    """The command of a Python that should have litert-torch: this one, or that of the variable; None without.

    The folder of a script that it runs is kept off its path, and the other Python's environment is its own.
    """
    if find_spec("litert_torch") is not None:
        return [sys.executable, "-P"]
    named = os.environ.get(VARIABLE)
    return [named, "-I"] if named else None


def litert_export() -> LitertExport:
    """Look whether that Python is there and has it, without importing it."""
    python = converter()
    if python is None:
        return LitertExport(None, "litert-torch has an environment of its own, and none is named", HINT)
    try:
        done = subprocess.run([*python, "-c", _LOOK], capture_output=True, timeout=_SECONDS, check=False)
        problem = f"{python[0]} has no litert-torch" if done.returncode else ""
    except (OSError, subprocess.TimeoutExpired) as error:
        problem = f"{python[0]} cannot be run: {getattr(error, 'strerror', None) or error}"
    return LitertExport(None, problem, HINT) if problem else LitertExport(python[0], "", "")
