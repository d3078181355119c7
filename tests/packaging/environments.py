"""Packages built and installed as a user would."""

import os
import subprocess
import sys
import sysconfig
from pathlib import Path
from typing import Literal


def quiet(command: list[str | Path], *, folder: Path | None = None) -> str:
    """What a command printed; it must succeed. Variables that point Python elsewhere are left out."""
    environment = {key: value for key, value in os.environ.items() if key not in ("PYTHONPATH", "VIRTUAL_ENV")}
    done = subprocess.run(
        [*map(str, command)], cwd=folder, env=environment, capture_output=True, text=True, timeout=900, check=False
    )
    assert done.returncode == 0, f"{command}\n{done.stdout[-3000:]}\n{done.stderr[-3000:]}"
    return done.stdout


def build(source: Path, out: Path, what: Literal["wheel", "sdist", "both"]) -> Path:
    """The wheel, or the sdist, of a project; "both": the wheel that is made from the sdist."""
    only = {"wheel": ["--wheel"], "sdist": ["--sdist"], "both": []}[what]
    quiet([sys.executable, "-m", "build", "--no-isolation", *only, "--outdir", out, source])
    (found,) = out.glob("*.tar.gz" if what == "sdist" else "*.whl")
    return found


def empty(folder: Path) -> Path:
    """The Python of a new environment with pip alone."""
    base = Path(sys._base_executable)  # type: ignore[attr-defined]
    quiet([base, "-m", "venv", folder])
    return folder / "bin" / "python"


def beside_this(folder: Path, *wheels: Path) -> Path:
    """The Python of a new environment that finds what is installed in this one, and these wheels before it."""
    python = empty(folder)
    quiet([python, "-m", "pip", "install", "--quiet", "--no-deps", "--no-index", *wheels])
    paths = dict.fromkeys((str(Path(__file__).parent.parent.parent / "src"), sysconfig.get_path("purelib")))
    site = quiet([python, "-c", "import sysconfig; print(sysconfig.get_path('purelib'))"]).strip()
    (Path(site) / "beside.pth").write_text("\n".join(paths) + "\n")
    return python
