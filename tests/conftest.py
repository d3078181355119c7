"""What all tests share: which of them can run here, and a small drawn data set."""

import os
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest
from hypothesis import settings

ROOT = Path(__file__).parent.parent
EVALUATION_DATA = Path(os.environ.get("EDGEWISE_DATA", ROOT.parent / "shared" / "data"))

Run = Callable[..., subprocess.CompletedProcess[str]]

# The same examples in every run, however slow the machine.
settings.register_profile("edgewise", deadline=None, derandomize=True)
settings.load_profile("edgewise")


def pytest_configure(config: pytest.Config) -> None:
    """Heed interrupts, and keep all processes away from what the user's own have remembered and measured.

    A shell has what it starts in the background ignore interrupts, and what that starts inherits it.
    """
    own = tempfile.TemporaryDirectory(prefix="edgewise-tests-")
    config.add_cleanup(own.cleanup)
    os.environ["EDGEWISE_CACHE"] = str(Path(own.name) / "cache")
    os.environ["EDGEWISE_DEVICES"] = str(Path(own.name) / "devices")
    if signal.getsignal(signal.SIGINT) == signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Skip, with a reason, what this machine cannot run."""
    absent = {
        "torch": None if find_spec("torch") else "the extra [torch] is not installed",
        "serve": None if find_spec("fastapi") else "the extra [serve] is not installed",
        "litert": None if find_spec("ai_edge_litert") else "the extra [litert] is not installed",
        "litert_export": (
            None
            if find_spec("litert_torch") or os.environ.get("EDGEWISE_LITERT_PYTHON")
            else "litert-torch has an environment of its own (scripts/test-runtimes)"
        ),
        "openvino": None if find_spec("openvino") and find_spec("nncf") else "the extra [openvino] is not installed",
        "executorch": None
        if find_spec("executorch")
        else "the extra [executorch] is not installed (scripts/test-runtimes)",
        "ncnn": None if find_spec("ncnn") and find_spec("pnnx") else "the extra [ncnn] is not installed",
        "ray": None if find_spec("ray") else "the extra [ray] is not installed",
        "real": None if EVALUATION_DATA.is_dir() else f"no evaluation data at {EVALUATION_DATA} (set EDGEWISE_DATA)",
        "browser": None if shutil.which("chromium") else "Chromium is not installed (scripts/install-chromium)",
    }
    must_run = {"browser"} if os.environ.get("CI") == "true" else set[str]()
    for item in items:
        for marker, reason in absent.items():
            if reason and item.get_closest_marker(marker) and marker not in must_run:
                item.add_marker(pytest.mark.skip(reason=reason))


@pytest.fixture
def evaluation_data() -> Path:
    """The folder of real networks and images; tests that use it carry the marker `real`."""
    return EVALUATION_DATA


@pytest.fixture
def edgewise() -> Run:
    """The real command in a process of its own: `edgewise("profile", "--data", folder)`."""

    def run(*arguments: str | Path, **options: object) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "edgewise", *map(str, arguments)]
        return subprocess.run(command, capture_output=True, text=True, timeout=900, check=False, **options)  # type: ignore[call-overload]

    return run


@pytest.fixture(scope="session")
def drawn_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Class folders with 12 drawn images of each of the ten classes."""
    from edgewise.drawn import write_split

    folder = tmp_path_factory.mktemp("drawn")
    write_split(folder, "profile", 12)
    return folder


@pytest.fixture
def photo() -> np.ndarray:
    """RGB pixels uint8 [60, 80, 3] with structure in every channel."""
    y, x = np.mgrid[0:60, 0:80]
    return np.stack([3 * x, 4 * y, (x * y) // 19], axis=-1).astype(np.uint8)
