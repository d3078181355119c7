"""Nothing that edgewise builds on writes an identifier of this device, or what is to be sent, into the user's home."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

_ANSWER = """
import numpy as np
from edgewise import Engine
Engine().classify(np.full((40, 60, 3), 128, np.uint8))
"""
_QUANTISE = """
from pathlib import Path
import numpy as np
from edgewise.export.network import Network
from edgewise.export.to_openvino import export_openvino
from edgewise.zoo.loaders import load
from edgewise.zoo.sources import find
images = [np.zeros((1, 3, 32, 32), np.float32)] * 2
export_openvino(Network(load(find(["tiny:xs"])[0]), Path(".")), Path("xs.xml"), "int8", lambda: images)
"""


def _left_behind(code: str, home: Path, **environment: str) -> list[str]:
    """The files in a home folder after a program ran there."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("ORT_", "XDG_", "CI", "PYTEST"))}
    kept |= {"HOME": str(home), **environment}
    done = subprocess.run([sys.executable, "-c", code], cwd=home, env=kept, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return sorted(str(path.relative_to(home)) for path in home.rglob("*") if path.is_file())


def test_answering_leaves_nothing_behind(tmp_path: Path) -> None:
    assert _left_behind(_ANSWER, tmp_path) == []


@pytest.mark.openvino
def test_a_look_at_the_packages_leaves_nothing_behind(tmp_path: Path) -> None:
    code = "from edgewise.runtime.import_check import main; main(['nncf', 'openvino', 'onnxruntime'])"
    assert _left_behind(code, tmp_path) == []


@pytest.mark.openvino
def test_quantising_leaves_its_result_alone(tmp_path: Path) -> None:
    assert _left_behind(_QUANTISE, tmp_path) == ["xs.bin", "xs.xml"]


@pytest.mark.ray
def test_ray_is_told_to_report_nothing(tmp_path: Path) -> None:
    """Ray itself is asked, in a process that did nothing but import edgewise."""
    code = "import edgewise; from ray._common.usage.usage_lib import usage_stats_enabled; print(usage_stats_enabled())"
    kept = {name: value for name, value in os.environ.items() if not name.startswith("RAY_")} | {"HOME": str(tmp_path)}
    done = subprocess.run([sys.executable, "-c", code], env=kept, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []


def test_a_switch_that_the_user_set_stays() -> None:
    code = "import os, edgewise; print(os.environ['ORT_DISABLE_TELEMETRY'])"
    environment = {**os.environ, "ORT_DISABLE_TELEMETRY": "0"}
    done = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "0"
